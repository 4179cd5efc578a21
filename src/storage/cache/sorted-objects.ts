import { compareText } from './order.ts';
import type { SerializedObject } from './serialized.ts';

/** Largest run of objects in one array: bounds what an insertion moves. */
const maxChunk = 512;

/** The objects of one namespace, sorted by name: arrays of bounded length, so that insertion stays cheap in large collections. */
export class SortedObjects {
  readonly namespace: string;
  count = 0;
  readonly #chunks: SerializedObject[][] = [];

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  get(name: string): SerializedObject | undefined {
    const chunk = this.#chunks[this.#chunkFor(name)];
    if (chunk === undefined) return undefined;
    const at = lowerBound(chunk, name);
    const found = chunk[at];
    return found !== undefined && found.key.name === name ? found : undefined;
  }

  /** Puts an object in its place; gives the one that it replaced. */
  set(object: SerializedObject): SerializedObject | undefined {
    const name = object.key.name;
    const index = this.#chunkFor(name);
    const chunk = this.#chunks[index];
    if (chunk === undefined) {
      this.#chunks.push([object]);
      this.count++;
      return undefined;
    }
    const at = lowerBound(chunk, name);
    const found = chunk[at];
    if (found !== undefined && found.key.name === name) {
      chunk[at] = object;
      return found;
    }
    if (at === chunk.length) chunk.push(object);
    else chunk.splice(at, 0, object);
    this.count++;
    if (chunk.length > maxChunk) {
      // Names often grow: a full chunk at the end stays full, and the new object begins the next.
      const half = at === chunk.length - 1 && index === this.#chunks.length - 1 ? maxChunk : chunk.length >> 1;
      this.#chunks.splice(index + 1, 0, chunk.splice(half));
    }
    return undefined;
  }

  /** Takes an object out; gives it. */
  remove(name: string): SerializedObject | undefined {
    const index = this.#chunkFor(name);
    const chunk = this.#chunks[index];
    if (chunk === undefined) return undefined;
    const at = lowerBound(chunk, name);
    const found = chunk[at];
    if (found === undefined || found.key.name !== name) return undefined;
    if (chunk.length === 1) this.#chunks.splice(index, 1);
    else chunk.splice(at, 1);
    this.count--;
    return found;
  }

  /** Appends all objects to `target`. */
  appendTo(target: SerializedObject[]): void {
    for (const chunk of this.#chunks) for (const object of chunk) target.push(object);
  }

  /**
   * Calls `visit` with the objects after `name` (all when undefined), in order, until it returns false. Gives how many objects lie after the one
   * where it stopped.
   */
  visitAfter(name: string | undefined, visit: (object: SerializedObject) => boolean): number {
    let index = 0;
    let at = 0;
    if (name !== undefined) {
      index = this.#chunkFor(name);
      const chunk = this.#chunks[index];
      if (chunk === undefined) return 0;
      at = lowerBound(chunk, name);
      if (chunk[at]?.key.name === name) at++;
    }
    for (; index < this.#chunks.length; index++, at = 0) {
      const chunk = this.#chunks[index] ?? [];
      for (; at < chunk.length; at++) {
        const object = chunk[at];
        if (object !== undefined && !visit(object)) {
          let rest = chunk.length - at - 1;
          for (let later = index + 1; later < this.#chunks.length; later++) rest += this.#chunks[later]?.length ?? 0;
          return rest;
        }
      }
    }
    return 0;
  }

  /** The chunk that holds or would hold `name`. */
  #chunkFor(name: string): number {
    const chunks = this.#chunks;
    let low = 0;
    let high = chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const first = chunks[middle]?.[0];
      if (first !== undefined && compareText(first.key.name, name) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function lowerBound(chunk: readonly SerializedObject[], name: string): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const object = chunk[middle];
    if (object !== undefined && compareText(object.key.name, name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
