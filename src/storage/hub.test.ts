import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { rootCluster } from '../logicalcluster/name.ts';
import { SerializedObject } from './cache/serialized.ts';
import { until } from './conformance/harness.ts';
import { Hub } from './hub.ts';
import { type Change, RevisionCompacted } from './object-store.ts';
import type { StoredChange } from './ring.ts';

function change(revision: number, resource = 'r', namespace = 'n'): StoredChange {
  const key = { cluster: rootCluster, resource, namespace, name: `o${revision}` };
  const object = new SerializedObject(key, revision, '{"kind":"K","apiVersion":"v1","metadata":{}}');
  return { type: 'ADDED', revision, key, object, before: undefined };
}

/** A hub over a log in memory that answers after a turn of the event loop. */
function hubOver(
  log: StoredChange[],
  options: { ringBytes: number; page?: number; revision?: number; oldest?: number; progressMs?: number },
): Hub {
  return new Hub({
    revision: options.revision ?? 0,
    oldest: options.oldest ?? 0,
    ringBytes: options.ringBytes,
    retryMs: 1,
    progressMs: options.progressMs ?? 60_000,
    onError: (error) => assert.fail(String(error)),
    readHistory: async (filter, from) => {
      await setImmediate();
      const all = log.filter(({ revision, key }) => revision > from && key.resource === filter.resource);
      const changes = all.slice(0, options.page ?? 3);
      const last = changes.at(-1)?.revision ?? 0;
      return { changes, through: changes.length < all.length ? last : Math.max(last, log.at(-1)?.revision ?? 0) };
    },
  });
}

describe('Hub', () => {
  it('gives each watch every change once, wherever it begins, whatever the ring holds', async () => {
    const schedule = fc.array(
      fc.oneof(
        fc.record({ write: fc.integer({ min: 1, max: 9 }) }),
        fc.record({ watch: fc.nat() }),
        fc.constant('turn'),
      ),
      {
        minLength: 5,
        maxLength: 60,
      },
    );
    await fc.assert(
      fc.asyncProperty(schedule, fc.constantFrom(1, 2000, 1_000_000), async (steps, ringBytes) => {
        const log: StoredChange[] = [];
        const hub = hubOver(log, { ringBytes, progressMs: 5 });
        const watches: { from: number; seen: number[]; progress: number }[] = [];
        for (const step of steps) {
          if (step === 'turn') await setImmediate();
          else if ('write' in step) {
            const base = log.length;
            const changes = Array.from({ length: step.write }, (_, i) =>
              change(base + i + 1, i % 3 === 0 ? 'other' : 'r'),
            );
            log.push(...changes);
            hub.apply(changes, log.length);
          } else {
            const watch = { from: step.watch % (log.length + 3), seen: [] as number[], progress: 0 };
            watches.push(watch);
            hub.watch({
              cluster: rootCluster,
              resource: 'r',
              from: watch.from,
              onChanges: (changes, progress) => {
                assert.ok(progress > watch.progress && (changes.at(-1)?.revision ?? 0) <= progress);
                watch.progress = progress;
                watch.seen.push(...changes.map(({ revision }) => revision));
              },
              onEnd: () => {},
            });
          }
        }
        for (const watch of watches) {
          await until(() => watch.progress >= log.length || watch.from >= log.length);
          const wanted = log.filter(({ revision, key }) => revision > watch.from && key.resource === 'r');
          assert.deepEqual(
            watch.seen,
            wanted.map(({ revision }) => revision),
          );
        }
        hub.close();
      }),
      { numRuns: 60 },
    );
  });

  it('hands one array to all watches of a namespace, and another to those of all', async () => {
    const hub = hubOver([], { ringBytes: 1e6 });
    const arrays: (readonly Change[])[] = [];
    for (const namespace of ['n', 'n', '', '', 'm']) {
      hub.watch({
        cluster: rootCluster,
        resource: 'r',
        namespace,
        from: 0,
        onChanges: (changes) => arrays.push(changes),
        onEnd: () => {},
      });
    }
    hub.apply([change(1), change(2)], 2);
    hub.apply([change(3)], 3);
    await setImmediate();
    assert.equal(arrays.length, 4);
    assert.equal(new Set(arrays).size, 2);
    assert.ok(arrays.every((changes) => changes.length === 3));
    hub.close();
  });

  it('does nothing for watches that a change does not concern', async () => {
    const hub = hubOver([], { ringBytes: 1e6 });
    let calls = 0;
    for (let i = 0; i < 1000; i++) {
      hub.watch({ cluster: rootCluster, resource: `r${i}`, from: 0, onChanges: () => calls++, onEnd: () => {} });
    }
    hub.apply([change(1, 'r7')], 1);
    await setImmediate();
    // The others hear of progress, later and together.
    assert.equal(calls, 1);
    hub.close();
  });

  it('ends watches whose history is gone, and begins anew when all of it is', async () => {
    const hub = hubOver([], { ringBytes: 1e6, revision: 10, oldest: 5 });
    const watch = (from: number, ends: string[]): void => {
      hub.watch({
        cluster: rootCluster,
        resource: 'r',
        from,
        onChanges: () => {},
        onEnd: (reason) => ends.push(reason),
      });
    };
    const ends: string[] = [];
    assert.throws(() => watch(4, ends), RevisionCompacted);
    watch(10, ends);
    hub.restart(3, 1);
    assert.deepEqual(ends, ['compacted']);
    assert.deepEqual([hub.applied, hub.oldest, hub.ringStart, hub.size], [3, 1, 3, 0]);
    watch(3, ends);
    hub.close();
    assert.deepEqual(ends, ['compacted', 'closed']);
    watch(3, ends);
    await setImmediate();
    assert.deepEqual(ends, ['compacted', 'closed', 'closed']);
  });

  it('waits for a revision as long as it is told to', async () => {
    const hub = hubOver([], { ringBytes: 1e6 });
    assert.equal(await hub.reaches(0, 1000), true);
    assert.equal(await hub.reaches(1, 1), false);
    assert.equal(await hub.reaches(1, 1000, AbortSignal.abort()), false);
    const waiting = hub.reaches(2, 10_000);
    assert.equal(hub.awaited, true);
    hub.apply([change(1)], 1);
    hub.apply([change(2)], 2);
    assert.equal(await waiting, true);
    assert.equal(hub.awaited, false);
    const never = hub.reaches(9, 10_000);
    hub.close();
    assert.equal(await never, false);
  });

  it('follows the log only when it has to', async () => {
    const log = [change(1), change(2), change(3)];
    let started = 0;
    const hub = new Hub({
      revision: 1,
      oldest: 0,
      ringBytes: 1e6,
      progressMs: 5,
      onError: (error) => assert.fail(String(error)),
      readHistory: (_filter, from) =>
        Promise.resolve({ changes: log.filter(({ revision }) => revision > from), through: 3 }),
      startFollowing: () => {
        started++;
        hub.skipTo(3);
        hub.following = true;
        return Promise.resolve();
      },
    });
    const seen: number[] = [];
    hub.watch({
      cluster: rootCluster,
      resource: 'r',
      from: 1,
      onChanges: (changes) => seen.push(...changes.map(({ revision }) => revision)),
      onEnd: () => {},
    });
    await until(() => seen.length === 2);
    hub.apply([change(4)], 4);
    await until(() => seen.length === 3);
    assert.deepEqual(seen, [2, 3, 4]);
    assert.equal(started, 1);
    hub.close();
  });
});
