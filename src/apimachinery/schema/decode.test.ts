import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { builtinSchema, builtinSchemaForKind } from '../../api/builtin-types.ts';
import { structSchema, type } from '../../api/own-types.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { parseJson } from '../json-parse.ts';
import { DecodeError, decodeObject } from './decode.ts';
import type { StructSchema } from './schema.ts';

function schemaOf(group: string, version: string, kind: string): StructSchema {
  const schema = builtinSchemaForKind({ group, version, kind });
  assert.ok(schema !== undefined);
  return schema;
}

const configMap = schemaOf('', 'v1', 'ConfigMap');
const deployment = schemaOf('apps', 'v1', 'Deployment');
const event = schemaOf('', 'v1', 'Event');

function decode(schema: StructSchema, text: string) {
  const { value, source } = parseJson(new TextEncoder().encode(text));
  assert.ok(isObject(value));
  return decodeObject(value, schema, source);
}

function problem(schema: StructSchema, text: string): DecodeError {
  try {
    decode(schema, text);
  } catch (error) {
    assert.ok(error instanceof DecodeError);
    return error;
  }
  throw new assert.AssertionError({ message: `no problem with ${text}` });
}

/** A Deployment whose pod template has this spec. */
const pod = (spec: string) => `{"metadata":{"name":"d"},"spec":{"template":{"spec":${spec}}}}`;
const container = (fields: string) => pod(`{"containers":[{"name":"a",${fields}}]}`);

describe('a value of a wrong type is refused in the words of a stock server', () => {
  const template = 'spec.template.spec';
  const quantities = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  for (const [schema, text, expected] of [
    [configMap, '{"data":"x"}', 'string into Go struct field ConfigMap.data of type map[string]string'],
    [configMap, '{"data":{"a":1}}', 'number into Go struct field ConfigMap.data of type string'],
    [configMap, '{"data":[1]}', 'array into Go struct field ConfigMap.data of type map[string]string'],
    [configMap, '{"data":{"a":{}}}', 'object into Go struct field ConfigMap.data of type string'],
    [configMap, '{"data":1.5}', 'number into Go struct field ConfigMap.data of type map[string]string'],
    [configMap, '{"immutable":"x"}', 'string into Go struct field ConfigMap.immutable of type bool'],
    [configMap, '{"binaryData":{"a":3}}', 'number into Go struct field ConfigMap.binaryData of type []uint8'],
    [configMap, '{"metadata":"x"}', 'string into Go struct field ConfigMap.metadata of type v1.ObjectMeta'],
    [configMap, '{"metadata":{"name":1}}', 'number into Go struct field ObjectMeta.metadata.name of type string'],
    [configMap, '{"metadata":{"uid":1}}', 'number into Go struct field ObjectMeta.metadata.uid of type types.UID'],
    [
      configMap,
      '{"metadata":{"labels":{"a":1}}}',
      'number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      configMap,
      '{"metadata":{"creationTimestamp":1}}',
      'number into Go struct field ObjectMeta.metadata.creationTimestamp of type string',
    ],
    [
      configMap,
      '{"metadata":{"generation":1.5}}',
      'number 1.5 into Go struct field ObjectMeta.metadata.generation of type int64',
    ],
    [
      configMap,
      '{"metadata":{"generation":99999999999999999999}}',
      'number 99999999999999999999 into Go struct field ObjectMeta.metadata.generation of type int64',
    ],
    [
      configMap,
      '{"metadata":{"ownerReferences":{}}}',
      'object into Go struct field ObjectMeta.metadata.ownerReferences of type []v1.OwnerReference',
    ],
    [
      configMap,
      '{"metadata":{"ownerReferences":["x"]}}',
      'string into Go struct field ObjectMeta.metadata.ownerReferences of type v1.OwnerReference',
    ],
    [
      configMap,
      '{"metadata":{"finalizers":[1]}}',
      'number into Go struct field ObjectMeta.metadata.finalizers of type string',
    ],
    [deployment, '{"spec":{"replicas":"a"}}', 'string into Go struct field DeploymentSpec.spec.replicas of type int32'],
    [
      deployment,
      '{"spec":{"replicas":3000000000}}',
      'number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      deployment,
      '{"spec":{"strategy":{"type":3}}}',
      'number into Go struct field DeploymentStrategy.spec.strategy.type of type v1.DeploymentStrategyType',
    ],
    [
      deployment,
      '{"spec":{"strategy":[]}}',
      'array into Go struct field DeploymentSpec.spec.strategy of type v1.DeploymentStrategy',
    ],
    [
      deployment,
      '{"spec":{"strategy":{"rollingUpdate":{"maxSurge":true}}}}',
      'bool into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32',
    ],
    [
      deployment,
      '{"spec":{"strategy":{"rollingUpdate":{"maxSurge":9999999999}}}}',
      'number 9999999999 into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32',
    ],
    [
      deployment,
      pod('{"containers":{}}'),
      `object into Go struct field PodSpec.${template}.containers of type []v1.Container`,
    ],
    [
      deployment,
      pod('{"containers":[{"name":1}]}'),
      `number into Go struct field Container.${template}.containers.name of type string`,
    ],
    [
      deployment,
      container('"resources":{"limits":"x"}'),
      `string into Go struct field ResourceRequirements.${template}.containers.resources.limits of type v1.ResourceList`,
    ],
    [
      deployment,
      container('"ports":[{"protocol":4}]'),
      `number into Go struct field ContainerPort.${template}.containers.ports.protocol of type v1.Protocol`,
    ],
    [
      deployment,
      pod('{"volumes":[{"name":"v","hostPath":"x"}]}'),
      `string into Go struct field Volume.${template}.volumes.hostPath of type v1.HostPathVolumeSource`,
    ],
  ] as const)
    it(text, () => assert.equal(problem(schema, text).problem, `json: cannot unmarshal ${expected}`));

  for (const [schema, text, expected] of [
    [configMap, '{"binaryData":{"a":"!!"}}', 'illegal base64 data at input byte 0'],
    [configMap, '{"binaryData":{"a":"YQ"}}', 'illegal base64 data at input byte 0'],
    [deployment, container('"resources":{"limits":{"cpu":"abc"}}'), quantities],
    [deployment, container('"resources":{"limits":{"cpu":true}}'), quantities],
    [deployment, container('"resources":{"limits":{"cpu":{}}}'), quantities],
  ] as const)
    it(text, () => assert.equal(problem(schema, text).problem, expected));

  it('names kind and version, and the first problem in the order of the document', () => {
    assert.equal(
      problem(deployment, '{"spec":{"paused":1,"replicas":"a"}}').message,
      'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal number into Go struct field DeploymentSpec.spec.paused of type bool',
    );
  });
});

