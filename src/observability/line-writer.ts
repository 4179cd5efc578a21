import { write as writeAsync, writeSync } from 'node:fs';

const flushMs = 100;
const flushLength = 16 * 1024;
/** Lines that nobody takes are dropped beyond this: a log must not fill the memory. */
const maxPendingLength = 8 * 1024 * 1024;
const retryMs = 10;

/**
 * Writes lines to a file descriptor without waiting: they are gathered for a tenth of a second or 16 KiB and go out in one piece, one piece at a
 * time. A line costs less than a microsecond. `flushSync` writes what is left when the process ends.
 */
export class LineWriter {
  readonly #fd: number;
  #pending = '';
  #writing: Buffer | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;
  #dropped = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(line: string): void {
    if (this.#pending.length > maxPendingLength) {
      this.#dropped++;
      return;
    }
    this.#pending += line;
    if (this.#writing !== undefined) return;
    if (this.#pending.length >= flushLength) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), flushMs).unref();
  }

  /** Writes everything and waits for it; errors are passed over, since there is nobody left to tell. */
  flushSync(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#take();
    try {
      if (text.length > 0) writeSync(this.#fd, text);
    } catch {
      // Standard output is gone or full.
    }
  }

  #take(): Buffer {
    const note = this.#dropped === 0 ? '' : `{"level":40,"msg":"${this.#dropped} log lines were dropped"}\n`;
    this.#dropped = 0;
    const text = Buffer.from(this.#pending + note);
    this.#pending = '';
    return text;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writing !== undefined || this.#pending === '') return;
    this.#writing = this.#take();
    this.#continue();
  }

  #continue(): void {
    const chunk = this.#writing;
    if (chunk === undefined) return;
    writeAsync(this.#fd, chunk, 0, chunk.length, null, (error, written) => {
      if (error !== null) {
        if (error.code === 'EAGAIN') setTimeout(() => this.#continue(), retryMs).unref();
        else this.#writing = undefined;
        return;
      }
      this.#writing = written < chunk.length ? chunk.subarray(written) : undefined;
      if (this.#writing !== undefined) this.#continue();
      else if (this.#pending.length >= flushLength) this.#flush();
      else if (this.#pending !== '') this.#timer ??= setTimeout(() => this.#flush(), flushMs).unref();
    });
  }
}
