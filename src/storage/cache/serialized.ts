import type { Json, JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { CachedObject, ObjectKey } from '../object-store.ts';

const metadataStart = '"metadata":{';
const noLabels: Readonly<Record<string, string>> = Object.freeze({});

/** Bytes of memory that an object takes beside its text: key, headers of strings and buffers, its slot in an array. */
const overheadBytes = 320;

/**
 * The one implementation of `CachedObject`. Holds the text until the bytes are asked for, from then on the bytes only: an object in a cache costs
 * its size once. The parsed form is kept for the most recently parsed objects only (see `recentlyParsed`).
 */
export class SerializedObject implements CachedObject {
  readonly key: ObjectKey;
  readonly revision: number;
  /** Approximate bytes that this object holds in memory. */
  readonly size: number;
  #form: string | Buffer;
  #labels: Readonly<Record<string, string>> | undefined;
  #parsed: KubeObject | undefined;

  constructor(key: ObjectKey, revision: number, text: string) {
    this.key = key;
    this.revision = revision;
    this.size = text.length + overheadBytes;
    this.#form = text;
  }

  get text(): string {
    const form = this.#form;
    return typeof form === 'string' ? form : withoutRevision(form.toString(), this.revision);
  }

  get bytes(): Buffer {
    const form = this.#form;
    if (typeof form !== 'string') return form;
    const bytes = serve(form, this.revision);
    this.#form = bytes;
    return bytes;
  }

  get labels(): Readonly<Record<string, string>> {
    return (this.#labels ??= this.object.metadata.labels ?? noLabels);
  }

  get object(): KubeObject {
    const parsed = this.#parsed;
    if (parsed !== undefined) return parsed;
    const text = this.text;
    const object = parseStored(text) as KubeObject;
    object.metadata.resourceVersion = String(this.revision);
    this.#labels ??= object.metadata.labels ?? noLabels;
    this.#parsed = object;
    recentlyParsed.add(this, text.length);
    return object;
  }

  /** Lets go of the parsed form; the next use parses again. */
  forgetParsed(): void {
    this.#parsed = undefined;
  }
}

/** Writes the served bytes in one pass: `resourceVersion` becomes the first member of metadata (as `spliceRevision` does with strings). */
function serve(text: string, revision: number): Buffer {
  const at = text.indexOf(metadataStart) + metadataStart.length;
  const separator = text.charCodeAt(at) === 0x7d /* } */ ? '' : ',';
  return Buffer.from(`${text.slice(0, at)}"resourceVersion":"${revision}"${separator}${text.slice(at)}`);
}

function withoutRevision(served: string, revision: number): string {
  const at = served.indexOf(metadataStart) + metadataStart.length;
  let end = at + `"resourceVersion":"${revision}"`.length;
  if (served.charCodeAt(end) === 0x2c /* , */) end++;
  return served.slice(0, at) + served.slice(end);
}

const maybeUnsafeInteger = /[0-9]{16}/;

type ReviverContext = { readonly source?: string };
type SourceReviver = (key: string, value: unknown, context: ReviverContext) => unknown;

/** JSON.parse that gives `bigint` for integers beyond 2^53; plain JSON.parse unless a long run of digits says that there may be one. */
function parseStored(text: string): Json {
  if (!maybeUnsafeInteger.test(text)) return JSON.parse(text) as Json;
  const revive: SourceReviver = (_key, value, context) =>
    typeof value === 'number' &&
    !Number.isSafeInteger(value) &&
    context.source !== undefined &&
    /^-?[0-9]+$/.test(context.source)
      ? BigInt(context.source)
      : value;
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown) as JsonObject;
}

/** Bounds the memory of parsed objects over all caches: first parsed, first forgotten. */
class ParsedBound {
  readonly #objects: (SerializedObject | undefined)[];
  readonly #sizes: number[];
  readonly #maxBytes: number;
  #next = 0;
  #oldest = 0;
  #count = 0;
  #bytes = 0;

  constructor(maxObjects: number, maxBytes: number) {
    this.#objects = Array.from({ length: maxObjects });
    this.#sizes = Array.from({ length: maxObjects }, () => 0);
    this.#maxBytes = maxBytes;
  }

  add(object: SerializedObject, size: number): void {
    const slots = this.#objects.length;
    while (this.#count > 0 && (this.#count === slots || this.#bytes + size > this.#maxBytes)) this.#forgetOldest();
    this.#objects[this.#next] = object;
    this.#sizes[this.#next] = size;
    this.#next = (this.#next + 1) % slots;
    this.#count++;
    this.#bytes += size;
  }

  #forgetOldest(): void {
    const slot = this.#oldest;
    this.#objects[slot]?.forgetParsed();
    this.#objects[slot] = undefined;
    this.#bytes -= this.#sizes[slot] ?? 0;
    this.#oldest = (slot + 1) % this.#objects.length;
    this.#count--;
  }
}

/** 8 MiB of JSON text, parsed, is about 40 MiB of objects. */
const recentlyParsed = new ParsedBound(4096, 8 * 1024 * 1024);