describe('the first of several problems', () => {
  it('is the first in the document', () => {
    assert.match(problem(configMap, '{"immutable":1,"data":2}').problem, /ConfigMap.immutable/);
    assert.match(problem(configMap, '{"data":2,"immutable":1}').problem, /ConfigMap.data/);
  });

  it('is the one of a type that decodes itself, even when it comes later', () => {
    const text = '{"spec":{"hard":"x"},"status":{"hard":{"a":true}}}';
    assert.match(problem(schemaOf('', 'v1', 'ResourceQuota'), text).problem, /^quantities must match/);
  });

  it('names the byte that is none', () => {
    assert.equal(
      problem(configMap, '{"binaryData":{"a":["x"]}}').problem,
      'json: cannot unmarshal string into Go struct field ConfigMap.binaryData of type uint8',
    );
    assert.match(
      problem(configMap, '{"binaryData":{"a":[256]}}').problem,
      /cannot unmarshal number 256 .* of type uint8$/,
    );
  });
});

describe('times', () => {
  const time = (text: string) => decode(event, JSON.stringify({ firstTimestamp: text })).object['firstTimestamp'];
  const layout = 'as "2006-01-02T15:04:05Z07:00": cannot parse';

  it('become UTC in whole seconds', () => {
    assert.equal(time('2020-01-01T10:00:00.9+02:00'), '2020-01-01T08:00:00Z');
    assert.equal(time('2020-01-01T00:00:00,5Z'), '2020-01-01T00:00:00Z');
    assert.equal(time('2020-01-01T1:00:00Z'), '2020-01-01T01:00:00Z');
    assert.equal(time('2020-02-29T23:59:59Z'), '2020-02-29T23:59:59Z');
    assert.equal(time('0001-01-01T00:00:00Z'), undefined);
  });

  it('keep six decimals where the type has them', () => {
    const { object } = decode(event, '{"eventTime":"2020-01-01T00:00:00.123456+02:00"}');
    assert.equal(object['eventTime'], '2019-12-31T22:00:00.123456Z');
    assert.equal(
      problem(event, '{"eventTime":"2020-01-01T00:00:00Z"}').problem,
      'parsing time "2020-01-01T00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    );
  });

  for (const [text, expected] of [
    ['x', `${layout} "x" as "2006"`],
    ['', `${layout} "" as "2006"`],
    ['2020-1-01T00:00:00Z', `${layout} "1-01T00:00:00Z" as "01"`],
    ['2020-01-01 00:00:00Z', `${layout} " 00:00:00Z" as "T"`],
    ['2020-01-01T00:00:00', `${layout} "" as "Z07:00"`],
    ['2020-01-01T00:00:00.Z', `${layout} ".Z" as "Z07:00"`],
    ['2020-01-01T00:00:00+0200', `${layout} "+0200" as "Z07:00"`],
  ] as const)
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.equal(
        problem(event, JSON.stringify({ firstTimestamp: text })).problem,
        `parsing time "${text}" ${expected}`,
      ));

  for (const [text, expected] of [
    ['2020-13-01T00:00:00Z', 'month out of range'],
    ['2020-02-30T00:00:00Z', 'day out of range'],
    ['2020-01-01T24:00:00Z', 'hour out of range'],
    ['2020-01-01T00:61:00Z', 'minute out of range'],
    ['2020-01-01T00:00:61Z', 'second out of range'],
    ['2020-01-01T00:00:00+25:00', 'time zone offset hour out of range'],
    ['2020-01-01T00:00:00Zx', 'extra text: "x"'],
  ] as const)
    it(`refuses ${text}`, () =>
      assert.equal(
        problem(event, JSON.stringify({ firstTimestamp: text })).problem,
        `parsing time "${text}": ${expected}`,
      ));
});

