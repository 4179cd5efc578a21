import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Json } from './json.ts';
import { compileJsonPath, JsonPathError } from './jsonpath.ts';

const pod: Json = {
  kind: 'Pod',
  metadata: { name: 'web', labels: { 'example.com/tier': 'front', app: 'web' } },
  spec: {
    containers: [
      { name: 'a', image: 'x:1', ports: [{ port: 80 }, { port: 443 }] },
      { name: 'b', image: 'y:2' },
      { name: 'c', image: 'x:3' },
    ],
  },
  status: {
    replicas: 3,
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Other', status: 'False' },
    ],
  },
};

const cases: [string, Json[]][] = [
  ['.metadata.name', ['web']],
  ['{.metadata.name}', ['web']],
  ['metadata.name', ['web']],
  ['$.metadata.name', ['web']],
  ['.spec.containers[0].name', ['a']],
  ['.spec.containers[-1].name', ['c']],
  ['.spec.containers[*].name', ['a', 'b', 'c']],
  ['.spec.containers[0:2].name', ['a', 'b']],
  ['.spec.containers[::2].name', ['a', 'c']],
  ['.spec.containers[0,2].name', ['a', 'c']],
  ['.spec.containers[?(@.name=="b")].image', ['y:2']],
  ['.spec.containers[?(@.name != "b")].image', ['x:1', 'x:3']],
  ['.spec.containers[?(@.ports)].name', ['a']],
  ['.status.conditions[?(@.type=="Ready")].status', ['True']],
  [".metadata.labels['example.com/tier']", ['front']],
  ['.metadata.labels.example\\.com/tier', ['front']],
  ["['metadata']['name']", ['web']],
  ['.spec.containers[0].ports[?(@.port > 100)].port', [443]],
  ['.spec.containers[0].ports[?(@.port <= 100)].port', [80]],
  ['..port', [80, 443]],
  ['.metadata.labels.*', ['front', 'web']],
  ['.status.replicas', [3]],
  ['.no.such.path', []],
  ['.metadata.name.more', []],
  ['.spec.containers[9].name', []],
  ['.', [pod]],
];

for (const [path, expected] of cases) {
  test(`${path} finds ${JSON.stringify(expected).slice(0, 40)}`, () => {
    assert.deepEqual(compileJsonPath(path)(pod), expected);
  });
}

test('own keys named like parts of the prototype are found, inherited ones are not', () => {
  const odd = JSON.parse('{"__proto__":{"a":1}}') as Json;
  assert.deepEqual(compileJsonPath('.__proto__.a')(odd), [1]);
  assert.deepEqual(compileJsonPath('.constructor')(odd), []);
});

for (const text of [
  '.a[',
  '.a[?(@.b',
  '.a[x]',
  ".a['b",
  '.a..',
  '.a]',
  '.a b',
  '[?(x==1)]',
  '.a[::0]',
  `.${'a'.repeat(5000)}`,
]) {
  test(`${text.slice(0, 20)} is refused`, () => {
    assert.throws(() => compileJsonPath(text), JsonPathError);
  });
}

test('no text makes it fail otherwise, and results are bounded', () => {
  const fragment = fc.constantFrom(
    '.',
    '..',
    '[',
    ']',
    '*',
    '?(',
    ')',
    '@',
    '"',
    "'",
    'a',
    '0',
    ':',
    ',',
    '==',
    '\\',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 12 }), (parts) => {
      try {
        assert.ok(compileJsonPath(parts.join(''))(pod).length <= 10_000);
      } catch (error) {
        assert.ok(error instanceof JsonPathError);
      }
    }),
  );
});

test('deeply nested values do not exhaust the stack', () => {
  let deep: Json = { leaf: 1 };
  for (let i = 0; i < 9_000; i++) deep = { n: deep };
  assert.deepEqual(compileJsonPath('..leaf')(deep), [1]);
});
