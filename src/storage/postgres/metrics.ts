import { Gauge, Histogram, type Registry } from 'prom-client';

export type StorageGauges = {
  readonly watches: () => number;
  readonly collections: () => number;
  readonly cacheBytes: () => number;
  /** Newest revision seen, by shard. */
  readonly revisions: () => Iterable<readonly [shard: string, revision: number]>;
};

/** What a store tells of itself. */
export type StorageMetrics = {
  /** A batch was committed. */
  readonly committed: (items: number, seconds: number) => void;
};

/** Registers the storage's metrics. Labels: only the shard, of which there are few. */
export function registerStorageMetrics(registry: Registry, gauges: StorageGauges): StorageMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    const made: Gauge = new Gauge({ name, help, registers, collect: (): void => made.set(read()) });
  };
  gauge('atoll_storage_watches', 'Watches that follow the change log in this process.', gauges.watches);
  gauge('atoll_storage_cached_collections', 'Collections that are held in memory.', gauges.collections);
  gauge('atoll_storage_cache_bytes', 'Approximate memory of these collections.', gauges.cacheBytes);
  const revision: Gauge<'shard'> = new Gauge({
    name: 'atoll_storage_revision',
    help: 'The newest revision that this process has seen.',
    labelNames: ['shard'],
    registers,
    collect: (): void => {
      for (const [shard, value] of gauges.revisions()) revision.set({ shard }, value);
    },
  });
  const items = new Histogram({
    name: 'atoll_storage_commit_batch_items',
    help: 'Writes that were committed together.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128],
    registers,
  });
  const seconds = new Histogram({
    name: 'atoll_storage_commit_batch_seconds',
    help: 'Time that a batch took in the database, until it was durable.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
    registers,
  });
  return {
    committed: (count, took) => {
      items.observe(count);
      seconds.observe(took);
    },
  };
}
