import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtinDefinitions } from './builtin.ts';
import { groupOfUnservedVersion } from './unserved-versions.ts';

test('former versions lead to the group that serves the kind', () => {
  assert.equal(groupOfUnservedVersion('apps/v1beta1', 'Deployment'), 'apps');
  assert.equal(groupOfUnservedVersion('extensions/v1beta1', 'Ingress'), 'networking.k8s.io');
});

test('served versions, unknown ones and kinds of others do not', () => {
  assert.equal(groupOfUnservedVersion('apps/v1', 'Deployment'), undefined);
  assert.equal(groupOfUnservedVersion('apps/v1beta9', 'Deployment'), undefined);
  assert.equal(groupOfUnservedVersion('apps/v1beta1', 'DaemonSet'), undefined);
  assert.equal(groupOfUnservedVersion('__proto__', 'Deployment'), undefined);
});

test('none of them is served', () => {
  for (const { group, kind, versions } of builtinDefinitions)
    for (const { version, served } of versions)
      if (served)
        assert.equal(groupOfUnservedVersion(`${group}/${version}`, kind), undefined, `${group}/${version} ${kind}`);
});
