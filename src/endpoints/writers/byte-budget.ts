import { LRUCache } from 'lru-cache';

/** Bytes of remembered encodings (lists, initial events of watches) in one process. */
const maxRememberedBytes = 64 * 1024 * 1024;
/** Smaller ones are as fast to make anew, or live as briefly as the events they encode. */
const minCountedBytes = 4096;

type Counted = { readonly size: number; readonly forget: () => void };

/** Bounds what the memos of this folder hold together: what has not been used for longest is forgotten first. */
const counted = new LRUCache<object, Counted>({
  maxSize: maxRememberedBytes,
  sizeCalculation: ({ size }) => size,
  dispose: ({ forget }) => forget(),
});

/** Counts an encoding of `size` bytes; `forget` is called when there is no room for it any more. */
export function count(encoding: object, size: number, forget: () => void): void {
  if (size >= minCountedBytes) counted.set(encoding, { size, forget });
}

/** Tells that an encoding was used. */
export function touch(encoding: object): void {
  counted.get(encoding);
}
