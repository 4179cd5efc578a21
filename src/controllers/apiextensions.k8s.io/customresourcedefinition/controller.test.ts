import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Crd } from '../../../api/apiextensions.k8s.io/v1/types.ts';
import type { Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { rootCluster } from '../../../logicalcluster/name.ts';
import { TestPlane, until } from '../../testing.ts';

const crds = 'customresourcedefinitions.apiextensions.k8s.io';

function definition(
  plural: string,
  kind: string,
  more: { group?: string; shortNames?: string[]; scope?: string } = {},
) {
  const { group = 'example.com', shortNames = [], scope = 'Namespaced' } = more;
  return {
    spec: {
      group,
      scope,
      names: { plural, kind, shortNames },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', properties: { a: { type: 'string' } } } },
            },
          },
        },
      ],
    } as Json,
  };
}

describe('the controller of custom resource definitions', () => {
  let plane: TestPlane;
  beforeEach(() => {
    plane = new TestPlane();
  });
  afterEach(() => plane.close());

  const define = (plural: string, kind: string, more: Parameters<typeof definition>[2] = {}) =>
    plane.create(crds, '', `${plural}.${more.group ?? 'example.com'}`, definition(plural, kind, more)) as Promise<Crd>;
  const make = (name: string, more: object = {}): Promise<KubeObject> =>
    plane.client.create(
      { cluster: rootCluster, resource: 'widgets.example.com', namespace: 'default' },
      {
        apiVersion: 'example.com/v1',
        kind: 'Widget',
        metadata: { name, namespace: 'default', ...more },
        spec: { a: 'x' },
      },
    );
  const remove = (name: string) => plane.client.delete({ cluster: rootCluster, resource: crds, name });
  const condition = async (name: string, type: string) =>
    ((await plane.find(crds, '', name)) as Crd | undefined)?.status?.conditions?.find((each) => each.type === type);

  it('is not needed for a new definition to be served', async () => {
    const crd = await define('widgets', 'Widget');
    assert.deepEqual(
      crd.status?.conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`),
      ['NamesAccepted=True NoConflicts', 'Established=True InitialNamesAccepted'],
    );
    assert.deepEqual(crd.status?.storedVersions, ['v1']);
    assert.equal((await make('one')).metadata.generation, 1);
  });

  it('deletes the objects of a deleted definition, then lets it go', async () => {
    plane.startControllers();
    await define('widgets', 'Widget');
    for (let i = 0; i < 40; i++) await make(`w${i}`);
    await remove('widgets.example.com');
    await until(async () => !(await plane.exists(crds, '', 'widgets.example.com')));
    assert.equal((await plane.store.countByResource(rootCluster, 'default')).get('widgets.example.com') ?? 0, 0);
    await assert.rejects(make('late'), /could not find/);
  });

  it('removes what slipped in behind the end of a definition, and nothing of one made anew', async () => {
    await define('widgets', 'Widget');
    const late = await make('late');
    const stored = await plane.store.get({
      cluster: rootCluster,
      resource: 'widgets.example.com',
      namespace: 'default',
      name: 'late',
    });
    assert.ok(stored);
    await plane.client.delete({
      cluster: rootCluster,
      resource: 'widgets.example.com',
      namespace: 'default',
      name: 'late',
    });
    plane.startControllers();
    await remove('widgets.example.com');
    await until(async () => !(await plane.exists(crds, '', 'widgets.example.com')));
    const { key, text } = stored;
    await plane.store.commit([{ op: 'create', key, text }]);
    await until(async () => (await plane.store.get(key)) === undefined);
    assert.equal(late.metadata.name, 'late');
    await define('widgets', 'Widget');
    await make('new');
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(await plane.exists('widgets.example.com', 'default', 'new'));
  });

  it('waits for finalizers of objects, refuses new ones meanwhile, and tells so', async () => {
    plane.startControllers();
    await define('widgets', 'Widget');
    await make('held', { finalizers: ['example.com/keep'] });
    await remove('widgets.example.com');
    await until(
      async () => (await condition('widgets.example.com', 'Terminating'))?.reason === 'InstanceDeletionInProgress',
    );
    await assert.rejects(make('late'), /create not allowed while custom resource definition is terminating/);
    await plane.client.patch(
      { cluster: rootCluster, resource: 'widgets.example.com', namespace: 'default', name: 'held' },
      { metadata: { finalizers: null } },
    );
    await until(async () => !(await plane.exists(crds, '', 'widgets.example.com')));
  });

  it('refuses names that others in the group have, until they are free', async () => {
    plane.startControllers();
    await define('widgets', 'Widget', { shortNames: ['w'] });
    const second = await define('wheels', 'Wheel', { shortNames: ['w'] });
    assert.deepEqual(
      second.status?.conditions?.map(({ type, status, reason, message }) => [type, status, reason, message]),
      [
        ['NamesAccepted', 'False', 'ShortNamesConflict', '"w" is already in use'],
        ['Established', 'False', 'NotAccepted', 'not all names are accepted'],
      ],
    );
    await define('waggons', 'Waggon', { shortNames: ['w'], group: 'other.example.com' });
    await remove('widgets.example.com');
    await until(async () => (await condition('wheels.example.com', 'Established'))?.status === 'True');
    assert.equal((await condition('waggons.other.example.com', 'Established'))?.status, 'True');
  });

  it('accepts the new short names of an updated definition', async () => {
    plane.startControllers();
    await define('widgets', 'Widget');
    await plane.client.patch(
      { cluster: rootCluster, resource: crds, name: 'widgets.example.com' },
      { spec: { names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'] } } },
    );
    await until(async () => {
      const crd = (await plane.find(crds, '', 'widgets.example.com')) as Crd | undefined;
      return crd?.status?.acceptedNames?.shortNames?.[0] === 'wd';
    });
  });

  it('sees custom resources when a namespace ends or an owner goes', async () => {
    plane.startControllers();
    await define('widgets', 'Widget');
    const owner = await make('owner');
    const reference = { apiVersion: owner.apiVersion, kind: owner.kind, name: 'owner', uid: owner.metadata.uid ?? '' };
    await make('owned', { ownerReferences: [reference] });
    await plane.client.delete({
      cluster: rootCluster,
      resource: 'widgets.example.com',
      namespace: 'default',
      name: 'owner',
    });
    await until(async () => !(await plane.exists('widgets.example.com', 'default', 'owned')));
    await plane.create('namespaces', '', 'team');
    await plane.client.create(
      { cluster: rootCluster, resource: 'widgets.example.com', namespace: 'team' },
      { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'x', namespace: 'team' } },
    );
    await plane.client.delete({ cluster: rootCluster, resource: 'namespaces', name: 'team' });
    await until(async () => !(await plane.exists('namespaces', '', 'team')));
    assert.equal(await plane.exists('widgets.example.com', 'team', 'x'), false);
  });
});
