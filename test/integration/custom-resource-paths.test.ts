import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Endpoint, type HttpAnswer, http } from '../support/http.ts';
import { type Stack, startStack } from '../support/http-stack.ts';

type Json = Record<string, unknown>;
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const group = '/apis/paths.example.com';

function definition(plural: string, scope: string, versions: Json[]): Json {
  const kind = plural.charAt(0).toUpperCase() + plural.slice(1, -1);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.paths.example.com` },
    spec: { group: 'paths.example.com', scope, names: { plural, kind }, versions },
  };
}

function version(name: string, more: Json = {}, spec: Json = {}): Json {
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: spec }, status: { type: 'object' } },
  };
  return { name, served: true, storage: false, schema: { openAPIV3Schema: schema }, ...more };
}

// What stock's server of custom resources answers, which differs from what it answers of built-in kinds.
describe('paths and bodies of custom resources', () => {
  let stack: Stack;
  let admin: Endpoint;
  const send = (method: string, path: string, body?: unknown): Promise<HttpAnswer> =>
    http(
      admin,
      method,
      group + path,
      body,
      method === 'PATCH' ? { 'content-type': 'application/merge-patch+json' } : {},
    );
  const shelf = (more: Json = {}): Json => ({
    apiVersion: 'paths.example.com/v1',
    kind: 'Shelf',
    metadata: { name: 'one' },
    ...more,
  });
  const shelves = '/v1/namespaces/default/shelfs';

  before(async () => {
    stack = await startStack();
    admin = stack.admin;
    const scale = { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' };
    const kinds = [
      definition('shelfs', 'Namespaced', [version('v1', { storage: true, subresources: { scale, status: {} } })]),
      definition('halls', 'Cluster', [
        version('v1', { storage: true }),
        version('v1beta1', { deprecated: true }),
        version('v1alpha1', { deprecated: true, deprecationWarning: 'do not' }),
      ]),
    ];
    for (const kind of kinds) assert.equal((await http(admin, 'POST', definitions, kind)).status, 201);
    assert.equal((await send('POST', shelves, shelf())).status, 201);
  });
  after(() => stack.stop());

  it('do not exist outside of their scope', async () => {
    for (const [method, path] of [
      ['POST', '/v1/shelfs'],
      ['GET', '/v1/shelfs/one'],
      ['DELETE', '/v1/shelfs'],
      ['PUT', '/v1/shelfs/one'],
      ['GET', '/v1/namespaces/default/halls'],
      ['GET', '/v1/namespaces/default/nothings'],
      ['GET', '/v2/namespaces/default/shelfs'],
    ] as const) {
      const answer = await send(method, path, method === 'GET' ? undefined : shelf());
      assert.deepEqual([answer.status, answer.text], [404, '404 page not found\n'], `${method} ${path}`);
    }
    assert.equal((await send('GET', '/v1/shelfs')).status, 200);
  });

  it('need a name for changes, take any for a create, and say what they do not support', async () => {
    const message = async (method: string, path: string): Promise<[number, string]> => {
      const answer = await send(method, shelves + path, shelf());
      return [answer.status, answer.json<{ message: string }>().message];
    };
    assert.deepEqual(await message('PUT', ''), [400, 'name must be provided']);
    assert.deepEqual(await message('PATCH', ''), [400, 'name must be provided']);
    const kind = 'is not supported on resources of kind "shelfs.paths.example.com"';
    assert.deepEqual(await message('POST', '/one/status'), [405, `create ${kind}`]);
    assert.deepEqual(await message('DELETE', '/one/scale'), [405, `delete ${kind}`]);
    assert.deepEqual(await message('GET', '/one/other'), [404, 'shelfs.paths.example.com "one" not found']);
    const made = await send('POST', `${shelves}/ignored`, shelf({ metadata: { name: 'other' } }));
    assert.equal(made.status, 201, made.text);
    assert.equal(made.json<{ metadata: { name: string } }>().metadata.name, 'other');
  });

  it('must say what they are', async () => {
    const message = async (body: unknown): Promise<[number, string]> => {
      const answer = await send('POST', shelves, body);
      return [answer.status, answer.json<{ message: string }>().message];
    };
    const nothing =
      "the object provided is unrecognized (must be of type Shelf): Object 'Kind' is missing in '{}' ({})";
    assert.deepEqual(await message({}), [400, nothing]);
    const wanted = 'does not match the expected API version (paths.example.com/v1)';
    assert.deepEqual(await message({ kind: 'Shelf' }), [400, `the API version in the data () ${wanted}`]);
    assert.deepEqual(await message(shelf({ apiVersion: 'paths.example.com/v9' })), [
      400,
      `the API version in the data (paths.example.com/v9) ${wanted}`,
    ]);
    const other = 'Other.paths.example.com "one" is invalid: kind: Invalid value: "Other": must be Shelf';
    assert.deepEqual(await message(shelf({ kind: 'Other' })), [422, other]);
  });

  it('are discovered with the status first, and verbs in the order that stock writes them', async () => {
    const { resources } = (await send('GET', '/v1')).json<{ resources: { name: string; verbs: string[] }[] }>();
    assert.deepEqual(
      resources.map(({ name }) => name),
      ['halls', 'shelfs', 'shelfs/status', 'shelfs/scale'],
    );
    const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
    assert.deepEqual(resources[0]?.verbs, verbs);
  });

  it('warn of deprecated versions, and name a newer one', async () => {
    const warning = async (name: string): Promise<unknown> => (await send('GET', `/${name}/halls`)).headers['warning'];
    const newer = 'paths.example.com/v1beta1 Hall is deprecated; use paths.example.com/v1 Hall';
    assert.equal(await warning('v1beta1'), `299 - "${newer}"`);
    assert.equal(await warning('v1alpha1'), '299 - "do not"');
    assert.equal(await warning('v1'), undefined);
  });

  it('are read with new defaults of the version they are stored in, whichever version is asked for', async () => {
    const text = (value: string): Json => ({ type: 'string', default: value });
    const later = definition('racks', 'Cluster', [
      version('v1', { storage: true }),
      version('v2', {}, { b: text('B') }),
    ]);
    const made = (await http(admin, 'POST', definitions, later)).json<{ metadata: Json }>();
    const rack = { apiVersion: 'paths.example.com/v1', kind: 'Rack', metadata: { name: 'r' }, spec: {} };
    assert.equal((await send('POST', '/v1/racks', rack)).status, 201);
    const shared = { a: { type: 'string' }, b: { type: 'string' } };
    const changed = definition('racks', 'Cluster', [
      version('v1', { storage: true }, { ...shared, a: text('A') }),
      version('v2', {}, { ...shared, b: text('B') }),
    ]);
    const path = `${definitions}/racks.paths.example.com`;
    const updated = await http(admin, 'PUT', path, { ...changed, metadata: made.metadata });
    assert.equal(updated.status, 200, updated.text);
    const read = async (name: string): Promise<unknown> =>
      (await send('GET', `/${name}/racks/r`)).json<{ spec: unknown }>().spec;
    assert.deepEqual(await read('v1'), { a: 'A' });
    assert.deepEqual(await read('v2'), { a: 'A' });
  });

  it('have the status that their schema defaults from the moment they are made', async () => {
    const status = { type: 'object', properties: { phase: { type: 'string' } }, default: { phase: 'Unknown' } };
    const schema = { openAPIV3Schema: { type: 'object', properties: { status } } };
    const subresources = { status: {} };
    const made = definition('doors', 'Cluster', [{ name: 'v1', served: true, storage: true, schema, subresources }]);
    assert.equal((await http(admin, 'POST', definitions, made)).status, 201);
    const door = {
      apiVersion: 'paths.example.com/v1',
      kind: 'Door',
      metadata: { name: 'd' },
      status: { phase: 'Open' },
    };
    const created = (await send('POST', '/v1/doors', door)).json<{ status: unknown }>();
    const read = (await send('GET', '/v1/doors/d')).json<{ status: unknown }>();
    assert.deepEqual([created.status, read.status], [{ phase: 'Unknown' }, { phase: 'Unknown' }]);
  });
});
