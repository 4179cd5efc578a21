import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../apimachinery/object.ts';
import { type ClusterName, rootCluster } from '../../logicalcluster/name.ts';
import type { ClusterRecord } from '../../storage/object-store.ts';
import type { UserInfo, WatchEvent } from '../registry.ts';
import { alice, apiError, createFixture, type Fixture } from '../testing.ts';
import { newClusterName } from './cluster-names.ts';
import { pathOf, resolveCluster } from './resolve.ts';
import { shardHash } from './shard-hash.ts';

const workspaces = 'workspaces.tenancy.kcp.io';

async function createWorkspace(
  fixture: Fixture,
  name: string,
  options: { cluster?: ClusterRecord; user?: UserInfo; spec?: object; annotations?: Record<string, string> } = {},
): Promise<KubeObject> {
  const { cluster, user, spec, annotations = {} } = options;
  const ctx = fixture.ctx({ ...(cluster === undefined ? {} : { cluster }), ...(user === undefined ? {} : { user }) });
  const object = {
    apiVersion: 'tenancy.kcp.io/v1alpha1',
    kind: 'Workspace',
    metadata: { name, annotations },
    ...(spec === undefined ? {} : { spec: spec as never }),
  };
  const written = { dryRun: false, fieldValidation: 'Strict' } as const;
  return (await fixture.registry.create(ctx, fixture.target(workspaces), object, written)).object();
}

const clusterOf = (workspace: KubeObject): ClusterName =>
  (workspace as { spec?: { cluster?: string } }).spec?.cluster as ClusterName;

