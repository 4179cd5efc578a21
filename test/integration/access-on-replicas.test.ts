import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDefaultContent } from '../../src/api/default-content.ts';
import { createAuthorizer } from '../../src/authorization/chain.ts';
import { ownerReference, TestPlane, until } from '../../src/controllers/testing.ts';
import { rootCluster } from '../../src/logicalcluster/name.ts';
import type { UserInfo } from '../../src/registry/registry.ts';
import type { ClusterRecord, ObjectStore } from '../../src/storage/object-store.ts';
import { openPostgresStore } from '../../src/storage/postgres/store.ts';
import { createTestDatabase, type TestDatabase } from '../../src/storage/testing.ts';

const rbac = 'rbac.authorization.k8s.io';

describe('two replicas on one database', () => {
  let database: TestDatabase;
  let stores: ObjectStore[];
  let planes: TestPlane[];
  let cluster: ClusterRecord;

  before(async () => {
    database = await createTestDatabase();
    const open = () =>
      openPostgresStore({
        databaseUrl: database.url,
        defaults: createDefaultContent({ caCertificatePem: 'CA' }),
        cacheBytes: 32 * 1024 * 1024,
        historyRetentionMs: 3600_000,
      });
    stores = [await open(), await open()];
    planes = stores.map((store) => new TestPlane({ store }));
    cluster = (await stores[0]?.cluster(rootCluster)) ?? assert.fail('no root');
  });
  after(async () => {
    for (const plane of planes) await plane.close();
    await database.drop();
  });

  const plane = (i: number): TestPlane => planes[i % 2] ?? assert.fail();

  it('honour a grant that the other acknowledged, and never one whose revocation it acknowledged', async () => {
    const authorizers = stores.map((store) => createAuthorizer({ store }));
    const users: UserInfo[] = Array.from({ length: 8 }, (_, i) => ({
      name: `user-${i}`,
      uid: '',
      groups: [],
      extra: {},
    }));
    const ask = async (i: number, user: UserInfo) =>
      (
        await authorizers[i % 2]?.authorize({
          user,
          cluster,
          verb: 'get',
          group: '',
          version: 'v1',
          resource: 'pods',
          subresource: '',
          namespace: 'default',
          name: 'p',
          path: '',
        })
      )?.outcome;
    await Promise.all(
      users.map(async (user, n) => {
        for (let i = n; i < n + 12; i++) {
          const name = `${user.name}-reads`;
          await plane(i).create(`rolebindings.${rbac}`, 'default', name, {
            roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'view' },
            subjects: [{ kind: 'User', apiGroup: rbac, name: user.name }],
          });
          assert.equal(await ask(i + 1, user), 'allow');
          assert.equal(await ask(i, user), 'allow');
          await plane(i).client.delete({
            cluster: rootCluster,
            resource: `rolebindings.${rbac}`,
            namespace: 'default',
            name,
          });
          assert.equal(await ask(i + 1, user), 'deny');
          assert.equal(await ask(i, user), 'deny');
        }
      }),
    );
  });

  it('share the work of the controllers: one leads, the other takes over', async () => {
    const running = planes.map((each) => each.startControllers());
    for (let round = 0; round < 4; round++) {
      const name = `team-${round}`;
      const at = plane(round);
      await at.create('namespaces', '', name);
      await until(() => at.exists('serviceaccounts', name, 'default'), `ServiceAccount of ${name}`);
      await until(() => at.exists('configmaps', name, 'kube-root-ca.crt'), `CA of ${name}`);
      const owner = await at.create('configmaps', name, 'owner');
      for (let i = 0; i < 20; i++)
        await at.create('configmaps', name, `d${i}`, {
          metadata: { ownerReferences: [ownerReference(owner, { blockOwnerDeletion: true })] },
        });
      await at.client.delete(
        { cluster: rootCluster, resource: 'configmaps', namespace: name, name: 'owner' },
        { propagationPolicy: 'Foreground' },
      );
      // Whoever leads may be the one that stops: the other goes on.
      await running[round % 2]?.stop();
      await until(async () => !(await at.exists('configmaps', name, 'owner')), `end of the owner in ${name}`);
      assert.equal(await at.exists('configmaps', name, 'd0'), false);
      await at.client.delete({ cluster: rootCluster, resource: 'namespaces', name });
      running[round % 2] = at.startControllers();
      await until(async () => !(await at.exists('namespaces', '', name)), `end of ${name}`);
      assert.equal((await at.store.countByResource(rootCluster, name)).size, 0);
    }
  });
});
