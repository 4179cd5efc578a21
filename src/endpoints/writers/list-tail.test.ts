import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configMaps } from '../../api/core/v1/configmaps.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { ListAnswer, Rendered, Target } from '../../registry/registry.ts';
import { listTail } from './list-tail.ts';

const version = configMaps.versions[0];
assert.ok(version);
const target: Target = { definition: configMaps, version, namespace: 'n', name: '', subresource: '' };

function rendered(object: object): Rendered {
  return { bytes: () => Buffer.from(JSON.stringify(object)), object: () => object as KubeObject };
}

function configMap(name: string, data: object = {}): object {
  return { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name }, data };
}

function answer(items: object[], token?: object): ListAnswer {
  return {
    items: items.map(rendered),
    metadata: { resourceVersion: '1' },
    ...(token === undefined ? {} : { version: token }),
  };
}

function parsed(tail: { readonly bytes: Buffer }): unknown {
  return (JSON.parse(`{${tail.bytes.toString()}`) as { items: unknown }).items;
}

describe('the items of a list', () => {
  it('lose kind and apiVersion where the kind is built in', () => {
    const items = [configMap('a', { x: '1' }), configMap('b')];
    assert.deepEqual(parsed(listTail(target, answer(items), undefined)), [
      { metadata: { name: 'a' }, data: { x: '1' } },
      { metadata: { name: 'b' }, data: {} },
    ]);
  });

  it('keep them elsewhere', () => {
    const custom = { ...target, definition: { ...configMaps, builtIn: false } };
    assert.deepEqual(parsed(listTail(custom, answer([configMap('a')]), undefined)), [configMap('a')]);
  });

  it('are served as they are when they begin otherwise', () => {
    const odd = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
    assert.deepEqual(parsed(listTail(target, answer([odd]), undefined)), [odd]);
  });

  it('may be none', () => {
    assert.deepEqual(parsed(listTail(target, answer([]), undefined)), []);
    assert.equal(parsed(listTail(target, answer([]), 'meta.k8s.io/v1')), null);
  });

  it('are remembered as long as nothing changes, form by form', () => {
    const items = Array.from({ length: 100 }, (_, i) => configMap(`c${i}`, { fill: 'x'.repeat(100) }));
    const token = {};
    const first = listTail(target, answer(items, token), undefined);
    assert.equal(listTail(target, answer(items, token), undefined), first);
    assert.notEqual(listTail(target, answer(items, {}), undefined), first);
    const partial = listTail(target, answer(items, token), 'meta.k8s.io/v1');
    assert.deepEqual((parsed(partial) as object[])[0], {
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { name: 'c0' },
    });
    assert.equal(listTail(target, answer(items, token), 'meta.k8s.io/v1'), partial);
  });

  it('are forgotten when there are too many', () => {
    const items = [configMap('large', { fill: 'x'.repeat(1024 * 1024) })];
    const token = {};
    const first = listTail(target, answer(items, token), undefined);
    for (let i = 0; i < 40; i++) listTail(target, answer(items, {}), undefined);
    assert.notEqual(listTail(target, answer(items, token), undefined), first);
  });
});
