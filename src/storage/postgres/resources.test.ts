import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Queryable } from '../../pg/connection.ts';
import { Resources } from './resources.ts';
import { findResource } from './statements.ts';

/** A database in which the resource gets its number, and its first object, when `storeFirst` is called. */
function database(): { connection: Queryable; readonly storeFirst: () => void } {
  let id: string | undefined;
  return {
    connection: {
      query: (statement) => Promise.resolve(statement.name === findResource.name && id !== undefined ? [[id]] : []),
    },
    storeFirst() {
      id = '7';
    },
  };
}

describe('the numbers of resources', () => {
  it('are looked up again when a resource may have been stored between the look-up and the read', async () => {
    const { connection, storeFirst } = database();
    const ids: number[] = [];
    const result = await new Resources(connection).reading('widgets', (id) => {
      ids.push(id);
      if (id === 0) storeFirst();
      return Promise.resolve(id === 0 ? 'nothing yet' : 'the first widget');
    });
    assert.deepEqual(ids, [0, 7]);
    assert.equal(result, 'the first widget');
  });

  it('leave a read alone when the resource still has none after it', async () => {
    const { connection } = database();
    assert.equal(await new Resources(connection).reading('widgets', (id) => Promise.resolve(id)), 0);
  });
});
