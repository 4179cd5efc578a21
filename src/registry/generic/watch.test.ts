import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../../apimachinery/errors.ts';
import { createMemoryStore } from '../../storage/memory/store.ts';
import { type ObjectStore, RevisionCompacted, type WatchOptions } from '../../storage/object-store.ts';
import type { WatchEvent } from '../registry.ts';
import { apiError, createFixture, type Fixture, type Watched } from '../testing.ts';

const configMap = (name: string, labels: Record<string, string> = {}, data = 'b'): { [key: string]: never } =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data: { a: data } }) as never;

const seen = (watch: Watched): string[] => watch.events.map((each) => `${each.type} ${each.object.key.name}`);
const relabel = (fixture: Fixture, name: string, labels: object): Promise<unknown> =>
  fixture.patch('configmaps', name, 'merge', { metadata: { labels } } as never);

/** The store, with its change log cut off after revision 5. */
function withoutHistory(store: ObjectStore): ObjectStore {
  return new Proxy(store, {
    get(_, member: keyof ObjectStore) {
      if (member === 'watch')
        return ({ from }: WatchOptions): never => {
          throw new RevisionCompacted(from, 5);
        };
      return store[member].bind(store);
    },
  });
}

describe('watch', () => {
  it('without a revision begins with what there is', async () => {
    const fixture = await createFixture();
    await fixture.create('configmaps', configMap('a', { app: 'x' }));
    for (const resourceVersion of [undefined, '0']) {
      const request = resourceVersion === undefined ? {} : { resourceVersion };
      const watch = await fixture.watch('configmaps', { ...request, labelSelector: 'app' });
      assert.deepEqual(seen(watch), ['ADDED a']);
      await relabel(fixture, 'a', { more: String(resourceVersion) });
      await watch.settled();
      assert.deepEqual(seen(watch), ['ADDED a', 'MODIFIED a']);
      watch.stop();
    }
  });

  it('at a revision gives everything after it, and nothing twice', async () => {
    const fixture = await createFixture();
    const { metadata } = await fixture.create('configmaps', configMap('a'));
    await fixture.create('configmaps', configMap('b'));
    const watch = await fixture.watch('configmaps', { resourceVersion: metadata.resourceVersion ?? '' });
    await fixture.create('configmaps', configMap('c'));
    await watch.settled();
    assert.deepEqual(seen(watch), ['ADDED b', 'ADDED c']);
    const revisions = watch.events.map((each) => each.revision);
    assert.deepEqual(
      revisions,
      revisions.toSorted((a, b) => a - b),
    );
    watch.stop();
  });

  it('marks the end of initial events when asked', async () => {
    const fixture = await createFixture();
    await fixture.create('configmaps', configMap('a', { app: 'x' }));
    const watch = await fixture.watch('configmaps', {
      labelSelector: 'app',
      sendInitialEvents: true,
      resourceVersionMatch: 'NotOlderThan',
    });
    assert.deepEqual(seen(watch), ['ADDED a']);
    assert.deepEqual(watch.marks, [fixture.store.revision()]);
    watch.stop();
  });

  it('refuses parameters that do not go together', async () => {
    const fixture = await createFixture();
    await assert.rejects(
      fixture.watch('configmaps', { sendInitialEvents: true }),
      apiError(
        422,
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      ),
    );
    await assert.rejects(
      fixture.watch('configmaps', { resourceVersionMatch: 'Exact' }),
      apiError(
        422,
        'ListOptions.meta.k8s.io "" is invalid: [resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]',
      ),
    );
    await assert.rejects(fixture.watch('configmaps', { resourceVersion: 'abc' }), apiError(400, /invalid syntax$/));
  });

  it('shows an object that stops matching as deleted, in its old state at the new revision', async () => {
    const fixture = await createFixture();
    const watch = await fixture.watch('configmaps', { labelSelector: 'app=x' });
    await fixture.create('configmaps', configMap('a', { app: 'y' }));
    await relabel(fixture, 'a', { app: 'x' });
    await relabel(fixture, 'a', { more: '1' });
    await relabel(fixture, 'a', { app: 'z' });
    await fixture.delete('configmaps', 'a');
    await watch.settled();
    assert.deepEqual(seen(watch), ['ADDED a', 'MODIFIED a', 'DELETED a']);
    const last = watch.events[2] as WatchEvent;
    assert.deepEqual(last.object.object.metadata.labels, { app: 'x', more: '1' });
    assert.equal(last.object.object.metadata.resourceVersion, String(last.revision));
    assert.ok(last.revision > (watch.events[1]?.revision ?? 0));
    watch.stop();
  });

  it('gives watchers of one selection the same batches', async () => {
    const fixture = await createFixture();
    const batches: unknown[][] = [];
    const open = (labelSelector: string): Promise<() => void> => {
      const mine: unknown[] = [];
      batches.push(mine);
      return fixture.registry.watch(
        fixture.ctx(),
        fixture.target('configmaps'),
        { labelSelector },
        {
          events: (batch) => void (batch.length > 0 && mine.push(batch)),
          initialEventsEnd: () => undefined,
          end: () => undefined,
        },
      );
    };
    const stops = [await open('app=x'), await open('app=x'), await open('app=y')];
    const witness = await fixture.watch('configmaps', {});
    await fixture.create('configmaps', configMap('a', { app: 'x' }));
    await witness.settled();
    assert.equal(batches[0]?.length, 1);
    assert.equal(batches[0]?.[0], batches[1]?.[0]);
    assert.equal(batches[2]?.length, 0);
    for (const stop of [...stops, witness.stop]) stop();
  });

  it('says in an event that history is gone', async () => {
    const fixture = await createFixture({ store: withoutHistory(createMemoryStore()) });
    const watch = await fixture.watch('configmaps', { resourceVersion: '2' });
    const [error] = watch.marks;
    assert.ok(error instanceof ApiError && error.code === 410 && error.reason === 'Expired');
    assert.equal(error.message, 'too old resource version: 2 (5)');
  });

  it('gives objects in the version that was asked for', async () => {
    const fixture = await createFixture();
    const watch = await fixture.watch('widgets.example.com', {}, { version: 'v2' });
    const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { size: 4 } };
    await fixture.create('widgets.example.com', widget);
    await watch.settled();
    const object = watch.events[0]?.object;
    assert.deepEqual(object?.object['spec'], { count: 4 });
    assert.equal(object?.object.apiVersion, 'example.com/v2');
    assert.deepEqual(JSON.parse(Buffer.from(object?.bytes ?? []).toString()), object?.object);
    watch.stop();
  });
});

