import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { imageTag } from './image.ts';

const digest = `sha256:${'a'.repeat(64)}`;

const cases: [string, string][] = [
  ['nginx', 'latest'],
  ['nginx:latest', 'latest'],
  ['nginx:1.27', '1.27'],
  [`nginx@${digest}`, ''],
  [`nginx:1.27@${digest}`, '1.27'],
  ['localhost:5000/team/app', 'latest'],
  ['registry.example.com/team/app:v1', 'v1'],
  ['[::1]:5000/app:v1', 'v1'],
  ['UPPER/app', 'latest'],
  ['registry.example.com/Team', ''],
  ['Nginx', ''],
  [' nginx', ''],
  ['', ''],
  ['a'.repeat(64), ''],
  [`nginx:${'a'.repeat(129)}`, ''],
];

for (const [image, tag] of cases) {
  test(`the tag of ${JSON.stringify(image.slice(0, 40))} is ${JSON.stringify(tag)}`, () => {
    assert.equal(imageTag(image), tag);
  });
}

test('any text has an answer, soon', () => {
  const part = fc.constantFrom('a', 'A', '-', '--', '_', '__', '.', '/', ':', '@', 'sha256:', '0', '[', ']', ' ');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 200 }), (parts) => {
      assert.equal(typeof imageTag(parts.join('')), 'string');
    }),
  );
  assert.equal(imageTag(`${'a-'.repeat(2000)}!`), '');
});
