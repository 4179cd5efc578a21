import { ApiError, badRequest, requestEntityTooLarge } from '../errors.ts';
import { deepCopy, deepEqual, isObject, type Json, type JsonObject, setOwn, stringify } from '../json.ts';
import { deepNestingError } from './nesting.ts';

/** Upstream's limits: operations of one patch, and bytes that its `copy` operations may add. */
export const maxOperations = 10_000;
const maxCopiedBytes = 3 * 1024 * 1024;
const maxDepth = 10_000;

/** What every operation that does not apply is answered with; upstream hides which one and why. */
function notApplicable(why: string): ApiError {
  return new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {
    details: {},
    cause: new Error(why),
  });
}

const goKinds: Readonly<Record<string, string>> = {
  boolean: 'bool',
  number: 'number',
  bigint: 'number',
  string: 'string',
};

function goKind(value: Json): string {
  return Array.isArray(value) ? 'array' : isObject(value) ? 'object' : (goKinds[typeof value] ?? 'null');
}

/**
 * The operations of a request body. `null` is the empty patch.
 * @throws ApiError 400 in the words of upstream's decoder when it is no list of objects with string `op`, `path` and `from`.
 */
export function decodeJsonPatch(body: Json): JsonObject[] {
  if (body === null) return [];
  if (!Array.isArray(body)) {
    throw undecodable(`json: cannot unmarshal ${goKind(body)} into Go value of type []handlers.jsonPatchOp`);
  }
  return body.map((item) => {
    if (item === null) return {};
    if (!isObject(item)) {
      throw undecodable(`json: cannot unmarshal ${goKind(item)} into Go value of type handlers.jsonPatchOp`);
    }
    for (const member of ['op', 'path', 'from']) {
      const value = item[member];
      if (value === undefined || value === null || typeof value === 'string') continue;
      throw undecodable(
        `json: cannot unmarshal ${goKind(value)} into Go struct field jsonPatchOp.${member} of type string`,
      );
    }
    return item;
  });
}

function undecodable(why: string): ApiError {
  return badRequest(`error decoding patch: ${why}`);
}

/** What strict field validation finds wrong in a patch: members that no operation has. Upstream shows them after `json patch `. */
export function unknownJsonPatchFields(operations: readonly JsonObject[]): string[] {
  const found: string[] = [];
  operations.forEach((operation, index) => {
    for (const key of Object.keys(operation)) {
      if (key === 'op' || key === 'path' || key === 'from' || key === 'value') continue;
      found.push(`unknown field "[${index}].${key}"`);
    }
  });
  return found;
}

type Container = JsonObject | Json[];

/** A document that is copied only along the paths that operations change. */
class PatchedDocument {
  root: Json;
  readonly #owned = new Set<Container>();
  #copiedBytes = 0;

  constructor(root: Json) {
    this.root = root;
  }

  #own(container: Container): Container {
    if (this.#owned.has(container)) return container;
    let copy: Container;
    if (Array.isArray(container)) copy = container.slice();
    else {
      copy = {};
      for (const key of Object.keys(container)) setOwn(copy, key, container[key]);
    }
    this.#owned.add(copy);
    return copy;
  }

  /** The container that `path` ends in, made writable when asked, and the last key. */
  locate(path: string, writable: boolean): { container: Container; key: string } | undefined {
    const segments = path.split('/');
    if (segments.length < 2) return undefined;
    if (!isContainer(this.root)) return undefined;
    if (writable) this.root = this.#own(this.root);
    let container: Container = this.root as Container;
    for (let i = 1; i < segments.length - 1; i++) {
      const key = unescapeSegment(segments[i] as string);
      const index = Array.isArray(container) ? existingIndex(container, key) : key;
      if (index === undefined) return undefined;
      let next = read(container, index);
      if (!isContainer(next)) return undefined;
      if (writable) {
        const owned = this.#own(next);
        if (owned !== next) write(container, index, owned);
        next = owned;
      }
      container = next;
    }
    return { container, key: unescapeSegment(segments[segments.length - 1] as string) };
  }

  copyOf(value: Json): Json {
    if (!isContainer(value)) return value;
    this.#copiedBytes += Buffer.byteLength(stringify(value));
    if (this.#copiedBytes > maxCopiedBytes) {
      throw notApplicable(
        `Unable to complete the copy, the accumulated size increase of copy is ${this.#copiedBytes}, exceeding the limit ${maxCopiedBytes}`,
      );
    }
    return deepCopy(value);
  }
}

function isContainer(value: Json | undefined): value is Container {
  return typeof value === 'object' && value !== null;
}

function read(container: Container, key: string | number): Json | undefined {
  if (Array.isArray(container)) return container[key as number];
  return Object.hasOwn(container, key) ? container[key] : undefined;
}

function write(container: Container, key: string | number, value: Json): void {
  if (Array.isArray(container)) container[key as number] = value;
  else setOwn(container, key as string, value);
}

function unescapeSegment(segment: string): string {
  return segment.includes('~') ? segment.replace(/~[01]/g, (escape) => (escape === '~1' ? '/' : '~')) : segment;
}

function parseIndex(key: string): number | undefined {
  return /^[-+]?[0-9]{1,15}$/.test(key) ? Number(key) : undefined;
}

/** Negative indices count from the end: upstream's library allows them. */
function existingIndex(list: readonly Json[], key: string): number | undefined {
  const parsed = parseIndex(key);
  if (parsed === undefined || parsed >= list.length || parsed < -list.length) return undefined;
  return parsed < 0 ? parsed + list.length : Math.abs(parsed);
}

