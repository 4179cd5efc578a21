import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtinDefinitions } from '../../api/builtin.ts';
import { structSchema, type } from '../../api/own-types.ts';
import type { ResourceDefinition } from '../../api/resource-definition.ts';
import type { Json, JsonObject } from '../json.ts';
import { encodeGnostic } from './gnostic.ts';
import { openApiV2Document } from './v2.ts';
import { openApiV3Document, openApiV3Index, type Section, sectionsOf } from './v3.ts';

const deployments = builtinDefinitions.find((each) => each.resource === 'deployments');
assert.ok(deployments !== undefined);

const widgets: ResourceDefinition = {
  ...deployments,
  group: 'example.com',
  resource: 'widgets',
  kind: 'Widget',
  listKind: 'WidgetList',
  scope: 'Cluster',
  builtIn: false,
  versions: [
    {
      version: 'v1',
      served: true,
      schema: structSchema({
        gvk: { group: 'example.com', version: 'v1', kind: 'Widget' },
        fields: {
          spec: type.struct({ size: { schema: type.int32, required: true }, port: type.intOrString, free: type.any }),
        },
      }),
      table: { columns: [], cells: () => [] },
    },
  ],
};

const all = [...builtinDefinitions, widgets];

/** Every object anywhere inside a document. */
function* objects(value: Json | undefined): Generator<JsonObject> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value;
  for (const item of Array.isArray(value) ? value : Object.values(value)) yield* objects(item);
}

function at(value: Json | undefined, ...path: (string | number)[]): Json | undefined {
  let here: Json | undefined = value;
  for (const part of path)
    here = typeof here === 'object' && here !== null ? (here as JsonObject)[String(part)] : undefined;
  return here;
}

const item = '/apis/apps/v1/namespaces/{namespace}/deployments/{name}';

function sectionAt(path: string): Section {
  const found = sectionsOf(all).find((section) => section.path === path);
  assert.ok(found !== undefined, path);
  return found;
}

describe('OpenAPI v3', () => {
  it('has a document for every group and version, and an index that names them by content', () => {
    const index = openApiV3Index(sectionsOf(all), (path) => path.toUpperCase(), '/clusters/x');
    assert.equal(
      at(index, 'paths', 'apis/apps/v1', 'serverRelativeURL'),
      '/clusters/x/openapi/v3/apis/apps/v1?hash=APIS/APPS/V1',
    );
    assert.equal(at(index, 'paths', 'api/v1', 'serverRelativeURL'), '/clusters/x/openapi/v3/api/v1?hash=API/V1');
  });

  for (const section of sectionsOf(all))
    it(`${section.path} refers only to what it defines, and lets kubectl validate every kind that can be patched`, () => {
      const document = openApiV3Document(section, all);
      for (const object of objects(document)) {
        const reference = object['$ref'];
        if (typeof reference !== 'string') continue;
        assert.ok(reference.startsWith('#/components/schemas/'));
        assert.ok(at(document, 'components', 'schemas', reference.slice(21)) !== undefined, reference);
      }
      for (const operation of objects(document['paths'])) {
        if (operation['x-kubernetes-action'] !== 'patch') continue;
        const parameters = operation['parameters'] as JsonObject[];
        assert.ok(parameters.some((parameter) => parameter['name'] === 'fieldValidation'));
        assert.ok(at(operation, 'x-kubernetes-group-version-kind', 'kind') !== undefined);
      }
    });

  it('offers strategic merge patches for built-in kinds only', () => {
    const builtin = openApiV3Document(sectionAt('apis/apps/v1'), all);
    assert.deepEqual(Object.keys(at(builtin, 'paths', item, 'patch', 'requestBody', 'content') as JsonObject), [
      'application/apply-patch+yaml',
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/strategic-merge-patch+json',
    ]);
    const own = openApiV3Document(sectionAt('apis/example.com/v1'), all);
    const types = at(own, 'paths', '/apis/example.com/v1/widgets/{name}', 'patch', 'requestBody', 'content');
    assert.ok(!Object.keys(types as JsonObject).includes('application/strategic-merge-patch+json'));
  });

  it('gives lists their keys, structs their defaults and kinds their group and version', () => {
    const schemas = at(openApiV3Document(sectionAt('apis/apps/v1'), all), 'components', 'schemas');
    assert.deepEqual(at(schemas, 'io.k8s.api.core.v1.Container', 'properties', 'ports'), {
      type: 'array',
      items: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.ContainerPort' }], default: {} },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
      'x-kubernetes-patch-merge-key': 'containerPort',
      'x-kubernetes-patch-strategy': 'merge',
    });
    assert.deepEqual(at(schemas, 'io.k8s.api.core.v1.ContainerPort', 'properties', 'protocol'), {
      type: 'string',
      enum: ['SCTP', 'TCP', 'UDP'],
      default: 'TCP',
    });
    assert.deepEqual(at(schemas, 'io.k8s.api.apps.v1.Deployment', 'x-kubernetes-group-version-kind'), [
      { group: 'apps', kind: 'Deployment', version: 'v1' },
    ]);
  });

  it('writes our own kinds out, with a list type, as for a CustomResourceDefinition', () => {
    const document = openApiV3Document(sectionAt('apis/example.com/v1'), all);
    assert.deepEqual(at(document, 'components', 'schemas', 'com.example.v1.Widget', 'properties', 'spec'), {
      type: 'object',
      required: ['size'],
      properties: {
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        port: { 'x-kubernetes-int-or-string': true },
        size: { type: 'integer', format: 'int32' },
      },
    });
    const list = at(document, 'components', 'schemas', 'com.example.v1.WidgetList');
    assert.deepEqual(at(list, 'required'), ['items']);
    assert.deepEqual(at(list, 'properties', 'metadata'), {
      $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta',
    });
    assert.equal(
      at(document, 'paths', '/apis/example.com/v1/widgets', 'post', 'operationId'),
      'createExampleComV1Widget',
    );
  });

  it('takes descriptions from who has them', () => {
    const document = openApiV3Document(sectionAt('apis/apps/v1'), all, (name, field) =>
      name.endsWith('.Deployment') ? (field ?? 'kind') : undefined,
    );
    const schema = at(document, 'components', 'schemas', 'io.k8s.api.apps.v1.Deployment');
    assert.equal(at(schema, 'description'), 'kind');
    assert.equal(at(schema, 'properties', 'spec', 'description'), 'spec');
  });
});

