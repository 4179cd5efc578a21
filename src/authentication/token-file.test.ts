import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTokenFile } from './token-file.ts';

function parse(text: string) {
  const warnings: string[] = [];
  return { entries: parseTokenFile(text, 'tokens.csv', (what) => warnings.push(what)), warnings };
}

test('a line is a token, a name, a uid and perhaps quoted groups', () => {
  const { entries } = parse('t1,jane,1,"devs,ops"\r\n\nt2,"jo ""x"" hn",2\nt3,ann,3,\n');
  assert.deepEqual(entries, [
    { token: 't1', user: { name: 'jane', uid: '1', groups: ['devs', 'ops'], extra: {} } },
    { token: 't2', user: { name: 'jo "x" hn', uid: '2', groups: [], extra: {} } },
    { token: 't3', user: { name: 'ann', uid: '3', groups: [], extra: {} } },
  ]);
});

test('empty tokens are left out and of equal ones the last counts, with a warning', () => {
  const { entries, warnings } = parse(',jane,1\nt,a,1\nt,b,2\n');
  assert.deepEqual(
    entries.map(({ user }) => user.name),
    ['b'],
  );
  assert.deepEqual(warnings, [
    "empty token has been found in token file 'tokens.csv', record number '1'",
    "duplicate token has been found in token file 'tokens.csv', record number '3'",
  ]);
});

test('too few columns and stray quotes are refused', () => {
  assert.throws(() => parse('t,jane'), /must have at least 3 columns \(token, user name, user uid\), found 2/);
  assert.throws(() => parse('t,ja"ne,1'), /line 1: a quote/);
  assert.throws(() => parse('a,b,c\nt,jane,1,"open'), /line 2/);
});
