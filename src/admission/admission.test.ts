import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { forbidden } from '../apimachinery/errors.ts';
import { systemUser } from '../client/loopback.ts';
import { alice, apiError, createFixture } from '../registry/testing.ts';
import type { CachedObject, ObjectKey, ObjectStore } from '../storage/object-store.ts';
import { createMemoryStore } from '../storage/memory/store.ts';

const configMap = (namespace: string): { [key: string]: never } =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace } }) as never;
const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } };

describe('namespace lifecycle', () => {
  it('refuses content in a namespace that is missing', async () => {
    const fixture = await createFixture();
    await assert.rejects(fixture.create('configmaps', configMap('team')), apiError(404, 'namespaces "team" not found'));
  });

  it('refuses content in a namespace that is being deleted, and lets content be changed there', async () => {
    const fixture = await createFixture();
    await fixture.create('namespaces', namespace);
    const created = await fixture.create('configmaps', configMap('team'));
    await fixture.delete('namespaces', 'team');
    await assert.rejects(
      fixture.create('configmaps', { ...configMap('team'), metadata: { name: 'b', namespace: 'team' } }),
      (error: unknown) => {
        apiError(
          403,
          'configmaps "b" is forbidden: unable to create new content in namespace team because it is being terminated',
        )(error);
        const { causes } = (error as { details: { causes?: unknown } }).details;
        assert.deepEqual(causes, [
          {
            reason: 'NamespaceTerminating',
            message: 'namespace team is being terminated',
            field: 'metadata.namespace',
          },
        ]);
        return true;
      },
    );
    await fixture.update('configmaps', { ...created, data: { x: 'y' } });
  });

  it('keeps the basic namespaces', async () => {
    const fixture = await createFixture();
    for (const name of ['default', 'kube-system', 'kube-public'])
      await assert.rejects(
        fixture.delete('namespaces', name),
        apiError(403, `namespaces "${name}" is forbidden: this namespace may not be deleted`),
      );
  });

  it('asks storage before it refuses, as a cache may be behind', async () => {
    const store = createMemoryStore();
    const behind = new Proxy(store, {
      get(_, member: keyof ObjectStore) {
        if (member === 'getAny') return (key: ObjectKey): Promise<CachedObject | undefined> => staleGet(store, key);
        return store[member].bind(store);
      },
    });
    const fixture = await createFixture({ store: behind });
    await fixture.create('namespaces', namespace);
    assert.ok((await fixture.create('configmaps', configMap('team'))).metadata.uid);
  });
});

function staleGet(store: ObjectStore, key: ObjectKey): Promise<CachedObject | undefined> {
  return key.resource === 'namespaces' ? Promise.resolve(undefined) : store.get(key);
}

describe('reserved metadata', () => {
  it('is for system:masters', async () => {
    const fixture = await createFixture();
    const target = fixture.target('configmaps');
    const options = { dryRun: false, fieldValidation: 'Strict' } as const;
    const reserved = { 'internal.tenancy.kcp.io/shard': 'x' };
    const create = (user: typeof alice, name: string, metadata: object): Promise<unknown> =>
      fixture.registry.create(
        fixture.ctx({ user }),
        target,
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata } },
        options,
      );
    await assert.rejects(
      create(alice, 'a', { annotations: reserved }),
      apiError(
        403,
        'configmaps "a" is forbidden: modification of reserved annotation: "internal.tenancy.kcp.io/shard"',
      ),
    );
    await assert.rejects(
      create(alice, 'a', { labels: { 'initializer.internal.kcp.io/x': 'y' } }),
      apiError(403, /modification of reserved label/),
    );
    await create(systemUser, 'a', { annotations: reserved });
    const put = (annotations: Record<string, string>): Promise<unknown> =>
      fixture.registry.update(
        fixture.ctx({ user: alice }),
        { ...target, name: 'a' },
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', annotations } },
        options,
      );
    await put({ ...reserved, mine: 'z' });
    await assert.rejects(put({ mine: 'z' }), apiError(403, /modification of reserved annotation/));
  });
});

describe('the chain', () => {
  it('asks each plugin once for each kind of write whether it concerns it', async () => {
    const asked: string[] = [];
    const fixture = await createFixture({
      plugins: [
        {
          name: 'Counter',
          handles(operation, { definition, subresource }) {
            if (definition.resource === 'configmaps') asked.push(`${operation}/${subresource}`);
            return false;
          },
          admit: () => assert.fail('it concerns no request'),
        },
      ],
    });
    for (const name of ['a', 'b'])
      await fixture.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
    await fixture.delete('configmaps', 'a');
    await fixture.delete('configmaps', 'b');
    assert.deepEqual(asked, ['CREATE/', 'DELETE/']);
  });
});

describe('plugins of an embedding program', () => {
  it('may change new objects, see the final ones, and refuse', async () => {
    const seen: unknown[] = [];
    const fixture = await createFixture({
      plugins: [
        {
          name: 'Stamp',
          handles: (operation, { definition }) => operation === 'CREATE' && definition.resource === 'configmaps',
          async admit({ object }) {
            await Promise.resolve();
            if (object !== undefined) object['data'] = { stamped: 'yes' };
          },
          validate({ object, name }) {
            seen.push(object?.['data']);
            if (name === 'forbidden') throw forbidden({ group: '', resource: 'configmaps' }, name, 'not here');
          },
        },
      ],
    });
    const created = await fixture.create('configmaps', configMap('default'));
    assert.deepEqual(created['data'], { stamped: 'yes' });
    assert.deepEqual(seen, [{ stamped: 'yes' }]);
    await assert.rejects(
      fixture.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'forbidden' } }),
      apiError(403, 'configmaps "forbidden" is forbidden: not here'),
    );
  });
});
