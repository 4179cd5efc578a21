import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { ClusterName } from '../../logicalcluster/name.ts';
import {
  clusterItem,
  defaultResource,
  keyOf,
  newName,
  Recorder,
  testDefaults,
  textOf,
} from '../conformance/harness.ts';
import { createMemoryStore } from '../memory/store.ts';
import type { ListOptions, ObjectStore, WriteItem, WriteOutcome } from '../object-store.ts';
import { createTestDatabase, type TestDatabase } from '../testing.ts';
import { openPostgresStore } from './store.ts';

/** A write as the generator sees it; the revision that it expects depends on what went before. */
type Action = {
  readonly op: 'create' | 'update' | 'delete';
  readonly cluster: number;
  readonly name: string;
  readonly namespace: string;
  readonly resource: string;
  readonly data: string;
  /** Expect the right revision, or an older one. */
  readonly stale: boolean;
};
type Group = readonly Action[] | { readonly createCluster: number } | { readonly deleteCluster: number };

const clusters = 3;
const action: fc.Arbitrary<Action> = fc.record({
  op: fc.constantFrom('create', 'update', 'update', 'delete'),
  cluster: fc.nat({ max: clusters - 1 }),
  name: fc.constantFrom('alpha', 'beta', 'x', 'é', 'z-1'),
  namespace: fc.constantFrom('default', 'other'),
  resource: fc.constantFrom('configmaps', defaultResource),
  data: fc.string({ maxLength: 5 }),
  stale: fc.boolean().map((stale) => stale && Math.random() < 2),
});
const group: fc.Arbitrary<Group> = fc.oneof(
  { weight: 12, arbitrary: fc.array(action, { minLength: 1, maxLength: 4 }) },
  { weight: 2, arbitrary: fc.record({ createCluster: fc.nat({ max: clusters - 1 }) }) },
  { weight: 1, arbitrary: fc.record({ deleteCluster: fc.nat({ max: clusters - 1 }) }) },
);

/** The items of a group, from what the store says now; actions on a key that the group already names are left out. */
async function toItems(store: ObjectStore, names: readonly ClusterName[], step: Group): Promise<WriteItem[]> {
  if ('createCluster' in step) {
    const name = names[step.createCluster] ?? newName();
    const item = clusterItem(name, 'root' as ClusterName, `w-${name}`);
    return item.op === 'createCluster'
      ? [{ ...item, cluster: { ...item.cluster, uid: '7b0f7a35-7b8c-4c22-8d62-4f6f4be0b3a1' } }]
      : [item];
  }
  if ('deleteCluster' in step) return [{ op: 'deleteCluster', cluster: names[step.deleteCluster] ?? newName() }];
  const items = new Map<string, WriteItem>();
  for (const { op, cluster, name, namespace, resource, data, stale } of step) {
    const key = keyOf(names[cluster] ?? newName(), name, namespace, resource);
    const text = textOf(key, data);
    const current = (await store.get(key))?.revision ?? 0;
    const expected = stale ? Math.max(0, current - 1) : current;
    const id = JSON.stringify(key);
    if (items.has(id)) continue;
    items.set(id, op === 'create' ? { op, key, text, owners: data === '' ? [] : [data] } : { op, key, text, expected });
  }
  return [...items.values()];
}

/** Everything that can be seen of a store's logical clusters, with revisions counted from `from`. */
async function describeStore(store: ObjectStore, names: readonly ClusterName[], from: number): Promise<unknown> {
  const now = await store.fresh();
  const revisions = Array.from({ length: Math.min(now - from, 8) + 1 }, (_, i) => now - i);
  const list = async (options: Pick<ListOptions, 'cluster' | 'resource' | 'at'>): Promise<unknown> => {
    const { items, more, revision } = await store.list(options);
    return [items.map(({ key, text, revision: at }) => [key, text, at - from]), more, revision - from];
  };
  const seen: unknown[] = [now - from];
  for (const cluster of names) {
    const record = await store.cluster(cluster);
    seen.push(record === undefined ? undefined : [record.state, record.workspace, record.revision - from]);
    if (record === undefined) continue;
    seen.push([...(await store.countByResource(cluster))].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    for (const resource of ['configmaps', defaultResource]) {
      seen.push(await list({ cluster, resource, at: { mode: 'fresh' } }));
      // What was before a cluster is created is nobody's business.
      for (const revision of revisions.filter((one) => one >= record.revision)) {
        seen.push(await list({ cluster, resource, at: { mode: 'exact', revision } }));
      }
    }
  }
  const changes = await store.changesSince(from, 1000);
  seen.push(
    changes.map(({ type, key, revision, object, before }) => [
      type,
      key,
      revision - from,
      object.text,
      before === undefined ? undefined : [before.text, before.revision - from],
    ]),
  );
  return JSON.parse(JSON.stringify(seen)) as unknown;
}

function relative(outcomes: readonly WriteOutcome[], from: number): unknown {
  return outcomes.map((outcome) =>
    outcome.ok ? outcome.revision - from : [outcome.why, outcome.current === 0 ? 0 : outcome.current - from],
  );
}

describe('the Postgres store and the in-memory store', () => {
  let database: TestDatabase;
  let store: ObjectStore;
  before(async () => {
    database = await createTestDatabase();
    store = await openPostgresStore({
      databaseUrl: database.url,
      defaults: testDefaults,
      cacheBytes: 1_000_000,
      historyRetentionMs: 3600 * 1000,
      progressMs: 20,
    });
  });
  after(async () => {
    await store.close();
    await database.drop();
  });

  it('answer every history of writes alike', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(group, { minLength: 1, maxLength: 25 }), fc.boolean(), async (steps, cached) => {
        const memory = createMemoryStore({ defaults: testDefaults, progressMs: 20 });
        const names = Array.from({ length: clusters }, () => newName());
        const from = { memory: await memory.fresh(), postgres: await store.fresh() };
        const watches = {
          memory: Recorder.start(memory, { cluster: '*', resource: '*', from: from.memory }),
          postgres: Recorder.start(store, { cluster: '*', resource: '*', from: from.postgres }),
        };
        for (const step of steps) {
          const outcomes = {
            memory: await memory.commit(await toItems(memory, names, step)),
            postgres: await store.commit(await toItems(store, names, step)),
          };
          assert.deepEqual(relative(outcomes.postgres, from.postgres), relative(outcomes.memory, from.memory));
          // Half of the histories go through cached collections, the others only meet them at the end.
          if (cached)
            await store.list({ cluster: names[0] ?? newName(), resource: defaultResource, at: { mode: 'any' } });
        }
        const [now, later] = [await memory.fresh(), await store.fresh()];
        await watches.memory.until(({ progress }) => now === from.memory || progress >= now);
        await watches.postgres.until(({ progress }) => later === from.postgres || progress >= later);
        const seen = (recorder: Recorder, base: number): unknown =>
          recorder.changes.map(({ type, key, revision, before }) => [type, key, revision - base, before?.text]);
        assert.deepEqual(seen(watches.postgres, from.postgres), seen(watches.memory, from.memory));
        watches.memory.close();
        watches.postgres.close();
        assert.deepEqual(
          await describeStore(store, names, from.postgres),
          await describeStore(memory, names, from.memory),
        );
        await memory.close();
      }),
      { numRuns: 150 },
    );
  });
});
