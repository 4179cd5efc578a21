import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { kubernetesDefinitions } from '../../api/builtin.ts';
import { createCatalog } from '../../registry/catalog.ts';
import { mergedGroups, ownCatalog } from './merged.ts';

const catalog = createCatalog(kubernetesDefinitions);
const remote = (name: string, priority: number, ...versions: string[]) => ({
  name,
  priority,
  versions: versions.map((version, index) => ({ version, priority: 10 - index })),
});
const names = (...groups: ReturnType<typeof remote>[]) => mergedGroups(catalog, groups).map(({ name }) => name);

describe('groups of several servers', () => {
  test('are in the order of their priorities, then of their names', () => {
    assert.deepEqual(names().slice(0, 2), ['apiregistration.k8s.io', 'apps']);
    const mixed = names(remote('low.dev', 100, 'v1'), remote('b.dev', 20_000, 'v1'), remote('a.dev', 100, 'v1'));
    assert.deepEqual(mixed.slice(-2), ['a.dev', 'low.dev']);
    assert.ok(mixed.indexOf('b.dev') < mixed.indexOf('apps'));
  });

  test('may share a group: versions in the order of their priorities', () => {
    const batch = mergedGroups(catalog, [remote('batch', 100, 'v2', 'v3')]).find(({ name }) => name === 'batch');
    assert.deepEqual(batch?.versions, [
      { version: 'v1', isRemote: false },
      { version: 'v2', isRemote: true },
      { version: 'v3', isRemote: true },
    ]);
  });

  test('of which another server has a version leave the rest to this one', () => {
    const own = ownCatalog(catalog, [remote('autoscaling', 100, 'v2')]);
    const versions = mergedGroups(own, []).find(({ name }) => name === 'autoscaling')?.versions;
    assert.deepEqual(versions, [{ version: 'v1', isRemote: false }]);
    assert.notEqual(own.hash, catalog.hash);
    assert.equal(ownCatalog(catalog, [remote('else.dev', 1, 'v1')]), catalog);
    assert.equal(
      ownCatalog(catalog, [remote('batch', 100, 'v1')]).definitions.some(({ group }) => group === 'batch'),
      false,
    );
  });
});
