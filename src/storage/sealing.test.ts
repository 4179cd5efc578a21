import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { rootCluster } from '../logicalcluster/name.ts';
import type { ObjectKey } from './object-store.ts';
import { createSealing, noSealing, parseKeyFile, SealError, sealedWith } from './sealing.ts';

const key: ObjectKey = { cluster: rootCluster, resource: 'secrets', namespace: 'default', name: 'a' };
const [one, two] = [
  { id: 'one', key: randomBytes(32) },
  { id: 'two', key: randomBytes(32) },
];
const resources = new Set(['secrets']);

test('whatever is sealed opens to the same text, and shows nothing of it', () => {
  const sealing = createSealing([one], resources);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 12 }), (words) => {
      const text = `{"kind":"Secret","data":${JSON.stringify(words)}}`;
      const stored = sealing.seal(key, text);
      assert.equal(sealing.open(key, stored), text);
      assert.ok(!stored.includes(words));
      assert.equal((JSON.parse(stored) as { sealed: string }).sealed, 'one');
      assert.notEqual(sealing.seal(key, text), stored);
    }),
  );
});

test('only the resources named are sealed, and plain texts from before open', () => {
  const sealing = createSealing([one], resources);
  assert.equal(sealing.seal({ ...key, resource: 'configmaps' }, '{"kind":"ConfigMap"}'), '{"kind":"ConfigMap"}');
  assert.equal(sealing.open(key, '{"kind":"Secret"}'), '{"kind":"Secret"}');
});

test('a text opens at its own place only, unchanged, and with its key', () => {
  const stored = createSealing([one], resources).seal(key, '{"kind":"Secret"}');
  const both = createSealing([two, one], resources);
  assert.equal(both.open(key, stored), '{"kind":"Secret"}');
  assert.equal(sealedWith(stored), 'one');
  assert.equal(sealedWith(both.seal(key, '{"kind":"Secret"}')), 'two');
  assert.throws(() => both.open({ ...key, namespace: 'other' }, stored), /changed or moved/);
  const broken = stored.replace(/data":"(.)/, (_, first: string) => `data":"${first === 'A' ? 'B' : 'A'}`);
  assert.throws(() => both.open(key, broken), /changed or moved/);
  assert.throws(() => createSealing([two], resources).open(key, stored), /key "one" is not configured/);
  assert.throws(() => noSealing.open(key, stored), SealError);
});

test('a key file holds keys by id, newest first', () => {
  const line = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
  assert.deepEqual(
    parseKeyFile(`# keys\n${line('new')}\n\n${line('old')}\n`).map(({ id }) => id),
    ['new', 'old'],
  );
  for (const [text, message] of [
    ['', /no key/],
    ['a:short', /line 1/],
    [`# x\n${randomBytes(32).toString('base64')}`, /line 2/],
    [`${line('a')}\n${line('a')}`, /twice/],
  ] as const)
    assert.throws(() => parseKeyFile(text), message);
});
