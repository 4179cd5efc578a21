import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { kubernetesDefinitions } from '../../api/builtin.ts';
import type { JsonObject } from '../../apimachinery/json.ts';
import { createCatalog } from '../../registry/catalog.ts';
import { apiResources, shownGroup } from './legacy.ts';
import { mergedGroups } from './merged.ts';

/*
 * What GET /apis and the resource lists of a stock kube-apiserver 1.33 answer with its default flags. Ours say the same.
 */
type Stock = {
  readonly groups: readonly (JsonObject & { name: string })[];
  readonly resources: Readonly<Record<string, readonly (JsonObject & { name: string })[]>>;
};

const stock = JSON.parse(readFileSync(new URL('./testdata/stock-1.33.json', import.meta.url), 'utf8')) as Stock;
const catalog = createCatalog(kubernetesDefinitions);

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe('discovery is that of a stock server', () => {
  test('groups, their order, versions and preferred versions', () => {
    const ours = mergedGroups(catalog, []).map((group) => plain(shownGroup(group)));
    assert.deepEqual(ours, stock.groups);
  });

  for (const [groupVersion, resources] of Object.entries(stock.resources)) {
    const [first = '', second] = groupVersion.split('/');
    const [group, version] = second === undefined ? ['', first] : [first, second];
    test(groupVersion, () => {
      const ours = apiResources(catalog, group, version).map(plain);
      assert.deepEqual(ours, resources);
    });
  }
});
