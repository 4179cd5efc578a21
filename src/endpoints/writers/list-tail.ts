import type { VersionDefinition } from '../../api/resource-definition.ts';
import { formatApiVersion } from '../../apimachinery/object.ts';
import type { ListAnswer, Rendered, Target } from '../../registry/registry.ts';
import { count, touch } from './byte-budget.ts';
import type { PackedTail } from './gzip.ts';
import { metadataText } from './metadata-text.ts';

/** The part of a list's JSON that depends on its items only: `"items":[…]}`. */
export type ListTail = { readonly bytes: Buffer; packed?: Promise<PackedTail> };

/** By list, then by the version whose form the items have, or by PartialObjectMetadata's. */
const remembered = new WeakMap<object, Map<string | VersionDefinition, ListTail>>();

const open = Buffer.from('"items":[');
const close = Buffer.from(']}\n');
const comma = 0x2c;
const brace = 0x7b;

/** The tail of a list in the target's version, or of PartialObjectMetadata when `metaVersion` (`meta.k8s.io/v1`) is given. */
export function listTail(target: Target, answer: ListAnswer, metaVersion: string | undefined): ListTail {
  const { version: token } = answer;
  const form = metaVersion ?? target.version;
  const known = token === undefined ? undefined : remembered.get(token)?.get(form);
  if (known !== undefined) {
    touch(known);
    return known;
  }
  const tail: ListTail = {
    bytes: metaVersion === undefined ? objects(target, answer.items) : partials(answer.items, metaVersion),
  };
  if (token !== undefined) remember(token, form, tail);
  return tail;
}

function remember(token: object, form: string | VersionDefinition, tail: ListTail): void {
  let forms = remembered.get(token);
  if (forms === undefined) remembered.set(token, (forms = new Map()));
  forms.set(form, tail);
  const weak = new WeakRef(forms);
  // Twice: the compressed form comes later.
  count(tail, tail.bytes.length * 2, () => weak.deref()?.delete(form));
}

/** Items of built-in kinds carry no kind and apiVersion in lists, those of custom resources do (as stock servers write them). */
function objects(target: Target, items: readonly Rendered[]): Buffer {
  const { definition, version } = target;
  const typeMeta = `{"kind":${JSON.stringify(definition.kind)},"apiVersion":${JSON.stringify(formatApiVersion(definition.group, version.version))},`;
  const cut = definition.builtIn ? Buffer.from(typeMeta) : undefined;
  const all = items.map((item) => item.bytes());
  let size = open.length + close.length + Math.max(0, all.length - 1);
  for (const bytes of all) size += bytes.length;
  const buffer = Buffer.allocUnsafe(size);
  let at = open.copy(buffer);
  let first = true;
  for (const bytes of all) {
    if (!first) buffer[at++] = comma;
    first = false;
    if (cut !== undefined && startsWith(bytes, cut)) {
      buffer[at++] = brace;
      buffer.set(bytes.subarray(cut.length), at);
      at += bytes.length - cut.length;
    } else {
      buffer.set(bytes, at);
      at += bytes.length;
    }
  }
  at += close.copy(buffer, at);
  return buffer.subarray(0, at);
}

function startsWith(bytes: Uint8Array, prefix: Buffer): boolean {
  return bytes.length > prefix.length && prefix.compare(bytes, 0, prefix.length) === 0;
}

function partials(items: readonly Rendered[], apiVersion: string): Buffer {
  let text = '';
  for (const item of items) {
    if (text !== '') text += ',';
    const metadata = metadataText(item.bytes(), {
      get object() {
        return item.object();
      },
    });
    text += `{"kind":"PartialObjectMetadata","apiVersion":"${apiVersion}","metadata":${metadata}}`;
  }
  // Go's list of a kind without items of its own is no list.
  return Buffer.from(text === '' ? '"items":null}\n' : `"items":[${text}]}\n`);
}
