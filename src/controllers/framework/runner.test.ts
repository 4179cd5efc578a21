import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { rootCluster } from '../../logicalcluster/name.ts';
import { createMemoryStore } from '../../storage/memory/store.ts';
import type { ObjectKey, ObjectStore } from '../../storage/object-store.ts';
import { type Controller, visitEverywhere } from './controller.ts';
import { formatObjectKey, parseObjectKey } from './object-keys.ts';
import { Outstanding } from './outstanding.ts';
import { runControllers } from './runner.ts';

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!(await condition())) {
    if (Date.now() > deadline) assert.fail('condition not reached');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const log = pino({ level: 'silent' });
const timing = { checkpointMs: 5, retryMs: 5 };

describe('the controller runner', () => {
  let store: ObjectStore;
  let stops: (() => Promise<void>)[];
  let seen: string[];

  beforeEach(() => {
    store = createMemoryStore();
    stops = [];
    seen = [];
  });
  afterEach(async () => {
    for (const stop of stops) await stop();
    await store.close();
  });

  async function write(name: string, resource = 'configmaps'): Promise<void> {
    const key: ObjectKey = { cluster: rootCluster, resource, namespace: 'default', name };
    const [outcome] = await store.commit([
      { op: 'create', key, text: `{"kind":"X","apiVersion":"v1","metadata":{"name":"${name}"}}` },
    ]);
    assert.equal(outcome?.ok, true);
  }

  const controller = (more: Partial<Controller> = {}): Controller => ({
    name: 'test',
    concurrency: 2,
    notice: ({ key }, enqueue) => {
      if (key.resource === 'configmaps') enqueue(formatObjectKey(key));
    },
    reconcile: (key) => {
      seen.push(parseObjectKey(key).name);
      return Promise.resolve();
    },
    sweep: (context) =>
      visitEverywhere(store, 'configmaps', context, ({ key }) => context.enqueue(formatObjectKey(key))),
    ...more,
  });

  function start(controllers: Controller[], use: Partial<ObjectStore> = {}): { stop(): Promise<void> } {
    const bound = new Proxy(store, {
      get: (target, name: keyof ObjectStore) =>
        use[name] ?? (typeof target[name] === 'function' ? (target[name] as () => void).bind(target) : target[name]),
    });
    const runner = runControllers({ name: 'controllers', store: bound, controllers, log, timing });
    stops.push(() => runner.stop());
    return runner;
  }

  it('sweeps at its first start and follows changes from then on', async () => {
    await write('before');
    start([controller()]);
    await until(() => seen.includes('before'));
    await write('after');
    await write('other', 'secrets');
    await until(() => seen.includes('after'));
    assert.deepEqual(seen, ['before', 'after']);
  });

  it('goes on from its checkpoint after a restart, without a sweep', async () => {
    const first = start([controller()]);
    await write('one');
    await until(async () => seen.includes('one') && (await store.readCheckpoint('controllers')) === store.revision());
    await first.stop();
    await write('two');
    start([controller({ sweep: () => assert.fail('swept') })]);
    await until(() => seen.includes('two'));
    assert.deepEqual(seen, ['one', 'two']);
  });

  it('puts no checkpoint behind work that is not done', async () => {
    let fail = true;
    await store.writeCheckpoint('controllers', store.revision());
    const first = start([
      controller({
        reconcile: (key) => {
          const { name } = parseObjectKey(key);
          if (name === 'stuck' && fail) return Promise.reject(new Error('not now'));
          seen.push(name);
          return Promise.resolve();
        },
      }),
    ]);
    const before = store.revision();
    await write('stuck');
    await write('fine');
    await until(() => seen.includes('fine'));
    await first.stop();
    assert.equal(await store.readCheckpoint('controllers'), before);
    fail = false;
    start([controller()]);
    await until(() => seen.includes('stuck'));
  });

  it('sweeps when the log no longer reaches back to its checkpoint', async () => {
    store = createMemoryStore({ historyChanges: 3 });
    await write('old');
    await store.writeCheckpoint('controllers', store.revision());
    for (let i = 0; i < 10; i++) await write(`n${i}`);
    start([controller()]);
    await until(() => seen.length >= 11);
    assert.ok(seen.includes('old') && seen.includes('n0'));
  });

  it('sweeps when its checkpoint is of another history', async () => {
    await write('one');
    await store.writeCheckpoint('controllers', 1_000_000);
    start([controller()]);
    await until(() => seen.includes('one'));
  });

  it('runs on one replica at a time', async () => {
    const first = start([controller()]);
    await write('one');
    await until(() => seen.length === 1);
    start([controller()]);
    await write('two');
    await until(() => seen.length === 2);
    await first.stop();
    await write('three');
    await until(() => seen.includes('three'));
    assert.equal(seen.filter((name) => name === 'three').length, 1);
  });

  it('survives a store that fails for a while', async () => {
    let failures = 3;
    start([controller()], {
      changesSince: (...args) => (failures-- > 0 ? Promise.reject(new Error('away')) : store.changesSince(...args)),
    });
    await write('one');
    await until(() => seen.includes('one'));
  });

  it('is not harmed by a controller that cannot read a change', async () => {
    start([
      controller({
        name: 'broken',
        notice: () => {
          throw new Error('cannot read');
        },
        sweep: () => Promise.reject(new Error('cannot sweep')),
      }),
      controller(),
    ]);
    await write('one');
    await until(() => seen.includes('one'));
  });
});

describe('outstanding work', () => {
  it('holds a checkpoint back until a later reconcile has succeeded', () => {
    const sut = new Outstanding();
    sut.rang('a', 5);
    sut.rang('b', 7);
    assert.equal(sut.doneThrough(9), 4);
    assert.equal(sut.begin('a'), 5);
    sut.rang('a', 8);
    assert.equal(sut.doneThrough(9), 4);
    sut.succeeded('a');
    assert.equal(sut.doneThrough(9), 6);
    sut.begin('b');
    sut.failed('b');
    assert.equal(sut.doneThrough(9), 6);
    sut.forget('b');
    assert.equal(sut.doneThrough(9), 7);
    sut.begin('a');
    sut.succeeded('a');
    assert.equal(sut.doneThrough(9), 9);
    assert.equal(sut.begin('c'), undefined);
  });
});
