import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { rootCluster } from '../../logicalcluster/name.ts';
import type { StoredChange } from '../ring.ts';
import { Collection } from './collection.ts';
import { Collections, type Loaded, stateRevision } from './collections.ts';
import { SerializedObject } from './serialized.ts';

function objectOf(name: string, revision: number, resource = 'r', bytes = 0): SerializedObject {
  const key = { cluster: rootCluster, resource, namespace: '', name };
  return new SerializedObject(key, revision, `{"kind":"K","apiVersion":"v1","metadata":{},"x":"${'x'.repeat(bytes)}"}`);
}

function added(object: SerializedObject): StoredChange {
  return { type: 'ADDED', revision: object.revision, key: object.key, object, before: undefined };
}

function deleted(object: SerializedObject, revision: number): StoredChange {
  return { type: 'DELETED', revision, key: object.key, object: objectOf(object.key.name, revision), before: object };
}

function loaded(revision: number, ...objects: SerializedObject[]): Loaded {
  const collection = new Collection(revision);
  for (const object of objects) collection.set(object);
  return { collection, revision };
}

const names = (collection: Collection): string[] => collection.all().map(({ key }) => key.name);

describe('Collections', () => {
  it('adds to a loaded state exactly the changes that it does not hold', async () => {
    const collections = new Collections({ maxBytes: 1e6, watches: () => false });
    const gate = Promise.withResolvers<Loaded>();
    const loading = collections.load(rootCluster, 'r', () => gate.promise);
    const a = objectOf('a', 4);
    collections.apply([added(a), deleted(objectOf('b', 2), 5)]);
    collections.apply([added(objectOf('c', 6)), deleted(a, 7)]);
    // The state was read after revision 5 and before 6.
    gate.resolve(loaded(5, a));
    const cached = await loading;
    assert.ok(cached !== 'tooBig');
    assert.deepEqual(names(cached.collection), ['c']);
    assert.equal(stateRevision(cached, 7), 7);
    collections.apply([added(objectOf('d', 8))]);
    assert.deepEqual(names(cached.collection), ['c', 'd']);
    assert.equal(collections.get(rootCluster, 'r'), cached);
    collections.clear();
    collections.apply([added(objectOf('e', 9))]);
    assert.deepEqual(names(cached.collection), ['c', 'd']);
    assert.equal(stateRevision(cached, 100), 8, 'what has left the cache shows the state when it left');
  });

  it('shares one load, and tries again after one that failed', async () => {
    const collections = new Collections({ maxBytes: 1e6, watches: () => false });
    let loads = 0;
    const load = (): Promise<Loaded> => {
      loads++;
      return loads === 1 ? Promise.reject(new Error('away')) : Promise.resolve(loaded(1));
    };
    const both = await Promise.allSettled([
      collections.load(rootCluster, 'r', load),
      collections.load(rootCluster, 'r', load),
    ]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.equal(collections.size, 0);
    await Promise.all([collections.load(rootCluster, 'r', load), collections.load(rootCluster, 'r', load)]);
    assert.equal(loads, 2);
    collections.clear();
  });

  it('remembers for a while what was too big', async () => {
    const collections = new Collections({ maxBytes: 10, watches: () => false });
    assert.equal(await collections.load(rootCluster, 'r', () => Promise.resolve('tooBig')), 'tooBig');
    assert.equal(collections.isTooBig(rootCluster, 'r'), true);
    assert.equal(collections.isTooBig(rootCluster, 's'), false);
    assert.equal(collections.size, 0);
  });

  it('drops the least recently used when there is too much', async () => {
    mock.timers.enable({ apis: ['Date', 'setInterval'], now: 1000 });
    const collections = new Collections({ maxBytes: 5000, watches: () => false });
    for (const resource of ['a', 'b', 'c']) {
      mock.timers.tick(1);
      const object = objectOf('x', 1, resource, 1000);
      await collections.load(rootCluster, resource, () => Promise.resolve(loaded(1, object)));
    }
    mock.timers.tick(1);
    collections.get(rootCluster, 'a');
    assert.ok(collections.bytes > 3000);
    collections.apply([added(objectOf('y', 2, 'c', 1000))]);
    assert.notEqual(collections.get(rootCluster, 'a'), undefined);
    assert.equal(collections.get(rootCluster, 'b'), undefined);
    assert.ok(collections.bytes <= 5000);
    collections.clear();
    assert.deepEqual([collections.size, collections.bytes], [0, 0]);
    mock.timers.reset();
  });

  it('drops what is idle, unless somebody watches it', async () => {
    mock.timers.enable({ apis: ['Date', 'setInterval'], now: 1000 });
    const collections = new Collections({
      maxBytes: 1e6,
      idleMs: 1000,
      watches: (_cluster, resource) => resource === 'watched',
    });
    for (const resource of ['watched', 'used', 'idle']) {
      await collections.load(rootCluster, resource, () => Promise.resolve(loaded(1)));
    }
    mock.timers.tick(900);
    collections.get(rootCluster, 'used');
    mock.timers.tick(600);
    assert.deepEqual(
      ['watched', 'used', 'idle'].map((resource) => collections.peek(rootCluster, resource) !== undefined),
      [true, true, false],
    );
    collections.dropCluster(rootCluster);
    assert.equal(collections.size, 0);
    mock.timers.reset();
  });
});
