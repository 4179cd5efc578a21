import type { Answer, Connection } from './connection.ts';

export type Figure = {
  readonly name: string;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
  readonly note?: string;
};

/** Latencies in milliseconds, sorted on demand. */
export class Latencies {
  readonly #values: number[] = [];

  add(ms: number): void {
    this.#values.push(ms);
  }

  get count(): number {
    return this.#values.length;
  }

  percentile(share: number): number {
    const sorted = this.#values.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  }
}

/**
 * A closed loop: every connection sends its next request as soon as its last one is answered, for `ms` after a warm-up of a tenth of that. Any
 * status but `expect` ends the run with an error.
 */
export async function closedLoop(
  name: string,
  connections: readonly Connection[],
  ms: number,
  next: (connection: number, sequence: number) => Buffer,
  expect: readonly number[] = [200, 201],
): Promise<Figure> {
  const latencies = new Latencies();
  let sequence = 0;
  const begin = performance.now() + ms / 10;
  const end = begin + ms;
  await Promise.all(
    connections.map(async (connection, index) => {
      for (;;) {
        const started = performance.now();
        if (started >= end) return;
        const answer: Answer = await connection.send(next(index, sequence++));
        const now = performance.now();
        if (!expect.includes(answer.status))
          throw new Error(`${name}: unexpected status ${answer.status}: ${answer.body.toString().slice(0, 300)}`);
        if (started >= begin && now <= end) latencies.add(now - started);
      }
    }),
  );
  return figure(name, latencies, ms);
}

export function figure(name: string, latencies: Latencies, ms: number, note?: string): Figure {
  return {
    name,
    perSecond: (latencies.count / ms) * 1000,
    p50: latencies.percentile(0.5),
    p99: latencies.percentile(0.99),
    count: latencies.count,
    ...(note === undefined ? {} : { note }),
  };
}
