import assert from 'node:assert/strict';
import { request as httpsRequest } from 'node:https';
import { after, before, describe, it } from 'node:test';
import { type Endpoint, type HttpAnswer, http } from '../support/http.ts';
import { makeCluster, type Stack, startStack } from '../support/http-stack.ts';
import { eventually } from '../support/wait.ts';

type Json = Record<string, unknown>;
type Thing = {
  kind: string;
  apiVersion: string;
  metadata: { name: string; generation: number; resourceVersion: string };
  spec: Json;
  status?: Json;
};
type Status = {
  message: string;
  reason: string;
  code: number;
  details?: { causes?: { field: string; message: string; reason: string }[] };
};

const crdPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const object = (properties: Json, more: Json = {}) => ({ type: 'object', properties, ...more });
const size = { type: 'integer', minimum: 1, maximum: 9 };
const status = object({ replicas: { type: 'integer' }, phase: { type: 'string', enum: ['Up', 'Down'] } });
const basic = object({ spec: object({ size, color: { type: 'string', default: 'red' } }), status });

function version(name: string, schema: Json, more: Json = {}): Json {
  return {
    name,
    served: true,
    storage: true,
    schema: { openAPIV3Schema: schema },
    subresources: { status: {} },
    ...more,
  };
}

function definition(plural: string, versions: Json[], more: Json = {}): Json {
  const kind = plural.charAt(0).toUpperCase() + plural.slice(1, -1);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural, kind }, versions, ...more },
  };
}

