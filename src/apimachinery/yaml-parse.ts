import { isUtf8 } from 'node:buffer';
import {
  type Alias,
  Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  Scalar,
} from 'yaml';
import { badRequest, requestEntityTooLarge } from './errors.ts';
import { goString } from './go-syntax.ts';
import { type Json, type JsonObject, isObject, setOwn } from './json.ts';
import { maxDepth, type ParsedBody, parseJson } from './json-parse.ts';
import { yamlProblem } from './yaml-problem.ts';
import { resolveYamlScalar } from './yaml-scalar.ts';

/** YAML costs far more to parse than JSON, and nobody but people writes it. */
export const maxYamlBytes = 1024 * 1024;

// oxlint-disable-next-line no-control-regex
const control = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/** How many nodes aliases may repeat, all together. */
const maxAliasedNodes = 100_000;

const maxDuplicates = 100;

/**
 * Parses a YAML body into what its JSON form would be, as go-yaml v2 and sigs.k8s.io/yaml read it. Of several documents
 * the first counts, as on a stock server. A body that is JSON (kubectl sends apply patches so) takes the fast path.
 * @throws ApiError 400 `yaml: line 3: …`, 413 when it is too large.
 */
export function parseYaml(bytes: Uint8Array): ParsedBody {
  if (startsLikeJson(bytes)) {
    try {
      return parseJson(bytes);
    } catch {
      // YAML's flow style may still make sense of it.
    }
  }
  if (bytes.byteLength > maxYamlBytes)
    throw requestEntityTooLarge(`Request entity too large: limit is ${maxYamlBytes}`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (control.test(text)) throw badRequest('yaml: control characters are not allowed');
  if (text.includes('\ufffd') && !isUtf8(bytes)) throw badRequest('yaml: invalid leading UTF-8 octet');
  const lines = new LineCounter();
  let documents: Document[];
  try {
    const parsed = parseAllDocuments(text, {
      schema: 'failsafe',
      uniqueKeys: false,
      prettyErrors: false,
      strict: false,
      lineCounter: lines,
      logLevel: 'error',
    });
    documents = Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    if (error instanceof RangeError) throw badRequest('yaml: exceeded max depth');
    throw error;
  }
  const document = documents[0];
  if (document === undefined) return { value: null, duplicates: [] };
  const problem = document.errors[0];
  if (problem !== undefined) throw badRequest(yamlProblem(text, problem));
  const reader = new YamlReader(document, lines);
  const value = reader.value(document.contents, 0);
  return { value, duplicates: reader.problems() };
}

function startsLikeJson(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte === 0x7b;
  return false;
}

class YamlReader {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #duplicates: string[] = [];
  #aliasedNodes = 0;
  #insideAlias = 0;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  /** Repeated keys as one text, the way go-yaml lists them. */
  problems(): string[] {
    return this.#duplicates.length === 0 ? [] : [`yaml: unmarshal errors:\n${this.#duplicates.join('\n')}`];
  }

  value(node: unknown, depth: number): Json {
    if (depth > maxDepth) throw badRequest('yaml: exceeded max depth');
    if (this.#insideAlias > 0 && ++this.#aliasedNodes > maxAliasedNodes)
      throw badRequest('yaml: document contains excessive aliasing');
    if (isAlias(node)) {
      this.#insideAlias++;
      const value = this.value(this.#target(node), depth + 1);
      this.#insideAlias--;
      return value;
    }
    if (isMap(node)) return this.#map(node.items, depth);
    if (isSeq(node)) return node.items.map((item) => this.value(item, depth + 1));
    return isScalar(node) ? scalar(node) : null;
  }

  #target(alias: Alias): Node {
    const target = alias.resolve(this.#document);
    if (target === undefined) throw badRequest(`yaml: unknown anchor '${alias.source}' referenced`);
    return target;
  }

  #map(pairs: readonly Pair[], depth: number): JsonObject {
    const object: JsonObject = {};
    const merges: unknown[] = [];
    for (const { key, value } of pairs) {
      const node = isAlias(key) ? this.#target(key) : key;
      if (isScalar(node) && node.type === Scalar.PLAIN && node.value === '<<') {
        merges.push(value);
        continue;
      }
      if (!isScalar(node)) throw badRequest('yaml: invalid map key');
      const resolved = scalar(node);
      if (resolved === null) throw badRequest('unsupported map key of type: %!s(<nil>), key: <nil>');
      const name = String(resolved);
      if (Object.hasOwn(object, name) && this.#duplicates.length < maxDuplicates) {
        const { line } = this.#lines.linePos(node.range?.[0] ?? 0);
        this.#duplicates.push(
          `  line ${line}: key ${typeof resolved === 'string' ? goString(resolved.slice(0, 256)) : name} already set in map`,
        );
      }
      setOwn(object, name, this.value(value, depth + 1));
    }
    for (const merge of merges) this.#merge(object, merge, depth);
    return sortedByKey(object);
  }

  /** `<<: *defaults`: keys that the map itself does not have. */
  #merge(object: JsonObject, node: unknown, depth: number): void {
    const value = this.value(node, depth + 1);
    for (const source of Array.isArray(value) ? value : [value]) {
      if (!isObject(source)) throw badRequest('yaml: map merge requires map or sequence of maps as the value');
      for (const key of Object.keys(source)) if (!Object.hasOwn(object, key)) setOwn(object, key, source[key]);
    }
  }
}

/** The JSON that go-yaml's map becomes has its keys in order. */
function sortedByKey(object: JsonObject): JsonObject {
  const keys = Object.keys(object);
  const sorted = keys.toSorted();
  if (keys.every((key, i) => key === sorted[i])) return object;
  const ordered: JsonObject = {};
  for (const key of sorted) setOwn(ordered, key, object[key]);
  return ordered;
}

function scalar(node: Scalar): Exclude<Json, object> | null {
  if (node.value instanceof Uint8Array) return Buffer.from(node.value).toString('utf8');
  const text = typeof node.value === 'string' ? node.value : '';
  if (node.type !== Scalar.PLAIN || (node.tag !== undefined && !resolvable.has(node.tag))) return text;
  const value = resolveYamlScalar(text);
  if (value === undefined) throw badRequest(`json: unsupported value: ${text}`);
  return value;
}

const resolvable = new Set(['bool', 'int', 'float', 'null'].map((name) => `tag:yaml.org,2002:${name}`));
