import type { ApiError } from '../../apimachinery/errors.ts';
import type { WatchEvent, WatchSink } from '../../registry/registry.ts';
import type { EventStream } from './event-stream.ts';
import { encodeBookmark, encodeError, encodeEvents, type Encoded, type WatchForm } from './watch-encoding.ts';

const bookmarkEveryMs = 60_000;
const keepAliveEveryMs = 30_000;

/** A client that leaves this much unread is too slow: its watch ends, and it lists again. */
const maxBufferedBytes = 16 * 1024 * 1024;

export type WatchWriterOptions = {
  readonly bookmarks: boolean;
  /** performance.now() at which the watch ends. */
  readonly endsAt: number;
};

/**
 * Writes one watch. The registry may deliver before the stream is open (initial events): that is kept until `open`. Encodings are shared between
 * watches of the same form, so an event costs a watch one socket write.
 */
export class WatchWriter implements WatchSink {
  readonly ended: Promise<void>;
  sent = 0;
  readonly #form: WatchForm;
  readonly #options: WatchWriterOptions;
  #stream: EventStream | undefined = undefined;
  #waiting: Encoded[] | undefined = [];
  #resolveEnded: () => void = () => {};
  #over = false;
  #first = true;
  #progress = 0;
  #bookmarked = 0;
  #nextBookmark: number;
  #nextKeepAlive: number;

  constructor(form: WatchForm, options: WatchWriterOptions) {
    this.#form = form;
    this.#options = options;
    // Spread, so that many watches begun together do not all wake in the same tick.
    const now = performance.now();
    this.#nextBookmark = now + bookmarkEveryMs * (0.75 + Math.random() / 2);
    this.#nextKeepAlive = now + keepAliveEveryMs;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** Begins to write; what was delivered before goes out first. `gone` aborts when the client left before. */
  open(stream: EventStream, gone: AbortSignal): void {
    this.#stream = stream;
    if (gone.aborted) return this.#end(false);
    stream.onClose(() => this.#end(false));
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const encoded of waiting) this.#write(encoded);
    if (this.#over) this.#end(true);
  }

  events(batch: readonly WatchEvent[], progress: number): void {
    if (this.#over) return;
    if (batch.length > 0) {
      this.#write(encodeEvents(batch, this.#form, this.#first));
      this.#first = false;
    }
    if (progress > this.#progress) this.#progress = progress;
  }

  initialEventsEnd(revision: number): void {
    if (this.#over) return;
    if (revision > this.#progress) this.#progress = revision;
    this.#bookmark({ initialEventsEnd: true });
  }

  end(error: ApiError | undefined): void {
    if (this.#over) return;
    if (error !== undefined) this.#write(encodeError(error));
    else if (this.#options.bookmarks) this.#bookmark({});
    this.#end(true);
  }

  /** Ends the watch cleanly: the client goes on from the last bookmark. */
  finish(): void {
    this.end(undefined);
  }

  /** Called now and then by `Watches`. */
  tick(now: number): void {
    if (now >= this.#options.endsAt) {
      this.finish();
      return;
    }
    if (now >= this.#nextBookmark) {
      this.#nextBookmark = now + bookmarkEveryMs;
      if (this.#options.bookmarks) this.#bookmark({});
    }
    if (now >= this.#nextKeepAlive) {
      this.#nextKeepAlive = now + keepAliveEveryMs;
      this.#stream?.keepAlive();
    }
  }

  #bookmark(options: { initialEventsEnd?: boolean }): void {
    if (this.#progress === 0) return;
    if (options.initialEventsEnd !== true && this.#progress === this.#bookmarked) return;
    this.#bookmarked = this.#progress;
    this.#write(encodeBookmark(this.#form, this.#progress, options.initialEventsEnd === true));
  }

  #write(encoded: Encoded): void {
    if (this.#waiting !== undefined) {
      this.#waiting.push(encoded);
      return;
    }
    const stream = this.#stream;
    if (stream === undefined) return;
    stream.write(encoded);
    this.sent += encoded.bytes.length;
    if (stream.buffered() > maxBufferedBytes) {
      stream.destroy();
      this.#end(false);
    }
  }

  /** `clean`: say goodbye on the stream; else it is gone already. */
  #end(clean: boolean): void {
    this.#over = true;
    if (this.#stream === undefined) return;
    if (clean) this.#stream.end();
    this.#resolveEnded();
  }
}
