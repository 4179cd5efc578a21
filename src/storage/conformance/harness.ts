import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe as suite, it as test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { rootCluster, type ClusterName } from '../../logicalcluster/name.ts';
import type {
  Change,
  DefaultContent,
  ListResult,
  ObjectKey,
  ObjectStore,
  WatchOptions,
  WriteItem,
  WriteOutcome,
} from '../object-store.ts';
import { storedText } from '../serialized-object.ts';

/** A store under test. */
export type StoreHarness = {
  readonly store: ObjectStore;
  /** Opens one more store on the same data, as another process would. Absent when the data is in one process only. */
  readonly openReplica?: () => Promise<ObjectStore>;
  /** Forgets the change log up to now. */
  readonly forgetHistory: () => Promise<void>;
  /** Closes the store and removes its data. */
  readonly close: () => Promise<void>;
};

/** Opens an empty store whose idle watches hear of progress at least every 50 ms. */
export type StoreFactory = (options: { readonly defaults: DefaultContent }) => Promise<StoreHarness>;

/** A resource whose logical clusters all begin with these objects. */
export const defaultResource = 'roles.test';
export const testDefaults: DefaultContent = {
  resources: new Set([defaultResource]),
  objects: (cluster, resource) =>
    resource === defaultResource
      ? ['alpha', 'beta', 'gamma'].map((name) => ({
          namespace: name === 'gamma' ? 'kube-system' : 'default',
          name,
          text: storedText({ kind: 'Role', apiVersion: 'test/v1', metadata: { name, uid: `${cluster.uid}-${name}` } }),
        }))
      : [],
};

/** Opens one store for the tests of a `describe`; each test takes a fresh logical cluster. */
export function useStore(open: StoreFactory): { harness: StoreHarness; store: ObjectStore } {
  const holder: { harness?: StoreHarness } = {};
  before(async () => {
    holder.harness = await open({ defaults: testDefaults });
  });
  after(async () => holder.harness?.close());
  const harness = (): StoreHarness => {
    assert.ok(holder.harness !== undefined);
    return holder.harness;
  };
  return {
    get harness() {
      return harness();
    },
    get store() {
      return harness().store;
    },
  };
}

/** As node:test's, whose promise is nobody's concern. */
export function describe(name: string, body: () => void): void {
  void suite(name, body);
}

/** As node:test's, whose promise is nobody's concern. */
export function it(name: string, body: (context: TestContext) => Promise<void> | void): void {
  void test(name, body);
}

export function newName(): ClusterName {
  return randomUUID().replaceAll('-', '').slice(0, 16) as ClusterName;
}

/** Makes a logical cluster below root; gives its name. */
export async function newCluster(store: ObjectStore, shard?: string): Promise<ClusterName> {
  const name = newName();
  const [outcome] = await store.commit([clusterItem(name, rootCluster, `w-${name}`, shard)]);
  assert.equal(outcome?.ok, true);
  return name;
}

export function clusterItem(name: ClusterName, parent: ClusterName, workspace: string, shard?: string): WriteItem {
  return {
    op: 'createCluster',
    cluster: {
      name,
      parent,
      workspace,
      uid: randomUUID(),
      createdAt: '2026-01-02T03:04:05Z',
      ...(shard === undefined ? {} : { shard }),
    },
  };
}

export function keyOf(cluster: ClusterName, name: string, namespace = 'default', resource = 'configmaps'): ObjectKey {
  return { cluster, resource, namespace, name };
}

export function textOf(key: ObjectKey, data: string, labels?: Record<string, string>): string {
  const metadata = { name: key.name, namespace: key.namespace, ...(labels === undefined ? {} : { labels }) };
  return storedText({ kind: 'ConfigMap', apiVersion: 'v1', metadata, data: { data } });
}

/** Commits one item that must succeed; gives its revision. */
export async function write(store: ObjectStore, item: WriteItem): Promise<number> {
  const [outcome] = await store.commit([item]);
  assert.ok(outcome?.ok === true, JSON.stringify(outcome));
  return outcome.revision;
}

export function create(store: ObjectStore, key: ObjectKey, data = '', owners?: readonly string[]): Promise<number> {
  return write(store, { op: 'create', key, text: textOf(key, data), ...(owners === undefined ? {} : { owners }) });
}

export function update(store: ObjectStore, key: ObjectKey, expected: number, data: string): Promise<number> {
  return write(store, { op: 'update', key, expected, text: textOf(key, data) });
}

export function remove(store: ObjectStore, key: ObjectKey, expected: number): Promise<number> {
  return write(store, { op: 'delete', key, expected, text: textOf(key, 'last') });
}

export async function failure(store: ObjectStore, item: WriteItem): Promise<WriteOutcome | undefined> {
  const [outcome] = await store.commit([item]);
  assert.equal(outcome?.ok, false);
  return outcome;
}

/** `namespace/name=data` of every object. */
export function contents(list: Pick<ListResult, 'items'>): string[] {
  return list.items.map(({ key, object }) => {
    const data = object['data'] as { data?: string } | undefined;
    return `${key.namespace}/${key.name}=${data?.data ?? ''}`;
  });
}

/** Collects what a watch gives. */
export class Recorder {
  readonly changes: Change[] = [];
  readonly batches: (readonly Change[])[] = [];
  progress = 0;
  ended: string | undefined;
  close: () => void = () => {};

  static start(store: ObjectStore, options: Omit<WatchOptions, 'onChanges' | 'onEnd'>): Recorder {
    const recorder = new Recorder();
    const handle = store.watch({
      ...options,
      onChanges: (changes, progress) => {
        assert.ok(progress > recorder.progress, 'progress moves forward');
        recorder.progress = progress;
        recorder.batches.push(changes);
        recorder.changes.push(...changes);
      },
      onEnd: (reason) => {
        assert.equal(recorder.ended, undefined, 'a watch ends once');
        recorder.ended = reason;
      },
    });
    recorder.close = () => handle.close();
    return recorder;
  }

  /** `TYPE name@revision`. */
  get summary(): string[] {
    return this.changes.map(({ type, key, revision }) => `${type} ${key.name}@${revision}`);
  }

  get revisions(): number[] {
    return this.changes.map(({ revision }) => revision);
  }

  until(condition: (recorder: this) => boolean): Promise<void> {
    return until(
      () => condition(this),
      () => `${JSON.stringify(this.summary)} progress ${this.progress} ${this.ended}`,
    );
  }
}

/** Waits for a condition, up to ten seconds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  state: () => string = () => '',
): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > end) assert.fail(`waited in vain; ${state()}`);
    await setTimeout(2);
  }
}
