import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rootCluster } from '../../logicalcluster/name.ts';
import { formatOwnerKey, parseOwnerKey } from './owner-keys.ts';

test('owner keys carry whatever a reference may hold, and always have six parts', () => {
  const dependent = { cluster: rootCluster, resource: 'pods', namespace: 'ns', name: 'p' };
  for (const [apiVersion, kind, name] of [
    ['v1', 'Pod', 'p'],
    ['apps/v1', 'Deployment', 'a.b-c'],
    ['example.com/v1/x', 'Kind/With', '../name %2f\u0000'],
    ['', '', '\ud800'],
  ] as const) {
    const key = formatOwnerKey(dependent, { apiVersion, kind, name, uid: 'u' });
    assert.equal(key.split('/').length, 6);
    const { namespace, reference } = parseOwnerKey(key);
    assert.deepEqual([namespace, reference.kind], ['ns', kind]);
    if (!name.includes('\ud800')) assert.equal(reference.name, name);
  }
});
