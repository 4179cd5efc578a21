import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../json.ts';
import {
  difference,
  equalSets,
  type FieldSet,
  forEachPath,
  hasPath,
  intersection,
  isEmpty,
  leaf,
  normalizeSet,
  recursiveDifference,
  setOfFields,
  sortSet,
  union,
} from './field-set.ts';
import { compareElements, formatElement, keyElement, normalizeElement, valueElement } from './path-element.ts';

/** A set as the list of its paths: the model that the tree is held to. */
function paths(set: FieldSet): string[] {
  const found: string[] = [];
  forEachPath(set, (_, elements) => found.push(elements.join('/')));
  return found.sort();
}

function insert(set: FieldSet, elements: readonly string[]): FieldSet {
  return union(
    set,
    elements.reduceRight<FieldSet>((below, element) => ({ [element]: below }), leaf),
  );
}

const element = fc.constantFrom('f:a', 'f:b', 'f:c', 'k:{"name":"x"}', 'v:"y"', 'v:2', 'v:10');
const fieldSet = fc
  .array(fc.array(element, { minLength: 1, maxLength: 3 }), { maxLength: 8 })
  .map((list) => list.reduce<FieldSet>(insert, {}));

describe('field sets', () => {
  it('are sets of paths: union, intersection and difference work path by path', () => {
    fc.assert(
      fc.property(fieldSet, fieldSet, (a, b) => {
        const left = paths(a);
        const right = new Set(paths(b));
        assert.deepEqual(paths(union(a, b)), [...new Set([...left, ...right])].sort());
        assert.deepEqual(
          paths(intersection(a, b)),
          left.filter((path) => right.has(path)),
        );
        assert.deepEqual(
          paths(difference(a, b)),
          left.filter((path) => !right.has(path)),
        );
        assert.deepEqual(
          paths(recursiveDifference(a, b)),
          left.filter((path) => ![...right].some((cut) => path === cut || path.startsWith(`${cut}/`))),
        );
      }),
    );
  });

  it('have one form: equal sets serialize to equal text, whatever made them', () => {
    fc.assert(
      fc.property(fieldSet, fieldSet, (a, b) => {
        const one = sortSet(union(difference(a, b), intersection(a, b)));
        assert.equal(JSON.stringify(one), JSON.stringify(sortSet(a)));
        assert.ok(equalSets(one, a));
        assert.equal(equalSets(a, b), JSON.stringify(sortSet(a)) === JSON.stringify(sortSet(b)));
        assert.equal(isEmpty(difference(a, union(a, b))), true);
      }),
    );
  });

  it('keep the very object where nothing changes', () => {
    fc.assert(
      fc.property(fieldSet, (a) => {
        assert.equal(difference(a, { 'f:none': leaf }), a);
        assert.equal(union(a, {}), a);
        const ordered = sortSet(a);
        assert.equal(sortSet(ordered), ordered);
      }),
    );
  });

  it('read what a client wrote into the canonical form, and refuse what is no set', () => {
    const written = JSON.parse(
      '{"f:b":{},"f:a":{".":{},"k:{\\"port\\": 80, \\"name\\":\\"x\\"}":{".":{}},"i:01":{}},"x:unknown":{},".":{}}',
    ) as JsonObject;
    assert.equal(
      JSON.stringify(sortSet(normalizeSet(written))),
      '{"f:a":{".":{},"k:{\\"name\\":\\"x\\",\\"port\\":80}":{},"i:1":{}},"f:b":{}}',
    );
    for (const broken of ['{"a":{}}', '{"f":{}}', '{"k:[]":{}}', '{"v:{":{}}', '{"i:x":{}}', '{"f:a":5}']) {
      assert.throws(() => normalizeSet(JSON.parse(broken) as JsonObject), SyntaxError, broken);
    }
    let deep: JsonObject = {};
    for (let i = 0; i < 100_000; i++) deep = { 'f:a': deep };
    assert.throws(() => normalizeSet(deep), SyntaxError);
  });

  it('list paths as messages show them, members before what is below', () => {
    const set = insert(insert(insert({}, ['f:spec', 'f:z']), ['f:spec', 'f:list', 'k:{"name":"c"}', 'f:image']), [
      'f:spec',
    ]);
    const shown: string[] = [];
    forEachPath(sortSet(set), (path) => shown.push(path));
    assert.deepEqual(shown, ['.spec', '.spec.z', '.spec.list[name="c"].image']);
    assert.equal(hasPath(set, ['f:spec', 'f:z']), true);
    assert.equal(hasPath(set, ['f:spec', 'f:list']), false);
    assert.deepEqual(setOfFields(['spec', 'metadata.labels']), { 'f:spec': {}, 'f:metadata': { 'f:labels': {} } });
  });
});

describe('path elements', () => {
  it('are written as structured-merge-diff writes them', () => {
    assert.equal(keyElement(['containerPort', 'protocol'], [80, 'TCP']), 'k:{"containerPort":80,"protocol":"TCP"}');
    assert.equal(valueElement('a<b>&"\n\u0001é\u2028'), 'v:"a\\u003cb\\u003e\\u0026\\"\\n\\u0001é\\u2028"');
    assert.equal(valueElement(9007199254740993n), 'v:9007199254740993');
    assert.equal(valueElement(true), 'v:true');
  });

  it('are their own canonical form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer(), (text, number) => {
        const key = keyElement(['name', 'port'], [text, number]);
        assert.equal(normalizeElement(key), key);
        assert.equal(normalizeElement(valueElement(text)), valueElement(text));
      }),
    );
  });

  it('are ordered by kind, then numbers as numbers and texts as bytes', () => {
    const ordered = [
      '.',
      'f:a',
      'f:ab',
      'f:\uffee',
      'f:😀',
      'k:{"port":9}',
      'k:{"port":80}',
      'k:{"port":80,"x":"y"}',
      'v:9',
      'v:10',
      'v:"a"',
      'v:true',
      'i:2',
      'i:10',
    ];
    for (let i = 0; i < ordered.length; i++) {
      for (let j = 0; j < ordered.length; j++) {
        assert.equal(Math.sign(compareElements(ordered[i] as string, ordered[j] as string)), Math.sign(i - j));
      }
    }
  });

  it('are shown in messages as upstream shows them', () => {
    assert.equal(formatElement('f:spec'), '.spec');
    assert.equal(formatElement('k:{"containerPort":80,"protocol":"TCP"}'), '[containerPort=80,protocol="TCP"]');
    assert.equal(formatElement('v:"x"'), '[="x"]');
    assert.equal(formatElement('i:3'), '[3]');
  });
});