function add(document: PatchedDocument, path: string, value: Json): void {
  const place = document.locate(path, true);
  if (place === undefined)
    throw notApplicable(`add operation does not apply: doc is missing path: "${path}": missing value`);
  checkDepth(path, value);
  const { container, key } = place;
  if (!Array.isArray(container)) setOwn(container, key, value);
  else if (key === '-') container.push(value);
  else {
    const size = container.length + 1;
    const index = parseIndex(key);
    if (index === undefined || index >= size || index < -size) {
      throw notApplicable(
        `error in add for path: '${path}': Unable to access invalid index: ${key}: invalid index referenced`,
      );
    }
    container.splice(index < 0 ? index + size : index, 0, value);
  }
}

function remove(document: PatchedDocument, path: string): void {
  const place = document.locate(path, true);
  if (place === undefined)
    throw notApplicable(`remove operation does not apply: doc is missing path: "${path}": missing value`);
  const { container, key } = place;
  if (Array.isArray(container)) {
    const index = existingIndex(container, key);
    if (index === undefined)
      throw notApplicable(
        `error in remove for path: '${path}': Unable to access invalid index: ${key}: invalid index referenced`,
      );
    container.splice(index, 1);
    return;
  }
  if (read(container, key) === undefined) {
    throw notApplicable(`error in remove for path: '${path}': Unable to remove nonexistent key: ${key}: missing value`);
  }
  delete container[key];
}

/** A missing member reads as null, an index outside its list is an error. */
function get(document: PatchedDocument, path: string, operation: string): Json {
  const place = document.locate(path, false);
  if (place === undefined) throw notApplicable(`${operation} operation does not apply: doc is missing path: ${path}`);
  const { container, key } = place;
  if (!Array.isArray(container)) return read(container, key) ?? null;
  const index = existingIndex(container, key);
  if (index === undefined) throw notApplicable(`error in ${operation} for path: '${path}': invalid index referenced`);
  return container[index] ?? null;
}

function replace(document: PatchedDocument, path: string, value: Json): void {
  if (path === '') {
    // Upstream's library ignores a root that is neither object nor array.
    if (isContainer(value)) document.root = value;
    return;
  }
  const place = document.locate(path, true);
  if (place === undefined)
    throw notApplicable(`replace operation does not apply: doc is missing path: ${path}: missing value`);
  checkDepth(path, value);
  const { container, key } = place;
  const index = Array.isArray(container) ? existingIndex(container, key) : key;
  if (index === undefined)
    throw notApplicable(`replace operation does not apply: doc is missing key: ${path}: missing value`);
  write(container, index, value);
}

/** Moves and copies can nest a document deeper than any body could be. */
function checkDepth(path: string, value: Json): void {
  const segments = path.length < 128 ? 64 : path.split('/').length;
  if (segments > 64 && segments + depthOf(value) > maxDepth) throw notApplicable('exceeded max depth');
}

function depthOf(value: Json): number {
  let depth = 0;
  let level: Json[] = [value];
  for (; level.length > 0; depth++) {
    const next: Json[] = [];
    for (const item of level) {
      if (!isContainer(item)) continue;
      for (const child of Array.isArray(item) ? item : Object.values(item)) if (isContainer(child)) next.push(child);
    }
    level = next;
  }
  return depth;
}

function member(operation: JsonObject, name: string): string {
  const value = Object.hasOwn(operation, name) ? operation[name] : undefined;
  if (typeof value !== 'string') throw notApplicable(`operation is missing its ${name} field`);
  return value;
}

/**
 * Applies RFC 6902 operations as upstream's library does: `replace` creates members of objects, indices may be negative, a missing `value` is null.
 * Neither argument is changed; the result shares parts with both.
 * @throws ApiError 422 when an operation does not apply or a test fails, 413 over 10,000 operations.
 */
export function applyJsonPatch(document: Json, operations: readonly JsonObject[]): Json {
  if (operations.length > maxOperations) {
    throw requestEntityTooLarge(
      `Request entity too large: The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`,
    );
  }
  const patched = new PatchedDocument(document);
  try {
    for (const operation of operations) applyOperation(patched, operation);
  } catch (error) {
    throw deepNestingError(error);
  }
  return patched.root;
}

function applyOperation(document: PatchedDocument, operation: JsonObject): void {
  const kind = Object.hasOwn(operation, 'op') ? operation.op : undefined;
  const value = (Object.hasOwn(operation, 'value') ? operation.value : undefined) ?? null;
  switch (kind) {
    case 'add':
      return add(document, member(operation, 'path'), value);
    case 'remove':
      return remove(document, member(operation, 'path'));
    case 'replace':
      return replace(document, member(operation, 'path'), value);
    case 'move': {
      const from = member(operation, 'from');
      const moved = get(document, from, 'move');
      remove(document, from);
      return add(document, member(operation, 'path'), moved);
    }
    case 'copy': {
      const copied = get(document, member(operation, 'from'), 'copy');
      return add(document, member(operation, 'path'), document.copyOf(copied));
    }
    case 'test': {
      const path = member(operation, 'path');
      const actual = path === '' ? document.root : get(document, path, 'test');
      if (!deepEqual(actual, value)) throw notApplicable(`testing value ${path} failed: test failed`);
      return;
    }
    default:
      throw notApplicable(`Unexpected kind: ${typeof kind === 'string' ? kind : 'unknown'}`);
  }
}
