import { setTimeout } from 'node:timers/promises';
import { ApiException } from '@kubernetes/client-node';

export const namespace = 'default';
const patienceMs = 30_000;

/** The status of a refused request; undefined for other errors. */
export function codeOf(error: unknown): number | undefined {
  return error instanceof ApiException ? error.code : undefined;
}

/** The answer, or undefined when it is this status. */
export async function ignoring<T>(code: number, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (codeOf(error) === code) return undefined;
    throw error;
  }
}

/** @throws Error unless the request is refused with this status */
export async function refused(code: number, answer: Promise<unknown>): Promise<void> {
  const outcome = await answer.then(
    () => 'it was accepted',
    (error: unknown) => codeOf(error) ?? error,
  );
  if (outcome !== code) throw new Error(`not refused with ${code}: ${String(outcome)}`);
}

/** Waits for a condition. @throws Error that says what it waited for */
export async function until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await setTimeout(20);
  }
}
