import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Popularity } from './popularity.ts';

describe('popularity', () => {
  it('says so once, when the threshold is reached within the window', () => {
    const popularity = new Popularity({ threshold: 3, windowMs: 100 });
    const answers = [0, 10, 20, 30].map((now) => popularity.read('root', 'namespaces', now));
    assert.deepEqual(answers, [false, false, true, false]);
  });

  it('begins anew after the window', () => {
    const popularity = new Popularity({ threshold: 2, windowMs: 100 });
    assert.equal(popularity.read('root', 'a', 0), false);
    assert.equal(popularity.read('root', 'a', 200), false);
    assert.equal(popularity.read('root', 'a', 250), true);
  });

  it('counts each collection by itself and forgets the oldest when there are too many', () => {
    const popularity = new Popularity({ threshold: 2, windowMs: 1e9 });
    popularity.read('first', 'a', 0);
    for (let index = 0; index < 1024; index++) popularity.read(`cluster-${index}`, 'a', 1);
    assert.equal(popularity.read('first', 'a', 2), false);
    assert.equal(popularity.read('cluster-1000', 'a', 2), true);
  });
});
