import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../apimachinery/json.ts';
import { createCatalogSource } from '../registry/catalog.ts';
import { builtinDefinitions } from '../api/builtin.ts';
import { alice, apiError, createFixture, type Fixture } from '../registry/testing.ts';
import { ownerReferencesPermission } from './owner-references-permission.ts';

const owner = (more: JsonObject = {}): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  name: 'd',
  uid: 'u',
  ...more,
});
const configMap = (...ownerReferences: JsonObject[]): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', ...(ownerReferences.length === 0 ? {} : { ownerReferences }) },
});

/** A server on which alice may do what is named as `verb resource/subresource namespace`. */
async function fixtureWhereAliceMay(...rights: string[]): Promise<{ fixture: Fixture; asked: string[] }> {
  const asked: string[] = [];
  const plugin = ownerReferencesPermission({
    catalogs: createCatalogSource({ definitions: builtinDefinitions, resources: ['*'] }),
    authorizer: {
      authorize({ verb, resource, subresource, namespace }) {
        const question = [verb, subresource === '' ? resource : `${resource}/${subresource}`, namespace].join(' ');
        asked.push(question);
        return Promise.resolve({ outcome: rights.includes(question) ? 'allow' : 'noOpinion', reason: '' });
      },
    },
  });
  return { fixture: await createFixture({ plugins: [plugin] }), asked };
}

const write = (fixture: Fixture, object: JsonObject) =>
  fixture.registry.create(fixture.ctx({ user: alice }), fixture.target('configmaps'), object as never, {
    dryRun: false,
    fieldValidation: 'Strict',
  });
const change = (fixture: Fixture, object: JsonObject) =>
  fixture.registry.update(fixture.ctx({ user: alice }), fixture.target('configmaps', { name: 'a' }), object as never, {
    dryRun: false,
    fieldValidation: 'Strict',
  });

describe('OwnerReferencesPermissionEnforcement', () => {
  it('lets who creates an object name its owners, and asks nothing about objects without', async () => {
    const { fixture, asked } = await fixtureWhereAliceMay();
    await write(fixture, configMap(owner()));
    assert.deepEqual(asked, []);
  });

  it('wants who changes owners to be allowed to delete the object', async () => {
    const { fixture } = await fixtureWhereAliceMay();
    await write(fixture, configMap());
    await change(fixture, { ...configMap(), data: { x: 'y' } });
    await assert.rejects(
      change(fixture, configMap(owner())),
      apiError(403, `configmaps "a" is forbidden: cannot set an ownerRef on a resource you can't delete: , <nil>`),
    );
    const other = await fixtureWhereAliceMay('delete configmaps default');
    await write(other.fixture, configMap());
    await change(other.fixture, configMap(owner()));
  });

  it("wants who makes an owner wait to be allowed to set the owner's finalizers", async () => {
    const blocking = configMap(owner({ blockOwnerDeletion: true }));
    const { fixture, asked } = await fixtureWhereAliceMay();
    await assert.rejects(
      write(fixture, blocking),
      apiError(
        403,
        `configmaps "a" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>`,
      ),
    );
    assert.deepEqual(asked, ['update */finalizers ', 'update deployments/finalizers default']);
    await write(
      (await fixtureWhereAliceMay('update deployments/finalizers default')).fixture,
      structuredClone(blocking),
    );
    await write((await fixtureWhereAliceMay('update */finalizers ')).fixture, structuredClone(blocking));
  });

  it('refuses to let an owner wait whose kind nobody knows', async () => {
    const { fixture } = await fixtureWhereAliceMay();
    await assert.rejects(
      write(fixture, configMap(owner({ apiVersion: 'x.y/v1', kind: 'Z', blockOwnerDeletion: true }))),
      apiError(
        403,
        'configmaps "a" is forbidden: cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion x.y/v1 Kind Z: no matches for kind "Z" in version "x.y/v1"',
      ),
    );
  });
});