describe('OpenAPI v2', () => {
  const document = openApiV2Document(all);

  it('refers only to what it defines', () => {
    for (const object of objects(document)) {
      const reference = object['$ref'];
      if (typeof reference === 'string')
        assert.ok(at(document, ...reference.slice('#/'.length).split('/')) !== undefined, reference);
    }
  });

  it('says once what many operations have, but keeps in place what kubectl up to 1.27 looks for', () => {
    const create = at(document, 'paths', '/api/v1/namespaces/{namespace}/configmaps', 'post', 'parameters');
    assert.ok(Array.isArray(create));
    const names = create.map((parameter) => at(parameter, 'name') ?? at(parameter, '$ref'));
    assert.deepEqual(
      names.map((name) => (typeof name === 'string' ? name.replace(/-\w{8}$/, '') : name)),
      ['body', 'dryRun', '#/parameters/fieldManager', 'fieldValidation'],
    );
  });

  it('has the old paths of watches, for built-in kinds only', () => {
    const paths = Object.keys(at(document, 'paths') as JsonObject).filter((path) => path.includes('/watch/'));
    assert.ok(paths.includes('/apis/apps/v1/watch/namespaces/{namespace}/deployments/{name}'));
    assert.ok(!paths.some((path) => path.includes('widgets')));
  });

  it('has no defaults and plain references', () => {
    assert.deepEqual(at(document, 'definitions', 'io.k8s.api.apps.v1.Deployment', 'properties', 'spec'), {
      $ref: '#/definitions/io.k8s.api.apps.v1.DeploymentSpec',
    });
    assert.deepEqual(at(document, 'definitions', 'io.k8s.apimachinery.pkg.util.intstr.IntOrString'), {
      type: 'string',
      format: 'int-or-string',
    });
  });

  it('is encoded for gnostic', () => {
    const tiny = encodeGnostic({
      swagger: '2.0',
      info: { title: 'T', version: 'v' },
      paths: {},
      definitions: { A: { type: 'object', required: ['b'], properties: { b: { $ref: '#/definitions/B' } }, 'x-y': 1 } },
    });
    // openapi.v2.Document as gnostic-models' own Go code writes it.
    assert.equal(
      Buffer.from(tiny).toString('hex'),
      '0a03322e3012060a015412017642004a3f0a3d0a014112389a010162b201080a066f626a656374ca01180a160a016212110a0f232f646566696e6974696f6e732f42fa010b0a03782d7912041202310a',
    );
    assert.ok(encodeGnostic(document).byteLength > 100_000);
  });

  it('is encoded for gnostic with extensions as YAML, in the form of stock', () => {
    const kinds = [{ group: '', kind: 'A', version: 'v1' }];
    const rules = [{ message: 'not b', rule: "!(self == 'b')" }];
    const encoded = encodeGnostic({
      swagger: '2.0',
      info: { title: 'T', version: 'v' },
      paths: {},
      definitions: {
        A: { type: 'object', 'x-kubernetes-group-version-kind': kinds, 'x-kubernetes-validations': rules },
      },
    });
    const text = Buffer.from(encoded).toString();
    assert.ok(text.includes('- group: ""\n  kind: A\n  version: v1\n'), text);
    assert.ok(text.includes("- message: not b\n  rule: '!(self == ''b'')'\n"), text);
  });

  it('is encoded for gnostic with its shared parameters and what authenticates', () => {
    const encoded = encodeGnostic({
      swagger: '2.0',
      info: { title: 'T', version: 'v' },
      definitions: {},
      parameters: { p: { name: 'n', in: 'query', type: 'string' } },
      paths: { '/': { parameters: [{ $ref: '#/parameters/p' }] } },
      securityDefinitions: { B: { type: 'apiKey', name: 'a', in: 'header' } },
      security: [{ B: [] }],
    });
    assert.equal(
      Buffer.from(encoded).toString('hex'),
      '0a03322e3012060a0154120176421b12190a012f12144a1212100a0e232f706172616d65746572732f704a00521d0a1b0a0170121612141a121205717565727922016e3206737472696e6762070a050a014212006a1c0a1a0a0142121512130a066170694b65791201611a06686561646572',
    );
  });
});
