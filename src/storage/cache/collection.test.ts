import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { rootCluster } from '../../logicalcluster/name.ts';
import { Collection } from './collection.ts';
import { compareText } from './order.ts';
import { SerializedObject } from './serialized.ts';

function objectOf(namespace: string, name: string, revision: number): SerializedObject {
  const key = { cluster: rootCluster, resource: 'r', namespace, name };
  return new SerializedObject(key, revision, '{"kind":"K","apiVersion":"v1","metadata":{}}');
}

const id = ({ key }: Pick<SerializedObject, 'key'>): string => `${key.namespace}/${key.name}`;

describe('Collection', () => {
  it('does what a sorted array would', () => {
    const step = fc.record({
      remove: fc.boolean(),
      namespace: fc.constantFrom('', 'a', 'b', 'b-'),
      name: fc.nat({ max: 40 }).map((n) => `o${n}`),
    });
    const query = fc.record(
      {
        namespace: fc.constantFrom('', 'a', 'b', 'none'),
        limit: fc.integer({ min: 1, max: 12 }),
        after: fc.record({
          namespace: fc.constantFrom('', 'a', 'aa', 'b', 'c'),
          name: fc.constantFrom('', 'o2', 'o25', 'z'),
        }),
        even: fc.boolean(),
      },
      { requiredKeys: ['namespace'] },
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 150 }),
        fc.array(query, { minLength: 1, maxLength: 5 }),
        (steps, queries) => {
          const collection = new Collection(1);
          let model: SerializedObject[] = [];
          steps.forEach(({ remove, namespace, name }, revision) => {
            const object = objectOf(namespace, name, revision);
            const known = model.find((other) => id(other) === id(object));
            model = model.filter((other) => other !== known);
            assert.equal(remove ? collection.remove(namespace, name) : collection.set(object), known);
            if (!remove) model.push(object);
          });
          model.sort((a, b) => compareText(a.key.namespace, b.key.namespace) || compareText(a.key.name, b.key.name));
          assert.equal(collection.count, model.length);
          assert.equal(
            collection.bytes,
            model.reduce((sum, { size }) => sum + size, 0),
          );
          for (const object of model) assert.equal(collection.get(object.key.namespace, object.key.name), object);
          for (const { namespace, limit, after, even } of queries) {
            const filter = even === true ? ({ revision }: { revision: number }) => revision % 2 === 0 : undefined;
            const wanted = model.filter(
              (object) =>
                (namespace === '' || object.key.namespace === namespace) &&
                (after === undefined ||
                  (compareText(object.key.namespace, after.namespace) || compareText(object.key.name, after.name)) >
                    0) &&
                (filter === undefined || filter(object)),
            );
            const selected = collection.select({
              namespace,
              ...(limit === undefined ? {} : { limit }),
              ...(after === undefined ? {} : { after }),
              ...(filter === undefined ? {} : { filter }),
            });
            assert.deepEqual(selected.items.map(id), wanted.slice(0, limit).map(id));
            const last = selected.items.at(-1);
            const behind = model.filter(
              ({ key }) =>
                last !== undefined &&
                (namespace === '' || key.namespace === namespace) &&
                (compareText(key.namespace, last.key.namespace) || compareText(key.name, last.key.name)) > 0,
            );
            assert.equal(selected.more, selected.items.length === limit && behind.length > 0);
            if (selected.remaining !== undefined) assert.equal(selected.remaining, wanted.length - (limit ?? 0));
            assert.equal(selected.remaining === undefined, !selected.more || filter !== undefined);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('stays sorted through thousands of insertions and removals', () => {
    const collection = new Collection(1);
    const names = Array.from({ length: 5000 }, (_, i) => `o${(i * 7919) % 5000}`);
    names.forEach((name, i) => collection.set(objectOf('n', name, i)));
    assert.deepEqual(
      collection.all().map(({ key }) => key.name),
      names.toSorted(),
    );
    for (const name of names.slice(0, 4990)) collection.remove('n', name);
    assert.deepEqual(
      collection.all('n').map(({ key }) => key.name),
      names.slice(4990).toSorted(),
    );
    for (const name of names.slice(4990)) collection.remove('n', name);
    assert.deepEqual([collection.count, collection.bytes, collection.all().length], [0, 0, 0]);
  });

  it('gives the same array until something in it changes', () => {
    const collection = new Collection(1);
    collection.set(objectOf('a', 'x', 1));
    collection.set(objectOf('b', 'y', 2));
    const [all, a, b] = [collection.all(), collection.all('a'), collection.all('b')];
    assert.equal(collection.all(), all);
    collection.set(objectOf('a', 'z', 3));
    assert.notEqual(collection.all(), all);
    assert.notEqual(collection.all('a'), a);
    assert.equal(collection.all('b'), b);
    assert.equal(all.length, 2);
  });
});