describe('what is stored of a body', () => {
  it('has nulls cleared, empty values dropped and structs filled, as Go writes them', () => {
    const { object, unknown } = decode(
      deployment,
      '{"status":null,"spec":{"replicas":0,"paused":false,"selector":{},"template":{"spec":{"nodeSelector":{},"hostNetwork":false,"containers":[{"name":"c","env":[],"stdin":false,"image":""}]}}}}',
    );
    assert.deepEqual(unknown, []);
    assert.deepEqual(object, {
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      metadata: {},
      spec: {
        replicas: 0,
        selector: {},
        template: { metadata: {}, spec: { containers: [{ name: 'c', resources: {} }] } },
        strategy: {},
      },
      status: {},
    });
    assert.deepEqual(Object.keys(object), ['kind', 'apiVersion', 'metadata', 'spec', 'status']);
  });

  it('has zero values for null inside maps and lists', () => {
    assert.deepEqual(
      decode(
        configMap,
        '{"data":{"a":null},"binaryData":{"b":null,"c":"YR==","d":[1,2]},"metadata":{"finalizers":[null]}}',
      ).object,
      {
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: { finalizers: [''] },
        data: { a: '' },
        binaryData: { b: '', c: 'YQ==', d: 'AQI=' },
      },
    );
  });

  it('has quantities in canonical form', () => {
    const { object } = decode(
      schemaOf('', 'v1', 'ResourceQuota'),
      '{"spec":{"hard":{"a":"1000m","b":1.5,"c":"0.1e3","d":null,"e":" 1Ki "}}}',
    );
    assert.deepEqual((object['spec'] as JsonObject)['hard'], { a: '1', b: '1500m', c: '100', d: '0', e: '1Ki' });
  });

  it('keeps free-form values and big integers untouched', () => {
    const { object, unknown } = decode(
      schemaOf('apps', 'v1', 'ControllerRevision'),
      '{"data":{"x":null,"y":[1e2,{"z":9007199254740993}]},"revision":9007199254740993}',
    );
    assert.deepEqual(object['data'], { x: null, y: [100, { z: 9007199254740993n }] });
    assert.equal(object['revision'], 9007199254740993n);
    assert.deepEqual(unknown, []);
  });

  it('keeps own __proto__ keys of maps', () => {
    const { object } = decode(configMap, '{"data":{"__proto__":"x"}}');
    assert.deepEqual(Object.keys(object['data'] as JsonObject), ['__proto__']);
  });
});