describe('list and watch', () => {
  it('rebuild the same state from any point', async () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      act: fc.constantFrom('create', 'relabel', 'delete'),
      app: fc.constantFrom('x', 'y'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.nat(),
        fc.constantFrom('', 'app=x', 'app!=x'),
        async (steps, cut, labelSelector) => {
          const fixture = await createFixture();
          const target = fixture.target('configmaps');
          const listed = async (): Promise<Map<string, string>> => {
            const answer = await fixture.registry.list(fixture.ctx(), target, { labelSelector });
            return new Map(
              answer.items.map((each) => [each.object().metadata.name ?? '', Buffer.from(each.bytes()).toString()]),
            );
          };
          const start = cut % steps.length;
          let state = new Map<string, string>();
          let from = '';
          for (const [index, { name, act, app }] of steps.entries()) {
            if (index === start) {
              state = await listed();
              from = String(fixture.store.revision());
            }
            if (act === 'create') await fixture.create('configmaps', configMap(name, { app })).catch(() => undefined);
            else if (act === 'relabel') await relabel(fixture, name, { app }).catch(() => undefined);
            else await fixture.delete('configmaps', name).catch(() => undefined);
          }
          const watch = await fixture.watch('configmaps', { resourceVersion: from, labelSelector });
          await watch.settled();
          for (const { type, object } of watch.events) {
            if (type === 'DELETED') {
              assert.ok(state.delete(object.key.name));
              continue;
            }
            assert.equal(state.has(object.key.name), type === 'MODIFIED');
            state.set(object.key.name, Buffer.from(object.bytes).toString());
          }
          assert.deepEqual(new Map([...state].toSorted(([a], [b]) => (a < b ? -1 : 1))), await listed());
          watch.stop();
        },
      ),
      { numRuns: 80 },
    );
  });
});
