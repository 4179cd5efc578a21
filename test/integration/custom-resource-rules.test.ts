import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type HttpAnswer, http } from '../support/http.ts';
import { makeCluster, type Stack, startStack } from '../support/http-stack.ts';

type Json = Record<string, unknown>;
type Status = {
  message: string;
  details: { group?: string; kind?: string; causes?: { field: string; message: string }[] };
};

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const int = { type: 'integer' };
const object = (properties: Json, more: Json = {}): Json => ({ type: 'object', properties, ...more });
const rules = (...list: Json[]): Json => ({ 'x-kubernetes-validations': list });

describe('custom resources with rules over HTTP', () => {
  let stack: Stack;
  const clusters = ['ddddddddddddddd1', 'ddddddddddddddd2'];
  before(async () => {
    stack = await startStack();
    for (const name of clusters) await makeCluster(stack.store, 'root', name, name);
  });
  after(() => stack.stop());

  const ask = (method: string, path: string, body?: unknown, type = 'application/json', cluster = 'root') =>
    http(stack.admin, method, `/clusters/${cluster}${path}`, body, { 'content-type': type });
  const merge = 'application/merge-patch+json';
  const of = (plural: string, name = ''): string =>
    `/apis/rules.example.com/v1/namespaces/default/${plural}${name === '' ? '' : `/${name}`}`;
  const definition = (plural: string, schema: Json, more: Json = {}, spec: Json = {}): Json => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.rules.example.com` },
    spec: {
      group: 'rules.example.com',
      scope: 'Namespaced',
      names: { plural, kind: `K${plural}` },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...more }],
      ...spec,
    },
  });
  const thing = (plural: string, name: string, fields: Json): Json => ({
    apiVersion: 'rules.example.com/v1',
    kind: `K${plural}`,
    metadata: { name },
    ...fields,
  });
  const ok = async (answer: Promise<HttpAnswer>): Promise<HttpAnswer> => {
    const got = await answer;
    assert.ok(got.status < 300, got.text);
    return got;
  };
  const causesOf = (answer: HttpAnswer): string[] => {
    assert.equal(answer.status, 422, answer.text);
    return (answer.json<Status>().details.causes ?? []).map(({ field, message }) => `${field} ${message}`);
  };

  it('are judged on create, update, patch, apply, status and scale', async () => {
    const schema = object(
      {
        spec: object({ size: int, max: int }, rules({ rule: 'self.size <= self.max', fieldPath: '.size' })),
        status: object({ size: int }, rules({ rule: 'self.size >= oldSelf.size', message: 'may only grow' })),
      },
      rules({
        rule: "!self.metadata.name.startsWith('x')",
        messageExpression: "'not ' + self.metadata.name",
        reason: 'FieldValueForbidden',
      }),
    );
    const subresources = { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } };
    await ok(ask('POST', definitions, definition('as', schema, { subresources })));
    const refused = ['spec.size Invalid value: "object": failed rule: self.size <= self.max'];
    assert.deepEqual(causesOf(await ask('POST', of('as'), thing('as', 'a', { spec: { size: 3, max: 2 } }))), refused);
    assert.deepEqual(causesOf(await ask('POST', of('as'), thing('as', 'xa', { spec: { size: 1, max: 2 } }))), [
      '<nil> Forbidden: not xa',
    ]);
    await ok(ask('POST', of('as'), thing('as', 'a', { spec: { size: 1, max: 2 } })));
    assert.deepEqual(causesOf(await ask('PATCH', of('as', 'a'), { spec: { size: 3 } }, merge)), refused);
    const applied = await ask(
      'PATCH',
      `${of('as', 'a')}?fieldManager=m&force=true`,
      thing('as', 'a', { spec: { size: 3 } }),
      'application/apply-patch+yaml',
    );
    assert.deepEqual(causesOf(applied), refused);
    assert.deepEqual(causesOf(await ask('PATCH', `${of('as', 'a')}/scale`, { spec: { replicas: 3 } }, merge)), refused);
    await ok(ask('PATCH', `${of('as', 'a')}/status`, { status: { size: 5 } }, merge));
    assert.deepEqual(causesOf(await ask('PATCH', `${of('as', 'a')}/status`, { status: { size: 4 } }, merge)), [
      'status Invalid value: "object": may only grow',
    ]);
    const dry = await ask('PATCH', `${of('as', 'a')}?dryRun=All`, { spec: { size: 3 } }, merge);
    assert.deepEqual(causesOf(dry), refused);
  });

  it('let be what has not changed, with a warning', async () => {
    await ok(ask('POST', definitions, definition('bs', object({ spec: object({ a: int, b: int }) }))));
    await ok(ask('POST', of('bs'), thing('bs', 'b', { spec: { a: 1, b: 1 } })));
    const later = object({ spec: object({ a: { ...int, ...rules({ rule: 'self > 5' }) }, b: int }) });
    const { versions } = definition('bs', later)['spec'] as Json;
    await ok(ask('PATCH', `${definitions}/bs.rules.example.com`, { spec: { versions } }, merge));
    const unchanged = await ok(ask('PATCH', of('bs', 'b'), { spec: { b: 2 } }, merge));
    assert.match(String(unchanged.headers['warning']), /spec\.a: Invalid value: \\"integer\\": failed rule: self > 5/);
    assert.equal((await ask('PATCH', of('bs', 'b'), { spec: { a: 2 } }, merge)).status, 422);
  });

  it('differ between logical clusters that define the same kind in two ways', async () => {
    for (const [i, cluster] of clusters.entries()) {
      const schema = object({ spec: object({ a: { ...int, ...rules({ rule: `self > ${i * 10}` }) } }) });
      await ok(ask('POST', definitions, definition('cs', schema), 'application/json', cluster));
    }
    const answers = await Promise.all(
      clusters.map((cluster) =>
        ask('POST', of('cs'), thing('cs', 'c', { spec: { a: 5 } }), 'application/json', cluster),
      ),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 422],
    );
  });

  it('say that their webhook cannot be trusted, and are not served until it can', async () => {
    const conversion = (caBundle: string): Json => ({
      conversion: {
        strategy: 'Webhook',
        webhook: { clientConfig: { url: 'https://127.0.0.1:1/', caBundle }, conversionReviewVersions: ['v1'] },
      },
    });
    const made = await ok(ask('POST', definitions, definition('ds', object({}), {}, conversion('AAAA'))));
    const { status } = made.json<{ status: { conditions: { type: string; reason: string; message: string }[] } }>();
    assert.deepEqual(
      status.conditions.find(({ type }) => type === 'Established'),
      {
        ...status.conditions[1],
        status: 'False',
        reason: 'InvalidCABundle',
        message: 'The conversion webhook CABundle is invalid',
      },
    );
    assert.equal((await ask('GET', of('ds'))).status, 404);
    await ok(ask('POST', definitions, definition('es', object({}))));
    const spoiled = await ask('PATCH', `${definitions}/es.rules.example.com`, { spec: conversion('AAAA') }, merge);
    assert.deepEqual(causesOf(spoiled), [
      'spec.conversion.webhookClientConfig.caBundle Invalid value: []byte{0x0, 0x0, 0x0}: unable to load root certificates: unable to parse bytes as PEM block',
    ]);
  });

  it('take what 64 bits do not hold for no integer, and tell of replicas in their own words', async () => {
    const schema = object({ spec: object({ n: int }), status: object({ n: int }) });
    const scale = { specReplicasPath: '.spec.n', statusReplicasPath: '.status.n' };
    await ok(ask('POST', definitions, definition('fs', schema, { subresources: { status: {}, scale } })));
    const sent = JSON.stringify(thing('fs', 'f', { spec: { n: 0 } })).replace('"n":0', '"n":9223372036854775808');
    assert.deepEqual(causesOf(await ask('POST', of('fs'), sent)).slice(0, 1), [
      'spec.n Invalid value: "number": spec.n in body must be of type integer: "number"',
    ]);
    await ok(ask('POST', of('fs'), thing('fs', 'f', { spec: { n: 1 } })));
    assert.deepEqual(causesOf(await ask('PATCH', `${of('fs', 'f')}/scale`, { spec: { replicas: -5 } }, merge)), [
      '.spec.n Invalid value: -5: should be a non-negative integer',
    ]);
  });

  it('end without a new generation or a grace period, and refuse new objects meanwhile', async () => {
    await ok(ask('POST', definitions, definition('gs', object({}))));
    await ok(
      ask('POST', of('gs'), { ...thing('gs', 'g', {}), metadata: { name: 'g', finalizers: ['example.com/keep'] } }),
    );
    const { metadata } = (await ok(ask('DELETE', `${definitions}/gs.rules.example.com`))).json<{ metadata: Json }>();
    assert.deepEqual([metadata['generation'], 'deletionGracePeriodSeconds' in metadata], [1, false]);
    const late = await ask('POST', of('gs'), thing('gs', 'h', {}));
    assert.equal(late.status, 405);
    const { message, details } = late.json<Status>();
    assert.equal(message, 'create not allowed while custom resource definition is terminating');
    assert.deepEqual(details, { group: 'rules.example.com', kind: 'gs' });
  });
});
