import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../apimachinery/object.ts';
import { apiError, createFixture } from '../testing.ts';

const configMap = (name: string, metadata: object = {}): { [key: string]: never } =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data: { a: 'b' } }) as never;

describe('delete', () => {
  it('removes the object and tells its uid', async () => {
    const fixture = await createFixture();
    const { metadata } = await fixture.create('configmaps', configMap('a'));
    const answer = await fixture.delete('configmaps', 'a');
    assert.ok(answer.done && answer.uid === metadata.uid);
    await assert.rejects(fixture.get('configmaps', 'a'), apiError(404, 'configmaps "a" not found'));
    await assert.rejects(fixture.delete('configmaps', 'a'), apiError(404, 'configmaps "a" not found'));
  });

  it('checks preconditions in stock’s words', async () => {
    const fixture = await createFixture();
    const { metadata } = await fixture.create('configmaps', configMap('a'));
    await assert.rejects(
      fixture.delete('configmaps', 'a', { preconditions: { uid: 'x' } }),
      apiError(
        409,
        `Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (x) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
      ),
    );
    await assert.rejects(
      fixture.delete('configmaps', 'a', { preconditions: { resourceVersion: '1' } }),
      apiError(
        409,
        `Operation cannot be fulfilled on ConfigMap "a": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
      ),
    );
    const { uid = '', resourceVersion = '' } = metadata;
    assert.ok((await fixture.delete('configmaps', 'a', { preconditions: { uid, resourceVersion } })).done);
  });

  it('waits for finalizers: the object is marked, and goes when an update takes the last one away', async () => {
    const fixture = await createFixture({ now: () => new Date('2026-01-02T03:04:05Z') });
    await fixture.create('widgets.example.com', {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'w', finalizers: ['example.com/hold'] },
    });
    const watch = await fixture.watch('widgets.example.com', {});
    const answer = await fixture.delete('widgets.example.com', 'w');
    const marked = answer.object.object();
    assert.equal(answer.done, false);
    assert.equal(marked.metadata.deletionTimestamp, '2026-01-02T03:04:05Z');
    assert.equal(marked.metadata.deletionGracePeriodSeconds, 0);
    assert.equal(marked.metadata.generation, 2);

    const again = await fixture.delete('widgets.example.com', 'w');
    assert.equal(again.object.object().metadata.resourceVersion, marked.metadata.resourceVersion);

    const released = { ...marked, metadata: { ...marked.metadata, finalizers: [] } } as KubeObject;
    await fixture.update('widgets.example.com', released);
    await assert.rejects(fixture.get('widgets.example.com', 'w'), apiError(404, /not found/));
    await watch.settled();
    assert.deepEqual(
      watch.events.map((each) => each.type),
      ['ADDED', 'MODIFIED', 'DELETED'],
    );
    watch.stop();
  });

  it('refuses new finalizers while it waits', async () => {
    const fixture = await createFixture();
    await fixture.create('configmaps', configMap('a', { finalizers: ['example.com/hold'] }));
    const { object } = await fixture.delete('configmaps', 'a');
    const { metadata } = object.object();
    await assert.rejects(
      fixture.update('configmaps', {
        ...object.object(),
        metadata: { ...metadata, finalizers: ['example.com/hold', 'example.com/more'] },
      }),
      apiError(
        422,
        'ConfigMap "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/more"}',
      ),
    );
  });

  it('leaves dependents to the garbage collector through finalizers', async () => {
    const fixture = await createFixture();
    const finalizersAfter = async (name: string, options: object): Promise<unknown> => {
      await fixture.create('configmaps', configMap(name));
      const answer = await fixture.delete('configmaps', name, options);
      return answer.done ? 'gone' : answer.object.object().metadata.finalizers;
    };
    assert.equal(await finalizersAfter('a', { propagationPolicy: 'Background' }), 'gone');
    assert.deepEqual(await finalizersAfter('b', { propagationPolicy: 'Foreground' }), ['foregroundDeletion']);
    assert.deepEqual(await finalizersAfter('c', { propagationPolicy: 'Orphan' }), ['orphan']);
    assert.deepEqual(await finalizersAfter('d', { orphanDependents: true }), ['orphan']);
    assert.equal(await finalizersAfter('e', { orphanDependents: false }), 'gone');
  });

  it('refuses policies that do not exist or do not go together', async () => {
    const fixture = await createFixture();
    await fixture.create('configmaps', configMap('a'));
    await assert.rejects(
      fixture.delete('configmaps', 'a', { propagationPolicy: 'Foo', orphanDependents: true }),
      apiError(
        422,
        'DeleteOptions.meta.k8s.io "" is invalid: [propagationPolicy: Invalid value: "Foo": orphanDependents and deletionPropagation cannot be both set, propagationPolicy: Unsupported value: "Foo": supported values: "Foreground", "Background", "Orphan", "nil"]',
      ),
    );
  });

  it('deletes nothing in a dry run', async () => {
    const fixture = await createFixture();
    await fixture.create('configmaps', configMap('a'));
    assert.ok((await fixture.delete('configmaps', 'a', { dryRun: true })).done);
    assert.ok((await fixture.get('configmaps', 'a')).metadata.uid);
  });

  it('of a collection deletes what is selected', async () => {
    const fixture = await createFixture();
    for (const name of ['a', 'b', 'c']) await fixture.create('configmaps', configMap(name, { labels: { name } }));
    const answer = await fixture.registry.deleteCollection(
      fixture.ctx(),
      fixture.target('configmaps'),
      { labelSelector: 'name in (a,c)' },
      { dryRun: false },
    );
    assert.deepEqual(
      answer.items.map((each) => each.object().metadata.name),
      ['a', 'c'],
    );
    const left = await fixture.registry.list(fixture.ctx(), fixture.target('configmaps'), { labelSelector: 'name' });
    assert.deepEqual(
      left.items.map((each) => each.object().metadata.name),
      ['b'],
    );
  });

  it('takes the first word on a namespace, and none on the dependents of an event', async () => {
    const fixture = await createFixture();
    await fixture.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'team', finalizers: ['example.com/hold'] },
    });
    await fixture.delete('namespaces', 'team', { propagationPolicy: 'Foreground' });
    const before = await fixture.get('namespaces', 'team');
    await fixture.delete('namespaces', 'team', { propagationPolicy: 'Orphan' });
    assert.deepEqual(await fixture.get('namespaces', 'team'), before);
    const involvedObject = { kind: 'Pod', namespace: 'default', name: 'p' };
    const metadata = { name: 'e', namespace: 'default', finalizers: ['example.com/hold'] };
    await fixture.create('events', { apiVersion: 'v1', kind: 'Event', metadata, involvedObject });
    await fixture.delete('events', 'e', { propagationPolicy: 'Foreground' });
    assert.deepEqual((await fixture.get('events', 'e')).metadata.finalizers, ['example.com/hold']);
  });

  it('marks a pod before it removes it, so that watchers see that its time is over', async () => {
    const fixture = await createFixture();
    await fixture.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    });
    const watched = await fixture.watch('pods', { resourceVersion: String(fixture.store.revision()) });
    const dry = await fixture.delete('pods', 'p', { dryRun: true });
    assert.equal(dry.object.object().metadata.deletionGracePeriodSeconds, 0);
    const answer = await fixture.delete('pods', 'p');
    await watched.settled();
    watched.stop();
    assert.deepEqual(
      watched.events.map(({ type, object }) => [type, object.object.metadata.generation]),
      [
        ['MODIFIED', 2],
        ['DELETED', 2],
      ],
    );
    const gone = answer.object.object().metadata;
    assert.deepEqual([answer.done, gone.deletionGracePeriodSeconds, gone.generation], [true, 0, 2]);
  });
});
