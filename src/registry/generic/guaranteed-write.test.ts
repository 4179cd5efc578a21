import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryStore } from '../../storage/memory/store.ts';
import {
  type CachedObject,
  type ObjectKey,
  type ObjectStore,
  StorageUnavailable,
  type WriteOutcome,
} from '../../storage/object-store.ts';
import { createDefaultContent } from '../../api/default-content.ts';
import { apiError, createFixture } from '../testing.ts';

const configMap = (data: Record<string, string>): { [key: string]: never } =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data }) as never;

/** A store with some functions replaced. */
function altered(change: (store: ObjectStore) => Partial<ObjectStore>): ObjectStore {
  const store = createMemoryStore({ defaults: createDefaultContent({ caCertificatePem: 'c' }), progressMs: 2 });
  const changes = change(store);
  return new Proxy(store, {
    get: (_, member: keyof ObjectStore) => changes[member] ?? store[member].bind(store),
  });
}

/** A store whose cache stays at what `freeze` saw, as on a replica that is behind. */
function lagging(): { store: ObjectStore; readonly freeze: (key: ObjectKey) => Promise<void> } {
  const seen = new Map<string, CachedObject | undefined>();
  let inner: ObjectStore | undefined;
  const store = altered((real) => {
    inner = real;
    return { getAny: (key) => (seen.has(key.name) ? Promise.resolve(seen.get(key.name)) : real.get(key)) };
  });
  return {
    store,
    async freeze(key) {
      seen.set(key.name, await inner?.get(key));
    },
  };
}

describe('writes over a cache that is behind', () => {
  it('succeed, conflict and do nothing as they would over a fresh one', async () => {
    const { store, freeze } = lagging();
    const fixture = await createFixture({ store });
    const key = { cluster: fixture.ctx().cluster.name, resource: 'configmaps', namespace: 'default', name: 'a' };
    const first = await fixture.create('configmaps', configMap({ n: '1' }));
    await freeze(key);
    const second = await fixture.update('configmaps', { ...first, data: { n: '2' } });

    // Based on what is newest, which the cache does not know.
    const third = await fixture.update('configmaps', { ...second, data: { n: '3' } });
    assert.deepEqual((await fixture.get('configmaps', 'a'))['data'], { n: '3' });
    // Based on what only the cache still believes in.
    await assert.rejects(
      fixture.update('configmaps', { ...first, data: { n: '9' } }),
      apiError(409, /has been modified/),
    );
    // Equal to what the cache holds, but not to what is stored.
    const back = await fixture.update('configmaps', configMap({ n: '1' }) as never);
    assert.ok(Number(back.metadata.resourceVersion) > Number(third.metadata.resourceVersion));
    // Equal to what is stored: nothing to write.
    const before = store.revision();
    await fixture.patch('configmaps', 'a', 'merge', { data: { n: '1' } });
    assert.equal(store.revision(), before);
    // Valid over what is stored, though not over what the cache holds.
    await fixture.patch('configmaps', 'a', 'json', [{ op: 'add', path: '/metadata/labels', value: { x: 'y' } }]);
    await fixture.patch('configmaps', 'a', 'json', [{ op: 'remove', path: '/metadata/labels/x' }]);
    await fixture.delete('configmaps', 'a');
    await assert.rejects(fixture.delete('configmaps', 'a'), apiError(404, /not found/));
    await assert.rejects(fixture.update('configmaps', configMap({}) as never), apiError(404, /not found/));
  });

  it('give up after losing five times more', async () => {
    let tries = 0;
    const store = altered((real) => ({
      commit: (items) => {
        if (items[0]?.op !== 'update') return real.commit(items);
        tries++;
        return Promise.resolve(items.map((): WriteOutcome => ({ ok: false, why: 'stale', current: 1 })));
      },
    }));
    const fixture = await createFixture({ store });
    await fixture.create('configmaps', configMap({}));
    await assert.rejects(
      fixture.patch('configmaps', 'a', 'merge', { data: { x: 'y' } }),
      apiError(409, /the object has been modified/),
    );
    assert.equal(tries, 6);
  });
});

describe('storage that is not there', () => {
  it('is 503, to be tried again', async () => {
    const unavailable = (): Promise<never> => Promise.reject(new StorageUnavailable('connection refused'));
    const store = altered(() => ({ get: unavailable, list: unavailable, commit: unavailable }));
    const fixture = await createFixture({ store });
    const message = 'storage is unavailable, try again';
    await assert.rejects(fixture.get('configmaps', 'a'), apiError(503, message));
    await assert.rejects(fixture.create('configmaps', configMap({})), apiError(503, message));
    await assert.rejects(
      fixture.registry.list(fixture.ctx(), fixture.target('configmaps'), {}),
      apiError(503, message),
    );
  });
});

describe('generated names', () => {
  it('are drawn eight times before the server gives up', async () => {
    const names: string[] = [];
    const store = altered(() => ({
      commit: (items) =>
        Promise.resolve(
          items.map((item): WriteOutcome => {
            if (item.op === 'create') names.push(item.key.name);
            return { ok: false, why: 'exists', current: 1 };
          }),
        ),
    }));
    const fixture = await createFixture({ store });
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'x-' } };
    await assert.rejects(
      fixture.create('configmaps', object),
      apiError(
        409,
        /^configmaps "x-[a-z0-9]{5}" already exists, the server was not able to generate a unique name for the object$/,
      ),
    );
    assert.equal(names.length, 8);
    assert.ok(new Set(names).size > 1);
  });
});

describe('a logical cluster that goes away under a request', () => {
  it('takes no more writes', async () => {
    const fixture = await createFixture({
      store: altered(() => ({
        commit: (items) =>
          Promise.resolve(items.map((): WriteOutcome => ({ ok: false, why: 'noCluster', current: 0 }))),
      })),
    });
    await assert.rejects(fixture.create('configmaps', configMap({})), apiError(403, /being deleted$/));
  });
});
