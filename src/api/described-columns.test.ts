import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtinDefinitions } from './builtin.ts';
import { describeColumns } from './described-columns.ts';

const asked: string[] = [];
const described = describeColumns(builtinDefinitions, (type, field) => {
  asked.push(`${type}#${field}`);
  return field === 'data' ? undefined : `${type}#${field}\n\nPossible enum values:\n - "x"`;
});
const columnsOf = (resource: string, group = '') =>
  described.find((each) => each.resource === resource && each.group === group)?.versions[0]?.table.columns ?? [];

test('columns are described by the field that they show, without its values, when they are asked for', () => {
  assert.equal(asked.length, 0);
  const [name, data, age] = columnsOf('configmaps').map(({ description }) => description);
  assert.equal(name, 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta#name');
  assert.equal(age, 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta#creationTimestamp');
  const own = builtinDefinitions.find(({ resource }) => resource === 'configmaps')?.versions[0]?.table.columns;
  assert.equal(data, own?.[1]?.description);
  assert.ok(asked.includes('io.k8s.api.core.v1.ConfigMap#data'));
});

test('everything else of a definition stays as it is', () => {
  for (const [index, definition] of described.entries()) {
    const own = builtinDefinitions[index];
    assert.deepEqual(
      definition.versions.map(({ version, schema }) => [version, schema]),
      own?.versions.map(({ version, schema }) => [version, schema]),
    );
    assert.equal(definition.strategy, own?.strategy);
  }
});