describe('workspaces', () => {
  it('are Ready in the reply, with a logical cluster that serves at once', async () => {
    const fixture = await createFixture({ now: () => new Date('2026-01-01T00:00:00Z') });
    const before = fixture.store.revision();
    const workspace = await createWorkspace(fixture, 'org');
    assert.equal(fixture.store.revision(), before + 1);
    const cluster = clusterOf(workspace);
    assert.match(cluster, /^[0-9a-z]{16}$/);
    assert.deepEqual(workspace['spec'], {
      type: { name: 'universal', path: 'root' },
      cluster,
      URL: 'https://atoll.test/clusters/root:org',
    });
    const { phase, conditions } = workspace['status'] as { phase: string; conditions: { type: string }[] };
    assert.equal(phase, 'Ready');
    assert.deepEqual(
      conditions.map(({ type }) => type),
      ['WorkspaceInitialized', 'WorkspaceScheduled'],
    );
    const { annotations, labels, finalizers } = workspace.metadata;
    assert.deepEqual(labels, { 'tenancy.kcp.io/phase': 'Ready' });
    assert.deepEqual(finalizers, ['core.kcp.io/logicalcluster']);
    assert.equal(annotations?.['internal.tenancy.kcp.io/cluster'], cluster);
    assert.equal(annotations?.['core.kcp.io/shard'], 'root');
    const record = await fixture.store.cluster(cluster);
    assert.ok(record !== undefined && record.state === 'Active' && record.workspace === 'org');
    const namespaces = await fixture.registry.list(fixture.ctx({ cluster: record }), fixture.target('namespaces'), {});
    assert.ok(namespaces.items.some((each) => each.object().metadata.name === 'default'));
  });

  it('make their creator cluster-admin inside, in the same commit', async () => {
    const fixture = await createFixture();
    const before = fixture.store.revision();
    const cluster = clusterOf(await createWorkspace(fixture, 'mine', { user: alice }));
    assert.equal(fixture.store.revision(), before + 2);
    const binding = await fixture.store.get({
      cluster,
      resource: 'clusterrolebindings.rbac.authorization.k8s.io',
      namespace: '',
      name: 'workspace-admin',
    });
    assert.deepEqual(binding?.object['subjects'], [
      { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'alice' },
    ]);
    assert.deepEqual(binding?.object['roleRef'], {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      name: 'cluster-admin',
    });
  });

  it('grant nothing to a ServiceAccount, whose name means another one inside', async () => {
    const fixture = await createFixture();
    const user = { ...alice, name: 'system:serviceaccount:default:default' };
    const cluster = clusterOf(await createWorkspace(fixture, 'mine', { user }));
    assert.equal((await fixture.store.countByResource(cluster)).size, 0);
  });

  it('name their owner, whatever a tenant claims', async () => {
    const fixture = await createFixture();
    const key = 'experimental.tenancy.kcp.io/owner';
    const { metadata } = await createWorkspace(fixture, 'mine', { user: alice });
    assert.deepEqual(JSON.parse(metadata.annotations?.[key] ?? ''), {
      username: 'alice',
      uid: 'u1',
      groups: ['system:authenticated'],
    });
    await assert.rejects(
      createWorkspace(fixture, 'other', { user: alice, annotations: { [key]: '{"username":"root"}' } }),
      apiError(403, /modification of reserved annotation/),
    );
  });

  it('nest, and are found by path and by name', async () => {
    const fixture = await createFixture();
    const org = await fixture.store.cluster(clusterOf(await createWorkspace(fixture, 'org')));
    assert.ok(org);
    const inner = await createWorkspace(fixture, 'team', { cluster: org });
    assert.equal((inner['spec'] as { URL: string }).URL, 'https://atoll.test/clusters/root:org:team');
    const team = await resolveCluster(fixture.store, 'root:org:team');
    assert.equal(team?.name, clusterOf(inner));
    assert.equal((await resolveCluster(fixture.store, `${org.name}:team`))?.name, team?.name);
    assert.equal((await resolveCluster(fixture.store, clusterOf(inner)))?.name, team?.name);
    assert.equal(await pathOf(fixture.store, team as ClusterRecord), 'root:org:team');
    for (const text of ['root:nope', 'root:org:', '', 'Root', 'x'.repeat(2000), 'root:org:team:x', 'nobody:team'])
      assert.equal(await resolveCluster(fixture.store, text), undefined, text);
  });

  it('are deleted with their whole subtree, at once', async () => {
    const fixture = await createFixture();
    const org = await fixture.store.cluster(clusterOf(await createWorkspace(fixture, 'org')));
    const team = clusterOf(await createWorkspace(fixture, 'team', { cluster: org as ClusterRecord }));
    const answer = await fixture.delete(workspaces, 'org', { propagationPolicy: 'Background' });
    assert.equal(answer.done, true);
    assert.equal((await fixture.store.cluster(team))?.state, 'Deleting');
    assert.equal(await resolveCluster(fixture.store, 'root:org'), undefined);
    await assert.rejects(fixture.get(workspaces, 'org'), apiError(404, /not found/));
    const again = await createWorkspace(fixture, 'org');
    assert.notEqual(clusterOf(again), org?.name);
    assert.equal((await resolveCluster(fixture.store, 'root:org'))?.name, clusterOf(again));
  });

  it('that somebody else’s finalizer holds keep their cluster until it is gone', async () => {
    const fixture = await createFixture();
    const workspace = await createWorkspace(fixture, 'org');
    await fixture.patch(workspaces, 'org', 'merge', {
      metadata: { finalizers: ['core.kcp.io/logicalcluster', 'example.com/hold'] },
    });
    assert.equal((await fixture.delete(workspaces, 'org')).done, false);
    assert.equal((await fixture.store.cluster(clusterOf(workspace)))?.state, 'Active');
    await fixture.patch(workspaces, 'org', 'merge', { metadata: { finalizers: ['core.kcp.io/logicalcluster'] } });
    await assert.rejects(fixture.get(workspaces, 'org'), apiError(404, /not found/));
    assert.equal((await fixture.store.cluster(clusterOf(workspace)))?.state, 'Deleting');
  });

  it('make no cluster in a dry run, or when the name is taken', async () => {
    const fixture = await createFixture();
    await createWorkspace(fixture, 'org');
    await assert.rejects(
      createWorkspace(fixture, 'org'),
      apiError(409, 'workspaces.tenancy.kcp.io "org" already exists'),
    );
    await fixture.create(
      workspaces,
      { apiVersion: 'tenancy.kcp.io/v1alpha1', kind: 'Workspace', metadata: { name: 'dry' } },
      { dryRun: true },
    );
    const children = await fixture.store.childClusters(rootCluster, { limit: 10 });
    assert.deepEqual(
      children.map((each) => each.workspace),
      ['org'],
    );
  });

  it('refuse what only the server sets, unknown types, mounts and paths that are too deep', async () => {
    const fixture = await createFixture();
    const refused = (spec: object, code: number, message: string | RegExp): Promise<void> =>
      assert.rejects(createWorkspace(fixture, 'w', { spec }), apiError(code, message));
    await refused(
      { cluster: 'abc' },
      403,
      'workspaces.tenancy.kcp.io "w" is forbidden: spec.cluster can only be set by system privileged users',
    );
    await refused({ URL: 'https://x' }, 403, /spec.URL can only be set/);
    await refused(
      { type: { name: 'nope', path: 'root' } },
      403,
      'workspaces.tenancy.kcp.io "w" is forbidden: workspace type "root:nope" cannot be resolved',
    );
    await refused({ mount: { ref: { kind: 'X' } } }, 422, /spec.mount: Forbidden: workspace mounts are not enabled/);
    let cluster: ClusterRecord | undefined;
    for (let depth = 1; depth < 64; depth++) {
      const options = cluster === undefined ? {} : { cluster };
      cluster = await fixture.store.cluster(clusterOf(await createWorkspace(fixture, 'w', options)));
    }
    await assert.rejects(
      createWorkspace(fixture, 'w', { cluster: cluster as ClusterRecord }),
      apiError(403, /would be too long or too deep$/),
    );
  });
});