describe('strict decoding', () => {
  const strict = (schema: StructSchema, text: string) => decode(schema, text).unknown;

  it('lists unknown fields with their path and drops them', () => {
    const text = pod(
      '{"containers":[{"name":"a","bar":1,"env":[{"valueFrom":{"secretKeyRef":{"nam":1}}}]}],"x":{"y":1}}',
    );
    assert.deepEqual(strict(deployment, text), [
      'unknown field "spec.template.spec.containers[0].bar"',
      'unknown field "spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.nam"',
      'unknown field "spec.template.spec.x"',
    ]);
  });

  it('tells upper from lower case', () => {
    assert.deepEqual(strict(configMap, '{"metadata":{"Name":"a"},"Data":{}}'), [
      'unknown field "metadata.Name"',
      'unknown field "Data"',
    ]);
  });

  it('lists repeated and unknown fields in the order of the document, each once', () => {
    assert.deepEqual(strict(configMap, '{"data":{"a":"1","a":"2"},"data":{"b":"c"},"foo":1,"foo":{"x":1,"x":2}}'), [
      'duplicate field "data.a"',
      'duplicate field "data"',
      'unknown field "foo"',
    ]);
  });

  it('says nothing about what is inside free-form values', () => {
    assert.deepEqual(strict(schemaOf('apps', 'v1', 'ControllerRevision'), '{"data":{"a":1,"a":2}}'), []);
  });

  it('stops at a hundred', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x${i}`, 1]));
    assert.equal(strict(configMap, JSON.stringify(many)).length, 100);
  });
});

describe('JSON Schemas inside a CustomResourceDefinition', () => {
  const crd = schemaOf('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition');
  const version = (schema: string) => `{"spec":{"versions":[{"name":"v1","schema":{"openAPIV3Schema":${schema}}}]}}`;
  const stored = (schema: string) => {
    const { object, unknown } = decode(crd, version(schema));
    const [first] = (object['spec'] as { versions: JsonObject[] }).versions;
    assert.ok(first !== undefined);
    return { schema: (first['schema'] as JsonObject)['openAPIV3Schema'], unknown };
  };

  it('keep every form of items and additionalProperties', () => {
    const schema = {
      items: { type: 'string' },
      additionalProperties: true,
      properties: { a: { items: [{ type: 'integer' }], additionalProperties: { type: 'x' } } },
      default: { a: null },
      enum: [1, null],
    };
    const { properties, additionalProperties, ...rest } = stored(JSON.stringify(schema)).schema as JsonObject;
    assert.deepEqual({ ...rest, properties, additionalProperties }, schema);
  });

  it('report unknown fields, but not inside values that decode themselves', () => {
    const { schema, unknown } = stored('{"foo":1,"properties":{"a":{"bar":1}},"items":{"baz":1,"type":"string"}}');
    assert.deepEqual(unknown, [
      'unknown field "spec.versions[0].schema.openAPIV3Schema.foo"',
      'unknown field "spec.versions[0].schema.openAPIV3Schema.properties.a.bar"',
    ]);
    assert.deepEqual((schema as JsonObject)['items'], { type: 'string' });
  });

  it('refuse what is neither a schema nor a boolean', () => {
    assert.equal(problem(crd, version('{"additionalProperties":"x"}')).problem, 'boolean or JSON schema expected');
  });
});

describe('our own kinds', () => {
  const schema = structSchema({
    gvk: { group: 'tenancy.kcp.io', version: 'v1alpha1', kind: 'Workspace' },
    fields: {
      spec: type.struct({ count: type.int64, free: type.any }),
      status: type.struct({}, { preserveUnknown: true }),
    },
  });

  it('keep what clients sent: no zero value is added or dropped', () => {
    const { object, unknown } = decode(schema, '{"spec":{"count":0,"free":{},"x":1},"status":{"a":[]}}');
    assert.deepEqual(object, {
      kind: 'Workspace',
      apiVersion: 'tenancy.kcp.io/v1alpha1',
      metadata: {},
      spec: { count: 0, free: {} },
      status: { a: [] },
    });
    assert.deepEqual(unknown, ['unknown field "spec.x"']);
    assert.equal(schema.name, 'io.kcp.tenancy.v1alpha1.Workspace');
  });
});

it('decoding what was decoded changes nothing, for any value that is accepted', () => {
  const podSpec = builtinSchema('io.k8s.api.core.v1.PodSpec');
  const names = [...podSpec.fields.keys(), 'name', 'image', 'value', 'limits', 'x'];
  const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom<Json>('', 'a', 'YQ==', '1', '5m', 0, 1, 7.5, true, false, null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 4 }),
    ),
  })).value;
  let accepted = 0;
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), json, { maxKeys: 3 }), (value) => {
      try {
        const once = decodeObject(value, podSpec).object;
        const twice = decodeObject(once as JsonObject, podSpec);
        assert.deepEqual(twice.object, once);
        assert.deepEqual(twice.unknown, []);
        accepted++;
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error));
      }
    }),
  );
  assert.ok(accepted > 0);
});
