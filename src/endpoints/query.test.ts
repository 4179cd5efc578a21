import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseQuery } from './query.ts';

describe('queries', () => {
  it('leave out what Go cannot read', () => {
    const read = (query: string) => [...parseQuery(query)];
    assert.deepEqual(read('a=1&b=%zz&c=3'), [
      ['a', '1'],
      ['c', '3'],
    ]);
    assert.deepEqual(read('a=1;b=2&c=3'), [['c', '3']]);
    assert.deepEqual(read('a=%3B&b=x%3D+y%'), [['a', ';']]);
    assert.deepEqual(read('a=%E2%82%AC&a=&b'), [
      ['a', '€'],
      ['a', ''],
      ['b', ''],
    ]);
  });
});