describe('the LogicalCluster of a workspace', () => {
  it('is one read-only object that tells where the workspace is', async () => {
    const fixture = await createFixture();
    const workspace = await createWorkspace(fixture, 'org', { spec: { type: { name: 'team', path: 'root' } } });
    const cluster = (await fixture.store.cluster(clusterOf(workspace))) as ClusterRecord;
    const ctx = fixture.ctx({ cluster });
    const target = fixture.target('logicalclusters.core.kcp.io', { name: 'cluster' });
    const object = (await fixture.registry.get(ctx, target, {})).object();
    assert.equal(object.metadata.uid, cluster.uid);
    assert.deepEqual(object.metadata.annotations, {
      'internal.tenancy.kcp.io/type': 'root:team',
      'kcp.io/cluster': cluster.name,
      'kcp.io/path': 'root:org',
    });
    assert.deepEqual(object['status'], { URL: 'https://atoll.test/clusters/root:org', phase: 'Ready' });
    const { owner } = object['spec'] as { owner: { uid: string; name: string } };
    assert.deepEqual([owner.name, owner.uid], ['org', workspace.metadata.uid]);
    const list = await fixture.registry.list(ctx, { ...target, name: '' }, { fieldSelector: 'metadata.name=cluster' });
    assert.deepEqual(
      list.items.map((each) => each.object()),
      [object],
    );
    await assert.rejects(
      fixture.registry.get(ctx, { ...target, name: 'x' }, {}),
      apiError(404, 'logicalclusters.core.kcp.io "x" not found'),
    );
    await assert.rejects(
      fixture.registry.delete(ctx, target, { dryRun: false }),
      apiError(405, 'delete is not supported on resources of kind "logicalclusters.core.kcp.io"'),
    );
  });

  it('ends its watches with the workspace', async () => {
    const fixture = await createFixture();
    const cluster = (await fixture.store.cluster(clusterOf(await createWorkspace(fixture, 'org')))) as ClusterRecord;
    const target = fixture.target('logicalclusters.core.kcp.io');
    const told: string[] = [];
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const sink = {
      events: (batch: readonly WatchEvent[]) => void told.push(...batch.map(({ type }) => type)),
      initialEventsEnd: () => undefined,
      end: () => end(),
    };
    await fixture.registry.watch(fixture.ctx({ cluster }), target, {}, sink);
    await fixture.delete(workspaces, 'org');
    await ended;
    assert.deepEqual(told, ['ADDED']);
  });
});

describe('names', () => {
  it('of clusters are 16 letters or digits and never repeat', () => {
    const names = Array.from({ length: 1000 }, newClusterName);
    assert.equal(new Set(names).size, 1000);
    for (const name of names) assert.match(name, /^[0-9a-z]{16}$/);
  });

  it('of shards hash as in kcp', () => {
    assert.equal(shardHash('root'), '1pfxsevk');
  });
});
