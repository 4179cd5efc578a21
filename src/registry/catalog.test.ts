import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtinDefinitions } from '../api/builtin.ts';
import type { ResourceDefinition } from '../api/resource-definition.ts';
import { type ClusterName, rootCluster } from '../logicalcluster/name.ts';
import type { ClusterRecord } from '../storage/object-store.ts';
import { createCatalogSource } from './catalog.ts';
import { widgets } from './testing.ts';

const cluster = (name: string): ClusterRecord => ({
  name: name as ClusterName,
  shard: 'root',
  parent: name === rootCluster ? '' : rootCluster,
  workspace: name,
  uid: name,
  revision: 1,
  createdAt: '2026-01-01T00:00:00Z',
  state: 'Active',
});
const fleet: ResourceDefinition = { ...widgets, resource: 'fleets', onlyIn: 'root' };
const hidden: ResourceDefinition = {
  ...widgets,
  resource: 'hidden',
  versions: widgets.versions.map((version) => ({ ...version, served: version.version === 'v1' })),
};

describe('catalogs', () => {
  it('find what is served, in its served versions', async () => {
    const source = createCatalogSource({ definitions: [...builtinDefinitions, hidden], resources: ['*'] });
    const catalog = await source.catalogFor(cluster('root'));
    assert.equal(catalog.find('', 'v1', 'configmaps')?.definition.kind, 'ConfigMap');
    assert.equal(catalog.find('example.com', 'v1', 'hidden')?.version.version, 'v1');
    assert.equal(catalog.find('example.com', 'v2', 'hidden'), undefined);
    assert.equal(catalog.find('', 'v1', 'constructor'), undefined);
    assert.equal(catalog.find('apps', 'v1', 'configmaps'), undefined);
  });

  it('hold only what the configuration names', async () => {
    const source = createCatalogSource({
      definitions: [...builtinDefinitions, widgets],
      resources: ['widgets.example.com'],
    });
    const catalog = await source.catalogFor(cluster('root'));
    assert.deepEqual(catalog.definitions, [widgets]);
  });

  it('are one for all tenants, who see nothing of the fleet', async () => {
    const source = createCatalogSource({ definitions: [widgets, fleet], resources: ['*'] });
    const [root, one, two] = await Promise.all(['root', 'a', 'b'].map((name) => source.catalogFor(cluster(name))));
    assert.equal(one, two);
    assert.deepEqual(one?.definitions, [widgets]);
    assert.deepEqual(root?.definitions, [widgets, fleet]);
    assert.notEqual(root?.hash, one?.hash);
  });

  it('refuse a resource that is defined twice', () => {
    assert.throws(() => createCatalogSource({ definitions: [widgets, widgets], resources: ['*'] }), /defined twice/);
  });
});
