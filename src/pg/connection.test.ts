import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createTestDatabase, type TestDatabase } from '../storage/testing.ts';
import { plainArray, textArray } from './arrays.ts';
import { Connection } from './connection.ts';
import { errorCode, errorText, isUnavailable } from './errors.ts';
import { Lane } from './lane.ts';

describe('the Postgres layer', () => {
  let database: TestDatabase;
  let connection: Connection;
  before(async () => {
    database = await createTestDatabase();
    connection = new Connection({ url: database.url, name: 'test', pipeline: true });
  });
  after(async () => {
    await connection.close();
    await database.drop();
  });

  it('sends text arrays that Postgres reads as they were', async () => {
    const texts = fc.array(fc.option(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', ''))), {
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(texts, async (values) => {
        const rows = await connection.query({ name: 'unnest', text: 'select * from unnest($1::text[])' }, [
          textArray(values),
        ]);
        assert.deepEqual(
          rows.map(([value]) => value),
          values,
        );
      }),
    );
    const rows = await connection.query({ name: 'ints', text: 'select * from unnest($1::bigint[])' }, [
      plainArray([1, -2, 9007199254740991]),
    ]);
    assert.deepEqual(rows, [['1'], ['-2'], ['9007199254740991']]);
  });

  it('keeps the failure of one statement from the others on the way', async () => {
    const divide = { name: 'divide', text: 'select 10 / $1::int' };
    const results = await Promise.allSettled([5, 0, 2].map((by) => connection.query(divide, [by])));
    assert.deepEqual(
      results.map((result) => (result.status === 'fulfilled' ? result.value[0]?.[0] : errorCode(result.reason))),
      ['2', '22012', '5'],
    );
  });

  it('connects anew after the connection was lost', async () => {
    const lost: string[] = [];
    const short = new Connection({ url: database.url, name: 'test', onLost: (error) => lost.push(errorText(error)) });
    const self = { name: '', text: 'select pg_backend_pid()' };
    const [[pid] = []] = await short.query(self, []);
    const sleeping = short.query({ name: '', text: 'select pg_sleep(60)' }, []).catch((error: unknown) => error);
    await connection.query({ name: 'end', text: 'select pg_terminate_backend($1::int)' }, [pid ?? null]);
    assert.equal(isUnavailable(await sleeping), true);
    const [[next] = []] = await short.query(self, []);
    assert.notEqual(next, pid);
    assert.equal(lost.length, 1);
    await short.close();
    await assert.rejects(short.query(self, []), (error: unknown) => isUnavailable(error));
    assert.equal(lost.length, 1, 'closing is not losing');
  });

  it('tells what is unavailable from what is wrong', async () => {
    const nowhere = new Connection({ url: 'postgres://nobody@127.0.0.1:9/none', name: 'test' });
    await assert.rejects(nowhere.query({ name: '', text: 'select 1' }, []), (error: unknown) => isUnavailable(error));
    await assert.rejects(
      connection.query({ name: '', text: 'select nonsense' }, []),
      (error: unknown) => !isUnavailable(error) && errorCode(error) === '42703',
    );
    assert.equal(isUnavailable(new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })])), true);
    assert.equal(isUnavailable(new Error('Connection terminated unexpectedly')), true);
    assert.equal(isUnavailable('text'), false);
    assert.equal(errorText(new AggregateError([new Error('a'), new Error('b')])), 'a; b');
    await nowhere.close();
  });

  it('spreads slow statements over the connections of a lane', async () => {
    const lane = new Lane({ url: database.url, name: 'test' }, 2);
    const sleep = { name: '', text: 'select pg_sleep(0.3)' };
    // Connecting takes its time too.
    await Promise.all([lane.query(sleep, []), lane.query(sleep, [])]);
    const began = performance.now();
    await Promise.all([lane.query(sleep, []), lane.query(sleep, [])]);
    assert.ok(performance.now() - began < 590);
    await lane.close();
  });
});
