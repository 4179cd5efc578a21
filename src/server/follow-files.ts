import { readFileSync, statSync } from 'node:fs';

const pollMs = 2_000;

export type FollowOptions = {
  readonly paths: readonly string[];
  /** Gets the texts in the order of `paths`. What it throws is passed to `onFailure`, and the files are tried again when they change. */
  readonly apply: (texts: readonly string[]) => void;
  readonly onFailure: (error: Error) => void;
  readonly everyMs?: number;
};

/**
 * Calls `apply` whenever one of the files holds something else than before, however it came there: written in place, renamed over, or behind a symbolic
 * link that now points elsewhere (as mounted Secrets do). Gives the function that stops it. @throws when a file cannot be read at first.
 */
export function followFiles({ paths, apply, onFailure, everyMs = pollMs }: FollowOptions): () => void {
  const read = (): string[] => paths.map((path) => readFileSync(path, 'utf8'));
  let marks = markOf(paths);
  let texts = read();
  const look = (): void => {
    try {
      const now = markOf(paths);
      if (now === marks) return;
      const next = read();
      marks = now;
      if (next.every((text, index) => text === texts[index])) return;
      texts = next;
      apply(next);
    } catch (error) {
      onFailure(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

function markOf(paths: readonly string[]): string {
  return paths
    .map((path) => {
      const { ino, size, mtimeMs, ctimeMs } = statSync(path);
      return `${ino}:${size}:${mtimeMs}:${ctimeMs}`;
    })
    .join(' ');
}
