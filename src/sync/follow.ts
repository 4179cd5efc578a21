import { setTimeout as sleep } from 'node:timers/promises';
import type { SyncLog } from './log.ts';

const retryMs = 1000;

/**
 * Keeps something that can end by itself (a store watch, a leadership) going until `signal` aborts: `start` begins it and gives what stops it, and calls
 * `ended` when it is over. A start that throws is logged and tried again after a second.
 */
export async function keepGoing(
  what: string,
  log: SyncLog,
  signal: AbortSignal,
  start: (ended: () => void) => Promise<() => void>,
): Promise<void> {
  while (!signal.aborted) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const onAbort = (): void => resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const stop = await start(resolve);
      if (signal.aborted) resolve();
      await promise;
      stop();
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error }, `${what} failed`);
      await sleep(retryMs, undefined, { signal }).catch(() => undefined);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}
