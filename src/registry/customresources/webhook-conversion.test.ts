import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createAdmission } from '../../admission/index.ts';
import { builtinDefinitions } from '../../api/builtin.ts';
import { createDefaultContent } from '../../api/default-content.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { decodeObject } from '../../apimachinery/schema/decode.ts';
import { createAuthorizer } from '../../authorization/chain.ts';
import { systemUser } from '../../client/loopback.ts';
import { rootCluster } from '../../logicalcluster/name.ts';
import { createMemoryStore } from '../../storage/memory/store.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import { createCatalogSource } from '../catalog.ts';
import { createRegistry } from '../generic/registry.ts';
import type { CatalogSource, PatchType, Registry, RequestContext, Target, WatchEvent } from '../registry.ts';
import { standardStorages } from '../standard.ts';
import { apiError } from '../testing.ts';
import { type WebhookCall, WebhookCallError } from '../webhooks.ts';
import { createCustomResourceCatalogs } from './catalogs.ts';

const crds = ['apiextensions.k8s.io', 'v1', 'customresourcedefinitions'] as const;
const text = { type: 'string' };

function hosts(storage: 'v1' | 'v2', reviewVersions = ['v1']): JsonObject {
  const version = (name: string, spec: JsonObject, selectable: string): JsonObject => ({
    name,
    served: true,
    storage: name === storage,
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          spec: { type: 'object', properties: spec },
          status: { type: 'object', properties: { ready: text } },
        },
      },
    },
    subresources: { status: {} },
    selectableFields: [{ jsonPath: selectable }],
  });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'hosts.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'hosts', singular: 'host', kind: 'Host', listKind: 'HostList' },
      versions: [
        version('v1', { address: text }, '.spec.address'),
        version('v2', { name: text, port: { ...text, default: '80' } }, '.spec.name'),
      ],
      conversion: {
        strategy: 'Webhook',
        webhook: { clientConfig: { url: 'https://hooks.example.com/' }, conversionReviewVersions: reviewVersions },
      },
    },
  };
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** `address: name:port` in v1 is `name` and `port` in v2. */
function convertSpec(object: JsonObject, apiVersion: string): JsonObject {
  const spec = isObject(object['spec']) ? object['spec'] : {};
  if (object['apiVersion'] === apiVersion) return object;
  const [name = '', port = ''] = textOf(spec['address']).split(':');
  const converted = apiVersion.endsWith('v2')
    ? { name, port }
    : { address: `${textOf(spec['name'])}:${textOf(spec['port'])}` };
  return { ...object, apiVersion, spec: converted };
}

type Answer = (review: JsonObject, objects: readonly JsonObject[]) => Json;