describe('custom resources over HTTP', () => {
  let stack: Stack;
  let admin: Endpoint;
  const tenants = ['bbbbbbbbbbbbbbb1', 'bbbbbbbbbbbbbbb2'];
  before(async () => {
    stack = await startStack();
    admin = stack.admin;
    for (const name of tenants) await makeCluster(stack.store, 'root', name, name);
  });
  after(() => stack.stop());

  const of = (plural: string, name = '', group = 'v1') =>
    `/apis/example.com/${group}/namespaces/default/${plural}${name === '' ? '' : `/${name}`}`;
  const thing = (kind: string, name: string, spec: Json, more: Json = {}) => ({
    apiVersion: 'example.com/v1',
    kind,
    metadata: { name },
    spec,
    ...more,
  });
  async function ok(answer: Promise<HttpAnswer>): Promise<HttpAnswer> {
    const got = await answer;
    assert.ok(got.status < 300, got.text);
    return got;
  }
  const merge = { 'content-type': 'application/merge-patch+json' };

  it('are served as soon as their definition has been created, and are in every document about the API', async () => {
    const created = (await ok(http(admin, 'POST', crdPath, definition('apples', [version('v1', basic)])))).json<{
      status: { conditions: { type: string; status: string }[] };
    }>();
    assert.deepEqual(
      created.status.conditions.map((each) => `${each.type}=${each.status}`),
      ['NamesAccepted=True', 'Established=True'],
    );
    const apple = (await ok(http(admin, 'POST', of('apples'), thing('Apple', 'a', { size: 3 })))).json<Thing>();
    assert.deepEqual(apple.spec, { size: 3, color: 'red' });
    const list = (await ok(http(admin, 'GET', '/apis/example.com/v1'))).json<{
      resources: { name: string; storageVersionHash?: string }[];
    }>();
    assert.deepEqual(
      list.resources.map((each) => each.name),
      ['apples', 'apples/status'],
    );
    const v3 = (await ok(http(admin, 'GET', '/openapi/v3'))).json<{ paths: Json }>();
    assert.ok(v3.paths['apis/example.com/v1']);
    const document = (await ok(http(admin, 'GET', '/openapi/v3/apis/example.com/v1'))).text;
    assert.match(document, /"com\.example\.v1\.Apple"/);
    assert.match(document, /"default":"red"/);
    const v2 = (await ok(http(admin, 'GET', '/openapi/v2'))).json<{
      definitions: Record<string, { properties: Json }>;
    }>();
    assert.deepEqual(Object.keys(v2.definitions['com.example.v1.Apple']?.properties ?? {}).toSorted(), [
      'apiVersion',
      'kind',
      'metadata',
      'spec',
      'status',
    ]);
  });

  it('report unknown fields as the request wants it', async () => {
    const body = thing('Apple', 'unknown', { size: 1, weight: 2 });
    const strict = (await http(admin, 'POST', `${of('apples')}?fieldValidation=Strict`, body)).json<Status>();
    assert.equal(
      strict.message,
      'Apple in version "v1" cannot be handled as a Apple: strict decoding error: unknown field "spec.weight"',
    );
    const warned = await ok(http(admin, 'POST', `${of('apples')}?fieldValidation=Warn&dryRun=All`, body));
    assert.equal(warned.headers['warning'], '299 - "unknown field \\"spec.weight\\""');
    assert.deepEqual(warned.json<Thing>().spec, { size: 1, color: 'red' });
    const text =
      '{"apiVersion":"example.com/v1","kind":"Apple","metadata":{"name":"x","foo":1},"spec":{"size":1,"size":2}}';
    const twice = (await http(admin, 'POST', `${of('apples')}?fieldValidation=Strict`, text)).json<Status>();
    assert.match(twice.message, /duplicate field "spec.size", unknown field "metadata.foo"/);
  });

  it('keep spec and status apart', async () => {
    await ok(http(admin, 'POST', of('apples'), thing('Apple', 'parts', { size: 1 }, { status: { phase: 'Up' } })));
    const first = (await ok(http(admin, 'GET', of('apples', 'parts')))).json<Thing>();
    assert.equal(first.status, undefined);
    const up = (
      await ok(
        http(admin, 'PATCH', `${of('apples', 'parts')}/status`, { spec: { size: 5 }, status: { phase: 'Up' } }, merge),
      )
    ).json<Thing>();
    assert.deepEqual([up.spec['size'], up.status, up.metadata.generation], [1, { phase: 'Up' }, 1]);
    const changed = (
      await ok(http(admin, 'PATCH', of('apples', 'parts'), { spec: { size: 5 }, status: { phase: 'Down' } }, merge))
    ).json<Thing>();
    assert.deepEqual([changed.spec['size'], changed.status, changed.metadata.generation], [5, { phase: 'Up' }, 2]);
    const bad = (
      await http(admin, 'PATCH', `${of('apples', 'parts')}/status`, { status: { phase: 'Odd' } }, merge)
    ).json<Status>();
    assert.deepEqual(bad.details?.causes, [
      {
        reason: 'FieldValueNotSupported',
        message: 'Unsupported value: "Odd": supported values: "Up", "Down"',
        field: 'status.phase',
      },
    ]);
  });

  it('refuse strategic merge patches with the list of what they take', async () => {
    const refused = await http(
      admin,
      'PATCH',
      of('apples', 'a'),
      {},
      { 'content-type': 'application/strategic-merge-patch+json' },
    );
    assert.equal(refused.status, 415);
    assert.equal(
      refused.json<Status>().message,
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    );
  });

  it('refuse an update without a revision', async () => {
    const refused = await http(admin, 'PUT', of('apples', 'a'), thing('Apple', 'a', { size: 2 }));
    assert.equal(refused.status, 422);
    assert.match(refused.text, /metadata.resourceVersion: Invalid value: (0|0x0): must be specified for an update/);
  });

  it('are owned field by field by those who apply them', async () => {
    const apply = (manager: string, spec: Json, force = false) =>
      http(
        admin,
        'PATCH',
        `${of('apples', 'applied')}?fieldManager=${manager}&force=${force}`,
        thing('Apple', 'applied', spec),
        { 'content-type': 'application/apply-patch+yaml' },
      );
    assert.equal((await ok(apply('one', { size: 2 }))).status, 201);
    const conflict = (await apply('two', { size: 3 })).json<Status>();
    assert.equal(conflict.message, 'Apply failed with 1 conflict: conflict with "one": .spec.size');
    assert.equal((await ok(apply('two', { size: 3 }, true))).json<Thing>().spec['size'], 3);
    const odd = (await apply('one', { weight: 3 })).json<Status>();
    assert.match(odd.message, /\.spec\.weight: field not declared in schema/);
  });

  it('are other kinds in other logical clusters, side by side', async () => {
    const schemas = [
      object({ spec: object({ a: { type: 'string' } }) }),
      object({ spec: object({ a: { type: 'integer' } }) }),
    ];
    for (const [i, tenant] of tenants.entries())
      await ok(
        http(admin, 'POST', `/clusters/${tenant}${crdPath}`, definition('pears', [version('v1', schemas[i] ?? {})])),
      );
    const [first, second] = await Promise.all(
      tenants.map((tenant) =>
        http(admin, 'POST', `/clusters/${tenant}${of('pears')}`, thing('Pear', 'p', { a: 'text' })),
      ),
    );
    assert.equal(first?.status, 201);
    assert.equal(second?.status, 422);
    assert.match(second?.text ?? '', /spec.a in body must be of type integer: \\"string\\"/);
    assert.equal((await http(admin, 'GET', of('pears'))).status, 404);
  });

  it('are converted between versions by name only, pruned for each and defaulted for the one they are stored in', async () => {
    const v1 = object({ spec: object({ a: { type: 'string' }, b: { type: 'string', default: 'B' } }) });
    const old = object({ spec: object({ a: { type: 'string' }, c: { type: 'string', default: 'C' } }) });
    const versions = [version('v1beta1', old, { storage: false, deprecated: true }), version('v1', v1)];
    await ok(http(admin, 'POST', crdPath, definition('plums', versions)));
    const made = await ok(
      http(admin, 'POST', of('plums', '', 'v1beta1'), {
        ...thing('Plum', 'p', { a: 'x' }),
        apiVersion: 'example.com/v1beta1',
      }),
    );
    assert.deepEqual([made.json<Thing>().apiVersion, made.json<Thing>().spec], ['example.com/v1beta1', { a: 'x' }]);
    assert.equal(made.headers['warning'], '299 - "example.com/v1beta1 Plum is deprecated; use example.com/v1 Plum"');
    assert.deepEqual((await ok(http(admin, 'GET', of('plums', 'p')))).json<Thing>().spec, { a: 'x', b: 'B' });
    const group = (await ok(http(admin, 'GET', '/apis/example.com'))).json<{ preferredVersion: { version: string } }>();
    assert.equal(group.preferredVersion.version, 'v1');
  });

  it('are read by the schema of today, and what was wrong before an update may stay so', async () => {
    const loose = object({
      spec: object({ size: { type: 'integer' }, gone: { type: 'string' }, note: { type: 'string' } }),
    });
    await ok(http(admin, 'POST', crdPath, definition('melons', [version('v1', loose)])));
    await ok(http(admin, 'POST', of('melons'), thing('Melon', 'm', { size: 50, gone: 'x' })));
    const events = watch(admin, `${of('melons')}?watch=true`);
    await eventually('the first event', () => events.lines.length === 1);
    const tight = object({
      spec: object({ size, note: { type: 'string' }, fresh: { type: 'string', default: 'yes' } }),
    });
    const patch = { spec: { versions: [version('v1', tight)] } };
    await ok(http(admin, 'PATCH', `${crdPath}/melons.example.com`, patch, merge));
    await eventually('the end of the watch', () => events.isEnded());
    const read = (await ok(http(admin, 'GET', of('melons', 'm')))).json<Thing>();
    assert.deepEqual(read.spec, { size: 50, fresh: 'yes' });
    const listed = (await ok(http(admin, 'GET', of('melons')))).json<{ items: Thing[] }>();
    assert.deepEqual(listed.items[0]?.spec, { size: 50, fresh: 'yes' });
    assert.deepEqual(
      (await ok(http(admin, 'PATCH', of('melons', 'm'), { spec: { note: 'n' } }, merge))).json<Thing>().spec['size'],
      50,
    );
    const worse = await http(admin, 'PATCH', of('melons', 'm'), { spec: { size: 60 } }, merge);
    assert.match(worse.text, /spec.size in body should be less than or equal to 9/);
  });

  it('are scaled, selected by their fields, and shown in columns', async () => {
    const schema = object({
      spec: object({ replicas: { type: 'integer' }, color: { type: 'string' } }),
      status: object({ replicas: { type: 'integer' }, selector: { type: 'string' } }),
    });
    const more = {
      subresources: {
        status: {},
        scale: {
          specReplicasPath: '.spec.replicas',
          statusReplicasPath: '.status.replicas',
          labelSelectorPath: '.status.selector',
        },
      },
      selectableFields: [{ jsonPath: '.spec.color' }],
      additionalPrinterColumns: [
        { name: 'Color', type: 'string', jsonPath: '.spec.color' },
        { name: 'Wide', type: 'integer', jsonPath: '.spec.replicas', priority: 1 },
      ],
    };
    await ok(http(admin, 'POST', crdPath, definition('grapes', [version('v1', schema, more)])));
    for (const color of ['red', 'green'])
      await ok(http(admin, 'POST', of('grapes'), thing('Grape', color, { color, replicas: 1 })));
    const scaled = (
      await ok(http(admin, 'PATCH', `${of('grapes', 'red')}/scale`, { spec: { replicas: 4 } }, merge))
    ).json<Thing>();
    assert.deepEqual([scaled.kind, scaled.spec], ['Scale', { replicas: 4 }]);
    const selected = (await ok(http(admin, 'GET', `${of('grapes')}?fieldSelector=spec.color%3Dred`))).json<{
      items: Thing[];
    }>();
    assert.deepEqual(
      selected.items.map((each) => [each.metadata.name, each.spec['replicas']]),
      [['red', 4]],
    );
    const table = (
      await ok(http(admin, 'GET', of('grapes'), undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }))
    ).json<{ columnDefinitions: { name: string; priority: number }[]; rows: { cells: unknown[] }[] }>();
    assert.deepEqual(
      table.columnDefinitions.map((each) => `${each.name} ${each.priority}`),
      ['Name 0', 'Color 0', 'Wide 1'],
    );
    assert.deepEqual(
      table.rows.map((each) => each.cells),
      [
        ['green', 'green', 1],
        ['red', 'red', 4],
      ],
    );
    const partial = await ok(
      http(admin, 'GET', of('grapes'), undefined, {
        accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
      }),
    );
    assert.equal(partial.json<{ kind: string }>().kind, 'PartialObjectMetadataList');
  });

  it('cannot take the place of what is built in', async () => {
    const taken = {
      ...definition('workspaces', [version('v1alpha1', basic)], { group: 'tenancy.kcp.io' }),
      metadata: { name: 'workspaces.tenancy.kcp.io' },
    };
    const made = (await ok(http(admin, 'POST', crdPath, taken))).json<{
      status: { conditions: { reason: string; status: string }[] };
    }>();
    assert.equal(made.status.conditions[0]?.status, 'False');
    assert.equal((await ok(http(admin, 'GET', '/apis/tenancy.kcp.io/v1alpha1/workspaces'))).status, 200);
  });

  it('survive names that are special in JavaScript, and definitions that are meant to hurt', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const properties = JSON.parse(
      `{${names.map((name) => `"${name}":{"type":"string","default":"d"}`).join(',')}}`,
    ) as Json;
    await ok(
      http(
        admin,
        'POST',
        crdPath,
        definition('lemons', [version('v1', object({ spec: object(properties, { default: {} }) }))]),
      ),
    );
    const body = `{"apiVersion":"example.com/v1","kind":"Lemon","metadata":{"name":"l"},"spec":{"__proto__":"p","polluted":"x"}}`;
    const made = await ok(http(admin, 'POST', of('lemons'), body));
    assert.match(made.text, /"__proto__":"p"/);
    assert.match(made.text, /"constructor":"d"/);
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`f${i}`, { type: 'string' }]));
    await ok(http(admin, 'POST', crdPath, definition('limes', [version('v1', object({ spec: object(wide) }))])));
    let deep: Json = { type: 'string' };
    for (let i = 0; i < 400; i++) deep = object({ a: deep });
    const refused = await http(admin, 'POST', crdPath, definition('figs', [version('v1', deep)]));
    assert.equal(refused.status, 422, refused.text.slice(0, 300));
    const catastrophic = object({ spec: object({ a: { type: 'string', pattern: '^(a+)+$' } }) });
    await ok(http(admin, 'POST', crdPath, definition('dates', [version('v1', catastrophic)])));
    const began = performance.now();
    const answer = await http(admin, 'POST', of('dates'), thing('Date', 'd', { a: `${'a'.repeat(50_000)}!` }));
    assert.equal(answer.status, 422);
    assert.ok(performance.now() - began < 2000);
  });
});

/** A watch whose lines are gathered. */
function watch(endpoint: Endpoint, path: string) {
  const lines: string[] = [];
  let ended = false;
  const request = httpsRequest(
    endpoint.url + path,
    { agent: false, ca: endpoint.ca, headers: { authorization: `Bearer ${endpoint.token}` } },
    (response) => {
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => lines.push(...chunk.split('\n').filter((line) => line !== '')));
      response.on('end', () => {
        ended = true;
      });
      response.on('error', () => undefined);
    },
  );
  request.on('error', () => undefined);
  request.end();
  return { lines, isEnded: () => ended };
}
