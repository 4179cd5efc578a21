import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 20;

/** Asks again and again until there is an answer. @throws Error when there is none in time, with what was waited for. */
export async function waitFor<T>(what: string, timeoutMs: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`gave up waiting for ${what} after ${timeoutMs / 1000} s`);
    await sleep(pollMs);
  }
}
