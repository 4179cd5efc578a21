import type { ApiError } from '../../apimachinery/errors.ts';
import type { WatchEvent, WatchSink } from '../../registry/registry.ts';
import type { EventStream } from './event-stream.ts';
import { type Encoded, encodeBookmark, encodeError, encodeEvents, type WatchForm } from './watch-encoding.ts';

const bookmarkEveryMs = 60_000;
const lastBookmarkMs = 2000;
const keepAliveEveryMs = 30_000;

/** A client that is this far behind with live events is too slow: its watch ends, and it lists again. */
const maxBehindBytes = 16 * 1024 * 1024;
/** So is one that takes nothing at all for so long. */
const maxStalledMs = 60_000;

export type WatchWriterOptions = {
  readonly bookmarks: boolean;
  /** After which the watch ends. */
  readonly seconds: number;
};

/**
 * Writes one watch. Encodings are shared between watches of the same form, so an event costs a watch one socket write. What the registry delivers
 * before the stream is open is the initial state: it waits, as everything does while the client does not keep up, without being copied.
 */
export class WatchWriter implements WatchSink {
  readonly ended: Promise<void>;
  sent = 0;
  readonly #form: WatchForm;
  readonly #options: WatchWriterOptions;
  #stream: EventStream | undefined = undefined;
  /** Encoded but not written: the stream is not open, or congested. */
  readonly #waiting: Encoded[] = [];
  /** How many of those waiting belong to the initial state, which may be of any size. */
  #initial = 0;
  #behindBytes = 0;
  #congestedSince: number | undefined = undefined;
  #resolveEnded: () => void = () => {};
  /** Nothing more is accepted. */
  #over = false;
  #first = true;
  #progress = 0;
  #bookmarked = 0;
  #nextBookmark: number;
  readonly #endsAt: number;
  #nextKeepAlive: number;

  constructor(form: WatchForm, options: WatchWriterOptions) {
    this.#form = form;
    this.#options = options;
    // Spread, so that many watches begun together do not all wake in the same tick.
    const now = performance.now();
    this.#endsAt = now + options.seconds * 1000;
    this.#nextBookmark = this.#beforeEnd(now, now + bookmarkEveryMs * (0.75 + Math.random() / 2));
    this.#nextKeepAlive = now + keepAliveEveryMs;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** Begins to write; what was delivered before goes out first. `gone` aborts when the client left before. */
  open(stream: EventStream, gone: AbortSignal): void {
    this.#stream = stream;
    if (gone.aborted) return this.#close();
    stream.onClose(() => this.#close());
    stream.onDrain(() => this.#drain());
    this.#initial = this.#waiting.length;
    this.#behindBytes = 0;
    this.#drain();
  }

  events(batch: readonly WatchEvent[], progress: number): void {
    if (this.#over) return;
    if (batch.length > 0) {
      for (const encoded of encodeEvents(batch, this.#form, this.#first)) this.#write(encoded);
      this.#first = false;
    }
    if (progress > this.#progress) this.#progress = progress;
  }

  initialEventsEnd(revision: number): void {
    if (this.#over) return;
    if (revision > this.#progress) this.#progress = revision;
    this.#bookmark(true);
  }

  end(error: ApiError | undefined): void {
    if (this.#over) return;
    if (error === undefined && this.#options.bookmarks && this.#progress !== this.#bookmarked) this.#bookmark(false);
    this.#end(error);
  }

  #end(error: ApiError | undefined): void {
    if (this.#over) return;
    if (error !== undefined) this.#write(encodeError(this.#form, error));
    this.#over = true;
    if (this.#stream !== undefined) this.#drain();
  }

  /** Ends the watch cleanly: the client goes on from the last bookmark. */
  finish(): void {
    this.end(undefined);
  }

  /** Called now and then by `Watches`. */
  tick(now: number): void {
    if (this.#congestedSince !== undefined && now - this.#congestedSince > maxStalledMs) return this.#breakOff();
    if (now >= this.#endsAt) return this.#end(undefined);
    if (now >= this.#nextBookmark) {
      const last = now >= this.#endsAt - lastBookmarkMs;
      this.#nextBookmark = this.#beforeEnd(now, now + bookmarkEveryMs);
      if (this.#options.bookmarks && (last || this.#progress !== this.#bookmarked)) this.#bookmark(false);
    }
    if (now >= this.#nextKeepAlive) {
      this.#nextKeepAlive = now + keepAliveEveryMs;
      this.#stream?.keepAlive();
    }
  }

  /** The last bookmark is sent two seconds before the end, when it is not too late for that (stock's cacher). */
  #beforeEnd(now: number, next: number): number {
    const last = this.#endsAt - lastBookmarkMs;
    return last > now && last < next ? last : next;
  }

  #bookmark(initialEventsEnd: boolean): void {
    if (this.#progress === 0 || this.#over) return;
    this.#bookmarked = this.#progress;
    this.#write(encodeBookmark(this.#form, this.#progress, initialEventsEnd));
  }

  #write(encoded: Encoded): void {
    if (this.#stream !== undefined && this.#congestedSince === undefined && this.#waiting.length === 0) {
      this.#send(this.#stream, encoded);
      return;
    }
    this.#waiting.push(encoded);
    this.#behindBytes += encoded.bytes.length;
    if (this.#stream !== undefined && this.#behindBytes > maxBehindBytes) this.#breakOff();
  }

  #send(stream: EventStream, encoded: Encoded): void {
    this.sent += encoded.bytes.length;
    if (!stream.write(encoded)) this.#congestedSince = performance.now();
  }

  #drain(): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    this.#congestedSince = undefined;
    let done = 0;
    for (const encoded of this.#waiting) {
      this.#send(stream, encoded);
      if (this.#initial > 0) this.#initial--;
      else this.#behindBytes -= encoded.bytes.length;
      done++;
      if (this.#congestedSince !== undefined) break;
    }
    this.#waiting.splice(0, done);
    if (this.#over && this.#waiting.length === 0) {
      stream.end();
      this.#close();
    }
  }

  #breakOff(): void {
    this.#stream?.destroy();
    this.#close();
  }

  #close(): void {
    this.#over = true;
    this.#waiting.length = 0;
    this.#congestedSince = undefined;
    this.#resolveEnded();
  }
}