describe('conversion by a webhook', () => {
  let store: ObjectStore;
  let registry: Registry;
  let catalogs: CatalogSource;
  let ctx: RequestContext;
  let calls: WebhookCall[];
  let answer: Answer;

  const honest: Answer = (review, objects) => {
    const request = review['request'] as JsonObject;
    return {
      apiVersion: review['apiVersion'],
      kind: 'ConversionReview',
      response: {
        uid: request['uid'],
        result: { status: 'Success' },
        convertedObjects: objects.map((each) => convertSpec(each, textOf(request['desiredAPIVersion']))),
      },
    };
  };

  beforeEach(async () => {
    store = createMemoryStore({ defaults: createDefaultContent({ caCertificatePem: 'certificate' }), progressMs: 2 });
    const builtIn = createCatalogSource({ definitions: builtinDefinitions, resources: ['*'] });
    calls = [];
    answer = honest;
    catalogs = createCustomResourceCatalogs(store, builtIn, {
      call(call) {
        calls.push(call);
        const review = JSON.parse(call.body) as JsonObject;
        const objects = (review['request'] as JsonObject)['objects'] as JsonObject[];
        return Promise.resolve().then(() => answer(review, objects) as JsonObject);
      },
    });
    registry = createRegistry({
      store,
      catalogs,
      admission: createAdmission({ store, catalogs, plugins: [], authorizer: createAuthorizer({ store }) }),
      ...standardStorages({ store, externalUrl: 'https://atoll.test', builtIn }),
    });
    const cluster = await store.cluster(rootCluster);
    assert.ok(cluster);
    ctx = {
      cluster,
      user: systemUser,
      signal: new AbortController().signal,
      warn: () => undefined,
      defaultFieldManager: 'test',
    };
    await create(crds, hosts('v1'), '');
  });

  async function target(
    [group, version, resource]: readonly [string, string, string],
    name = '',
    subresource = '',
  ): Promise<Target> {
    const found = (await catalogs.catalogFor(ctx.cluster)).find(group, version, resource);
    assert.ok(found);
    const namespace = found.definition.scope === 'Namespaced' ? 'default' : '';
    return { ...found, namespace, name, subresource };
  }
  const writing = { dryRun: false, fieldValidation: 'Strict' as const };
  const v1 = ['example.com', 'v1', 'hosts'] as const;
  const v2 = ['example.com', 'v2', 'hosts'] as const;

  async function create(gvr: readonly [string, string, string], object: JsonObject, _ns = 'default') {
    const at = await target(gvr);
    const decoded = decodeObject(object, at.version.schema).object;
    return (await registry.create(ctx, at, decoded, writing)).object();
  }
  const host = (version: 'v1' | 'v2', name: string, spec: JsonObject, more: JsonObject = {}): JsonObject => ({
    apiVersion: `example.com/${version}`,
    kind: 'Host',
    metadata: { name, namespace: 'default', ...more },
    spec,
  });
  const get = async (gvr: readonly [string, string, string], name: string): Promise<KubeObject> =>
    (await registry.get(ctx, await target(gvr, name), {})).object();
  const stored = async (name: string) =>
    (await store.get({ cluster: rootCluster, resource: 'hosts.example.com', namespace: 'default', name }))?.object;
  const patch = async (
    gvr: readonly [string, string, string],
    name: string,
    type: PatchType,
    document: JsonObject,
    manager = 'test',
    subresource = '',
  ) =>
    (
      await registry.patch(
        ctx,
        await target(gvr, name, subresource),
        { type, patch: document, strictErrors: [] },
        { ...writing, fieldManager: manager },
      )
    ).object.object();

  it('stores the storage version whatever was sent, and serves every version', async () => {
    const made = await create(v2, host('v2', 'a', { name: 'x', port: '1' }));
    assert.deepEqual([made.apiVersion, made['spec']], ['example.com/v2', { name: 'x', port: '1' }]);
    assert.deepEqual((await stored('a'))?.['spec'], { address: 'x:1' });
    assert.deepEqual((await get(v1, 'a'))['spec'], { address: 'x:1' });
    assert.deepEqual((await get(v2, 'a'))['spec'], { name: 'x', port: '1' });
  });

  it('asks nobody when an object is in the wanted version, and once for all readers', async () => {
    await create(v1, host('v1', 'a', { address: 'x:1' }));
    await get(v1, 'a');
    assert.equal(calls.length, 0);
    for (let i = 0; i < 3; i++) await get(v2, 'a');
    assert.equal(calls.length, 1);
    const review = JSON.parse(calls[0]?.body ?? '') as { request: { objects: KubeObject[] } };
    assert.equal(review.request.objects[0]?.metadata.resourceVersion, undefined);
    assert.equal((await get(v2, 'a')).metadata.resourceVersion, (await get(v1, 'a')).metadata.resourceVersion);
  });

  it('converts a list in one question, and prunes what comes back', async () => {
    for (const name of ['a', 'b', 'c']) await create(v1, host('v1', name, { address: `${name}:9` }));
    answer = (review, objects) => {
      const honestly = honest(review, objects) as { response: { convertedObjects: JsonObject[] } };
      for (const each of honestly.response.convertedObjects) each['spec'] = { name: 'n', more: 'unknown' };
      return honestly;
    };
    const list = await registry.list(ctx, await target(v2), {});
    assert.equal(calls.length, 1);
    assert.deepEqual(
      list.items.map((item) => item.object()['spec']),
      [{ name: 'n' }, { name: 'n' }, { name: 'n' }],
    );
  });

  it('updates and patches in another version, status included', async () => {
    await create(v1, host('v1', 'a', { address: 'x:1' }));
    assert.deepEqual((await patch(v2, 'a', 'merge', { spec: { port: '2' } }))['spec'], { name: 'x', port: '2' });
    assert.deepEqual((await stored('a'))?.['spec'], { address: 'x:2' });
    await patch(v2, 'a', 'merge', { status: { ready: 'yes' }, spec: { port: '3' } }, 'test', 'status');
    assert.deepEqual(
      [(await stored('a'))?.['spec'], (await stored('a'))?.['status']],
      [{ address: 'x:2' }, { ready: 'yes' }],
    );
    const current = await get(v2, 'a');
    const sent = { ...current, spec: { name: 'y', port: '2' } } as JsonObject;
    const at = await target(v2, 'a');
    const updated = await registry.update(ctx, at, decodeObject(sent, at.version.schema).object, writing);
    assert.deepEqual(updated.object.object()['spec'], { name: 'y', port: '2' });
    assert.deepEqual((await get(v1, 'a'))['spec'], { address: 'y:2' });
    assert.equal((await get(v1, 'a')).metadata.generation, 3);
  });

  it('finds conflicts of server-side apply between managers of different versions', async () => {
    await patch(v1, 'a', 'apply', host('v1', 'a', { address: 'x:1' }), 'one');
    await assert.rejects(patch(v2, 'a', 'apply', host('v2', 'a', { name: 'x', port: '2' }), 'two'), (error: Error) =>
      /conflict with "one": .spec.address/.test(error.message),
    );
    const same = await patch(v2, 'a', 'apply', host('v2', 'a', { name: 'x', port: '1' }), 'two');
    assert.deepEqual(
      same.metadata.managedFields?.map(({ manager, apiVersion }) => `${manager} ${apiVersion}`).toSorted(),
      ['one example.com/v1', 'two example.com/v2'],
    );
  });

  it('watches in another version, in order', async () => {
    await create(v1, host('v1', 'a', { address: 'a:1' }));
    const events: WatchEvent[] = [];
    let wake: () => void = () => undefined;
    const stop = await registry.watch(
      ctx,
      await target(v2),
      {},
      {
        events: (batch) => {
          events.push(...batch);
          wake();
        },
        initialEventsEnd: () => undefined,
        end: () => undefined,
      },
    );
    for (const name of ['b', 'c']) await create(v1, host('v1', name, { address: `${name}:1` }));
    await patch(v1, 'b', 'merge', { spec: { address: 'b:2' } });
    while (events.length < 4) await new Promise<void>((resolve) => (wake = resolve));
    stop();
    assert.deepEqual(
      events.map(({ type, object }) => [type, object.object.apiVersion, object.object['spec']]),
      [
        ['ADDED', 'example.com/v2', { name: 'a', port: '1' }],
        ['ADDED', 'example.com/v2', { name: 'b', port: '1' }],
        ['ADDED', 'example.com/v2', { name: 'c', port: '1' }],
        ['MODIFIED', 'example.com/v2', { name: 'b', port: '2' }],
      ],
    );
  });

  it('selects by the fields of the version that is asked for', async () => {
    for (const name of ['a', 'b']) await create(v1, host('v1', name, { address: `${name}:1` }));
    const names = async (gvr: readonly [string, string, string], fieldSelector: string) =>
      (await registry.list(ctx, await target(gvr), { fieldSelector })).items.map((each) => each.object().metadata.name);
    assert.deepEqual(await names(v2, 'spec.name=b'), ['b']);
    assert.deepEqual(await names(v1, 'spec.address=a:1'), ['a']);
    await assert.rejects(names(v2, 'spec.address=a:1'), apiError(400, 'field label not supported: spec.address'));
  });

  it('moves objects to a new storage version when they are written again', async () => {
    await create(v1, host('v1', 'a', { address: 'x:1' }));
    const [group, version, resource] = crds;
    const crd = (await registry.get(ctx, await target([group, version, resource], 'hosts.example.com'), {})).object();
    const at = await target(crds, 'hosts.example.com');
    const next = {
      ...crd,
      spec: { ...(crd['spec'] as JsonObject), versions: (hosts('v2')['spec'] as JsonObject)['versions'] },
    };
    await registry.update(ctx, at, decodeObject(next as JsonObject, at.version.schema).object, writing);
    const changed = (await registry.get(ctx, at, {})).object();
    assert.deepEqual((changed['status'] as JsonObject)['storedVersions'], ['v1', 'v2']);
    assert.equal((await stored('a'))?.apiVersion, 'example.com/v1');
    assert.deepEqual((await get(v2, 'a'))['spec'], { name: 'x', port: '1' });
    assert.deepEqual((await get(v1, 'a'))['spec'], { address: 'x:1' });
    await patch(v1, 'a', 'merge', { metadata: { labels: { again: 'yes' } } });
    assert.deepEqual(
      [(await stored('a'))?.apiVersion, (await stored('a'))?.['spec']],
      ['example.com/v2', { name: 'x', port: '1' }],
    );
    assert.deepEqual((await get(v1, 'a'))['spec'], { address: 'x:1' });
  });

  it('deletes without asking', async () => {
    await create(v1, host('v1', 'a', { address: 'x:1' }));
    answer = () => {
      throw new WebhookCallError('is dead');
    };
    await registry.delete(ctx, await target(v2, 'a'), { dryRun: false });
    assert.equal(await stored('a'), undefined);
  });

  const gvk = 'conversion webhook for example.com/v1, Kind=Host';
  const change =
    (edit: (response: JsonObject, object: JsonObject) => void): Answer =>
    (review, objects) => {
      const review2 = honest(review, objects) as { response: JsonObject & { convertedObjects: JsonObject[] } };
      edit(review2.response, review2.response.convertedObjects[0] as JsonObject);
      return review2;
    };
  const metadataOf = (object: JsonObject): JsonObject => object['metadata'] as JsonObject;
  const bad: readonly (readonly [string, Answer, string])[] = [
    ['has another uid', change((response) => (response['uid'] = 'x')), `${gvk} failed: expected response.uid=`],
    [
      'fails',
      change((response) => (response['result'] = { status: 'Failure', message: 'no way' })),
      `${gvk} failed: no way`,
    ],
    [
      'says nothing of success',
      change((response) => delete response['result']),
      `${gvk} failed: response.result.status was '', not 'Success'`,
    ],
    [
      'gives nothing',
      change((response) => (response['convertedObjects'] = [])),
      `${gvk} returned 0 objects, expected 1`,
    ],
    [
      'gives another version',
      change((_, object) => (object['apiVersion'] = 'example.com/v3')),
      `${gvk} returned invalid object at index 0: invalid groupVersion (expected example.com/v2, received example.com/v3)`,
    ],
    [
      'gives another kind',
      change((_, object) => (object['kind'] = 'Guest')),
      `${gvk} returned invalid object at index 0: invalid kind (expected Host, received Guest)`,
    ],
    [
      'gives another name',
      change((_, object) => (metadataOf(object)['name'] = 'z')),
      `${gvk} returned invalid object: must have the same name: a != z`,
    ],
    [
      'gives another UID',
      change((_, object) => (metadataOf(object)['uid'] = 'b')),
      `${gvk} returned invalid object: must have the same UID: `,
    ],
    [
      'gives bad labels',
      change((_, object) => (metadataOf(object)['labels'] = { a: 1 })),
      `${gvk} returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object`,
    ],
    [
      'is no review',
      () => ({ apiVersion: 'v1', kind: 'Status' }),
      `${gvk} failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got v1, Kind=Status`,
    ],
    [
      'has no response',
      (review) => ({ apiVersion: review['apiVersion'] as string, kind: 'ConversionReview' }),
      `${gvk} failed: no response provided`,
    ],
  ];
  for (const [what, how, message] of bad) {
    it(`fails with stock's text when the answer ${what}`, async () => {
      await create(v1, host('v1', 'a', { address: 'x:1' }));
      answer = how;
      await assert.rejects(get(v2, 'a'), (error: Error & { code?: number }) => {
        assert.equal(error.code, 500);
        assert.ok(error.message.startsWith(message), `${error.message}\nis not\n${message}`);
        return true;
      });
      await assert.rejects(create(v2, host('v2', 'b', { name: 'x' })), /conversion webhook/);
      assert.equal(await stored('b'), undefined);
      assert.deepEqual((await get(v1, 'a'))['spec'], { address: 'x:1' });
    });
  }

  it('keeps metadata but for labels and annotations', async () => {
    await create(v1, host('v1', 'a', { address: 'x:1' }, { labels: { a: 'b' }, finalizers: ['example.com/keep'] }));
    answer = change((_, object) => {
      object['metadata'] = { ...metadataOf(object), labels: { c: 'd' }, annotations: { e: 'f' }, finalizers: [] };
    });
    const { metadata } = await get(v2, 'a');
    assert.deepEqual(
      [metadata.labels, metadata.annotations, metadata.finalizers],
      [{ c: 'd' }, { e: 'f' }, ['example.com/keep']],
    );
  });
});
