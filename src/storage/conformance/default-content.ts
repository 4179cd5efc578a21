import assert from 'node:assert/strict';
import { rootCluster, type ClusterName } from '../../logicalcluster/name.ts';
import type { ListOptions, ListResult } from '../object-store.ts';
import {
  clusterItem,
  create,
  defaultResource,
  describe,
  failure,
  it,
  keyOf,
  newCluster,
  newName,
  Recorder,
  remove,
  type StoreFactory,
  textOf,
  update,
  useStore,
} from './harness.ts';

export function describeDefaultContent(open: StoreFactory): void {
  describe('default content', () => {
    const test = useStore(open);
    const roleKey = (cluster: ClusterName, name: string, namespace = 'default'): ReturnType<typeof keyOf> =>
      keyOf(cluster, name, namespace, defaultResource);
    const names = async (cluster: ClusterName, options: Partial<ListOptions> = {}): Promise<string[]> =>
      shown(await test.store.list({ cluster, resource: defaultResource, at: { mode: 'fresh' }, ...options }));
    const shown = (list: ListResult): string[] => list.items.map(({ key }) => `${key.namespace}/${key.name}`);

    it('is there without having been written, at the revision of its logical cluster', async () => {
      const { store } = test;
      for (const cluster of [rootCluster, await newCluster(store)]) {
        const record = await store.cluster(cluster);
        const object = await store.get(roleKey(cluster, 'alpha'));
        assert.equal(object?.revision, record?.revision);
        assert.equal(object?.object.metadata.uid, `${record?.uid}-alpha`);
        assert.deepEqual(await names(cluster), ['default/alpha', 'default/beta', 'kube-system/gamma']);
        assert.deepEqual(await names(cluster, { namespace: 'kube-system' }), ['kube-system/gamma']);
        assert.equal(await store.get(roleKey(cluster, 'gamma')), undefined);
        assert.equal((await store.countByResource(cluster)).get(defaultResource), undefined);
      }
    });

    it('is stored when it first changes', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      const key = roleKey(cluster, 'alpha');
      const base = (await store.cluster(cluster))?.revision ?? 0;
      assert.deepEqual(await failure(store, { op: 'create', key, text: textOf(key, '') }), {
        ok: false,
        why: 'exists',
        current: base,
      });
      assert.deepEqual(await failure(store, { op: 'update', key, expected: base + 100, text: textOf(key, '') }), {
        ok: false,
        why: 'stale',
        current: base,
      });
      const watch = Recorder.start(store, { cluster, resource: defaultResource, from: await store.fresh() });
      const updated = await update(store, key, base, 'changed');
      await watch.until(({ changes }) => changes.length === 1);
      assert.deepEqual(watch.summary, [`MODIFIED alpha@${updated}`]);
      assert.equal(watch.changes[0]?.before?.revision, base);
      assert.equal(watch.changes[0]?.before?.object.metadata.uid, `${(await store.cluster(cluster))?.uid}-alpha`);
      assert.equal((await store.get(key))?.revision, updated);
      assert.deepEqual(await names(cluster), ['default/alpha', 'default/beta', 'kube-system/gamma']);
      assert.equal((await store.countByResource(cluster)).get(defaultResource), 1);
      watch.close();
    });

    it('stays deleted, and can be created anew', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      const base = (await store.cluster(cluster))?.revision ?? 0;
      const [alpha, beta] = [roleKey(cluster, 'alpha'), roleKey(cluster, 'beta')];
      const watch = Recorder.start(store, { cluster, resource: defaultResource, from: await store.fresh() });
      const gone = await remove(store, alpha, base);
      const changed = await update(store, beta, base, '');
      const goneToo = await remove(store, beta, changed);
      assert.equal(await store.get(alpha), undefined);
      assert.equal(await store.get(beta), undefined);
      assert.deepEqual(await names(cluster), ['kube-system/gamma']);
      assert.equal((await store.countByResource(cluster)).get(defaultResource), undefined);
      assert.deepEqual(await failure(store, { op: 'delete', key: alpha, expected: base, text: '{}' }), {
        ok: false,
        why: 'absent',
        current: 0,
      });
      const again = await create(store, alpha, 'again');
      assert.deepEqual(await names(cluster), ['default/alpha', 'kube-system/gamma']);
      const last = await remove(store, alpha, again);
      await watch.until(({ changes }) => changes.length === 5);
      assert.deepEqual(watch.summary, [
        `DELETED alpha@${gone}`,
        `MODIFIED beta@${changed}`,
        `DELETED beta@${goneToo}`,
        `ADDED alpha@${again}`,
        `DELETED alpha@${last}`,
      ]);
      assert.equal(watch.changes[0]?.before?.revision, base);
      assert.deepEqual(await names(cluster), ['kube-system/gamma']);
      watch.close();
    });

    it('is part of the past, in pages too', async () => {
      const { store } = test;
      const cluster = await newCluster(store);
      const base = (await store.cluster(cluster))?.revision ?? 0;
      const begin = await store.fresh();
      const gone = await remove(store, roleKey(cluster, 'alpha'), base);
      const own = await create(store, roleKey(cluster, 'aaa', 'own'));
      const again = await create(store, roleKey(cluster, 'alpha'));
      const expected = new Map([
        [begin, ['default/alpha', 'default/beta', 'kube-system/gamma']],
        [gone, ['default/beta', 'kube-system/gamma']],
        [own, ['default/beta', 'kube-system/gamma', 'own/aaa']],
        [again, ['default/alpha', 'default/beta', 'kube-system/gamma', 'own/aaa']],
      ]);
      for (const [revision, wanted] of expected) {
        assert.deepEqual(await names(cluster, { at: { mode: 'exact', revision } }), wanted);
        const pages: string[] = [];
        let after: ListOptions['after'];
        for (;;) {
          const page = await store.list({
            cluster,
            resource: defaultResource,
            at: { mode: 'exact', revision },
            limit: 1,
            ...(after === undefined ? {} : { after }),
          });
          pages.push(...shown(page));
          after = page.items.at(-1)?.key;
          if (!page.more) break;
        }
        assert.deepEqual(pages, wanted, `in pages at ${revision}`);
      }
    });

    it('belongs to a cluster from the group that creates it', async () => {
      const { store } = test;
      const cluster = newName();
      const workspace = keyOf(rootCluster, `w-${cluster}`, '', 'workspaces.tenancy.kcp.io');
      const own = keyOf(cluster, 'cluster', '', 'logicalclusters.core.kcp.io');
      const outcomes = await store.commit([
        { op: 'create', key: workspace, text: textOf(workspace, '') },
        clusterItem(cluster, rootCluster, `w-${cluster}`),
        { op: 'create', key: own, text: textOf(own, '') },
      ]);
      const revision = (await store.cluster(cluster))?.revision;
      assert.deepEqual(
        outcomes.map((outcome) => (outcome.ok ? outcome.revision - (revision ?? 0) : outcome)),
        [-1, 0, 0],
      );
      assert.equal((await store.get(roleKey(cluster, 'alpha')))?.revision, revision);
      assert.equal((await store.get(own))?.revision, revision);
    });
  });
}
