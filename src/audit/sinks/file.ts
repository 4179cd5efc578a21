import { createWriteStream, readdirSync, renameSync, rmSync, statSync, type WriteStream } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Json, stringify } from '../../apimachinery/json.ts';
import type { AuditEvent } from '../event.ts';
import type { AuditSink } from '../trail.ts';

export type FileSinkOptions = {
  /** '-' is standard output. */
  readonly path: string;
  /** The file is put aside when it is larger; 0: never. */
  readonly maxBytes: number;
  /** Files put aside that are kept; 0: all. */
  readonly maxBackups: number;
  /** Files put aside are removed when they are older; 0: never. */
  readonly maxAgeMs: number;
  /** Lines that may wait for the disk; more are dropped. */
  readonly maxWaiting?: number;
  readonly onDropped: (events: number) => void;
  readonly onFailure: (error: Error) => void;
};

const defaultMaxWaiting = 10_000;
/** Another process may have put the file aside. */
const lookEveryMs = 1_000;

/** Appends events to a file, one JSON text a line. Several processes may share it: a line is one write at the end of the file. */
export function createFileSink(options: FileSinkOptions): AuditSink {
  return new FileSink(options);
}

class FileSink implements AuditSink {
  readonly #options: FileSinkOptions;
  #stream: WriteStream | NodeJS.WriteStream | undefined;
  #waiting = 0;
  #dropped = 0;
  #inode = 0;
  #lookedAt = 0;

  constructor(options: FileSinkOptions) {
    this.#options = options;
    this.#open();
  }

  write(event: AuditEvent): void {
    if (this.#waiting >= (this.#options.maxWaiting ?? defaultMaxWaiting)) {
      if (this.#dropped++ === 0) setImmediate(() => this.#tellDropped());
      return;
    }
    this.#look();
    this.#waiting++;
    this.#stream?.write(`${stringify(event as unknown as Json)}\n`, () => {
      this.#waiting--;
    });
  }

  close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    return new Promise((resolve) => {
      if (stream === undefined || stream === process.stdout || stream.destroyed) return resolve();
      // A file that cannot be written any more has said so already.
      stream.once('error', () => resolve());
      stream.end(() => resolve());
    });
  }

  #tellDropped(): void {
    this.#options.onDropped(this.#dropped);
    this.#dropped = 0;
  }

  #open(): void {
    const { path, onFailure } = this.#options;
    if (path === '-') {
      this.#stream = process.stdout;
      return;
    }
    const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
    stream.on('error', onFailure);
    stream.on('open', (descriptor) => {
      this.#inode = statOf(path)?.ino ?? descriptor;
    });
    this.#stream = stream;
  }

  /** Goes on in a new file when this one is full, or has been put aside by another process. */
  #look(): void {
    const { path, maxBytes } = this.#options;
    const now = performance.now();
    if (path === '-' || now - this.#lookedAt < lookEveryMs) return;
    this.#lookedAt = now;
    const found = statOf(path);
    if (this.#inode !== 0 && found?.ino !== this.#inode) return this.#reopen();
    if (found === undefined || maxBytes === 0 || found.size < maxBytes) return;
    try {
      renameSync(path, join(dirname(path), `${basename(path)}.${new Date().toISOString().replaceAll(':', '-')}`));
    } catch (error) {
      this.#options.onFailure(error as Error);
      return;
    }
    this.#reopen();
    this.#removeOld();
  }

  #reopen(): void {
    const old = this.#stream as WriteStream;
    this.#inode = 0;
    this.#open();
    old.end();
  }

  #removeOld(): void {
    const { path, maxBackups, maxAgeMs } = this.#options;
    const directory = dirname(path);
    const prefix = `${basename(path)}.`;
    const aside = readdirSync(directory)
      .filter((name) => name.startsWith(prefix) && /\.\d{4}-\d\d-\d\dT[\d.-]+Z$/.test(name))
      .toSorted()
      .toReversed();
    for (const [index, name] of aside.entries()) {
      const file = join(directory, name);
      const tooMany = maxBackups > 0 && index >= maxBackups;
      const tooOld = maxAgeMs > 0 && Date.now() - (statOf(file)?.mtimeMs ?? 0) > maxAgeMs;
      if (tooMany || tooOld) rmSync(file, { force: true });
    }
  }
}

function statOf(path: string): { ino: number; size: number; mtimeMs: number } | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
