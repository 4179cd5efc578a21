/** Calls of one logical cluster under way at once, and calls of it that may wait for one of those. */
export type SlotLimits = { readonly atOnce: number; readonly waiting: number };

type Line = { running: number; readonly waiting: (() => void)[] };

/** Bounds what runs at once for each key; a key that uses up its share waits for itself only. A key that has nothing under way takes no memory. */
export class Slots {
  readonly #limits: SlotLimits;
  readonly #lines = new Map<string, Line>();

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  /** Resolves when it is the caller's turn, with the function that ends it; undefined when too many wait already. @throws the signal's reason */
  async take(key: string, signal: AbortSignal): Promise<(() => void) | undefined> {
    signal.throwIfAborted();
    let line = this.#lines.get(key);
    if (line === undefined) {
      line = { running: 0, waiting: [] };
      this.#lines.set(key, line);
    }
    if (line.running >= this.#limits.atOnce) {
      if (line.waiting.length >= this.#limits.waiting) return undefined;
      await turn(line, signal);
    } else line.running++;
    return () => this.#release(key, line);
  }

  /** The place goes to the one who waits longest. */
  #release(key: string, line: Line): void {
    const next = line.waiting.shift();
    if (next !== undefined) next();
    else if (--line.running === 0) this.#lines.delete(key);
  }
}

function turn(line: Line, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const go = (): void => {
      signal.removeEventListener('abort', leave);
      resolve();
    };
    const leave = (): void => {
      const at = line.waiting.indexOf(go);
      if (at >= 0) line.waiting.splice(at, 1);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', leave, { once: true });
    line.waiting.push(go);
  });
}
