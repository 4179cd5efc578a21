import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { startAdmissionStack } from '../support/admission-stack.ts';
import { makeCluster, type Stack } from '../support/http-stack.ts';
import { http, type HttpAnswer } from '../support/http.ts';
import { startWebhookServer, type WebhookRequest, type WebhookServer } from '../support/webhook-server.ts';

type Json = Record<string, unknown>;
type Review = { request: { uid: string; operation: string; subResource?: string; name?: string } & Json };
type Status = { message: string; reason?: string; details?: Json };

/** What webhooks answered a stock server, and what it told its client. */
type Vector = {
  readonly hook: 'Validating' | 'Mutating';
  readonly name: string;
  readonly answer: {
    readonly raw?: { readonly status: number; readonly body: string; readonly type: string };
    readonly review?: Json;
  };
  readonly status: number;
  readonly warnings?: readonly string[];
  readonly message?: string;
  readonly reason?: string;
  readonly details?: Json;
  readonly data?: Json;
};
const vectors = JSON.parse(readFileSync(new URL('webhook-answers.json', import.meta.url), 'utf8')) as readonly Vector[];

const tenants = ['cccccccccccccca1', 'cccccccccccccca2'] as const;
const api = '/apis/admissionregistration.k8s.io/v1';
const everything = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }];
const configMaps = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }];

describe('webhooks', () => {
  let stack: Stack;
  let server: WebhookServer;
  before(async () => {
    stack = await startAdmissionStack({ deny: ['169.254.0.0/16'] });
    for (const name of tenants) await makeCluster(stack.store, 'root', name, name);
    server = await startWebhookServer(() => undefined);
  });
  afterEach(async () => {
    for (const cluster of ['root', ...tenants])
      for (const kind of ['mutating', 'validating'])
        await ok(send('DELETE', `${api}/${kind}webhookconfigurations`, undefined, cluster));
  });
  after(async () => {
    await server.stop();
    await stack.stop();
  });

  const send = (
    method: string,
    path: string,
    body?: unknown,
    cluster = 'root',
    headers: Record<string, string> = {},
  ): Promise<HttpAnswer> => http(stack.admin, method, `/clusters/${cluster}${path}`, body, headers);
  const ok = async (answer: Promise<HttpAnswer>): Promise<HttpAnswer> => {
    const got = await answer;
    assert.ok(got.status < 300, got.text);
    return got;
  };
  const review = (request: WebhookRequest): Review => request.json() as Review;
  const allow = (request: WebhookRequest, response: Json = {}): Json => ({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: review(request).request.uid, allowed: true, ...response },
  });
  const patch = (operations: readonly Json[]): Json => ({
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
  });
  const hook = (more: Json = {}): Json => ({
    name: 'a.example.com',
    clientConfig: { url: `${server.url}/hook`, caBundle: server.caBundle },
    rules: configMaps,
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    ...more,
  });
  type Kind = 'Validating' | 'Mutating';
  const install = (kind: Kind, webhooks: readonly Json[], cluster = 'root', name = 'test'): Promise<HttpAnswer> =>
    ok(
      send(
        'POST',
        `${api}/${kind.toLowerCase()}webhookconfigurations`,
        {
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind: `${kind}WebhookConfiguration`,
          metadata: { name },
          webhooks,
        },
        cluster,
      ),
    );
  const uninstall = (kind: Kind, cluster = 'root', name = 'test'): Promise<HttpAnswer> =>
    ok(send('DELETE', `${api}/${kind.toLowerCase()}webhookconfigurations/${name}`, undefined, cluster));
  const maps = '/api/v1/namespaces/default/configmaps';
  const map = (name: string, more: Json = {}): Json => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    ...more,
  });

  describe('that answer', () => {
    for (const kind of ['Validating', 'Mutating'] as const) {
      it(`lead to what a stock server says (${kind})`, async () => {
        await install(kind, [hook()]);
        for (const vector of vectors.filter((each) => each.hook === kind)) {
          server.handler = (request, response) => {
            const { raw } = vector.answer;
            if (raw === undefined) return answerOf(vector.answer.review ?? {}, review(request).request.uid);
            response.writeHead(raw.status, { 'content-type': raw.type });
            response.end(raw.body);
            return undefined;
          };
          const got = await send('POST', `${maps}?dryRun=All`, map('cm'));
          const status = JSON.parse(maskIds(got.text)) as Status & { data?: Json };
          const expected = JSON.parse(JSON.stringify(vector).replaceAll('"rec"', '"default"')) as Vector;
          assert.equal(got.status, expected.status, `${vector.name}: ${got.text}`);
          assert.equal(got.headers['warning'], expected.warnings?.join(', '), vector.name);
          if (expected.message === undefined) assert.deepEqual(status.data, expected.data, vector.name);
          else {
            assert.equal(status.message, expected.message, vector.name);
            assert.equal(status.reason, expected.reason, vector.name);
            assert.deepEqual(status.details ?? {}, expected.details ?? {}, vector.name);
          }
        }
      });
    }

    it('are asked at once after their configuration has been written, and no more after it is gone', async () => {
      server.handler = (request) => allow(request, { allowed: false });
      for (let i = 0; i < 5; i++) {
        await install('Validating', [hook()]);
        assert.equal((await send('POST', maps, map('now'))).status, 400);
        await uninstall('Validating');
        await ok(send('POST', maps, map('now')));
        await ok(send('DELETE', `${maps}/now`));
      }
    });
  });

  it('see requests as a stock server shows them', async () => {
    const seen: Review['request'][] = [];
    server.handler = (request) => {
      seen.push(review(request).request);
      return allow(request);
    };
    await install('Validating', [hook({ rules: everything })]);
    const merge = { 'content-type': 'application/merge-patch+json' };
    await ok(send('POST', `${maps}?fieldManager=me&fieldValidation=Strict`, map('seen', { data: { a: 'b' } })));
    await ok(send('PATCH', `${maps}/seen?fieldManager=me`, { data: { a: 'c' } }, 'root', merge));
    await ok(send('DELETE', `${maps}/seen?gracePeriodSeconds=0&propagationPolicy=Background`));
    const [created, patched, deleted] = seen;
    const { uid: _uid, object, ...rest } = created ?? assert.fail();
    assert.deepEqual(rest, {
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
      requestResource: { group: '', version: 'v1', resource: 'configmaps' },
      name: 'seen',
      namespace: 'default',
      operation: 'CREATE',
      userInfo: { username: 'admin', uid: '1', groups: ['system:masters', 'system:authenticated'] },
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'me', fieldValidation: 'Strict' },
    });
    assert.deepEqual(Object.keys(object as Json), ['kind', 'apiVersion', 'metadata', 'data']);
    assert.equal(patched?.operation, 'UPDATE');
    assert.deepEqual((patched?.['oldObject'] as Json | undefined)?.['data'], { a: 'b' });
    assert.deepEqual((patched?.['object'] as Json | undefined)?.['data'], { a: 'c' });
    assert.deepEqual(patched?.['options'], { kind: 'UpdateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'me' });
    assert.equal(deleted?.operation, 'DELETE');
    assert.equal(deleted?.['object'], null);
    assert.deepEqual(deleted?.['options'], {
      kind: 'DeleteOptions',
      apiVersion: 'meta.k8s.io/v1',
      gracePeriodSeconds: 0,
      propagationPolicy: 'Background',
    });
    seen.length = 0;
    for (const name of ['one', 'two'])
      await ok(send('POST', maps, map(name, { metadata: { name, labels: { many: 'yes' } } })));
    await ok(send('DELETE', `${maps}?labelSelector=many%3Dyes`));
    assert.deepEqual(
      seen.map(({ operation, name }) => [operation, name]),
      [
        ['CREATE', 'one'],
        ['CREATE', 'two'],
        ['DELETE', undefined],
        ['DELETE', undefined],
      ],
    );
  });

  it('are asked about subresources in their own kinds', async () => {
    const seen: Review['request'][] = [];
    server.handler = (request) => {
      seen.push(review(request).request);
      const { subResource } = review(request).request;
      return subResource === 'scale'
        ? allow(request, patch([{ op: 'replace', path: '/spec/replicas', value: 3 }]))
        : allow(request);
    };
    await install('Mutating', [hook({ rules: everything })]);
    const container = { name: 'c', image: 'i' };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'scaled' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } },
      },
    };
    const deployments = '/apis/apps/v1/namespaces/default/deployments';
    await ok(send('POST', deployments, deployment));
    const merge = { 'content-type': 'application/merge-patch+json' };
    await ok(send('PATCH', `${deployments}/scaled/scale`, { spec: { replicas: 2 } }, 'root', merge));
    const after = (await ok(send('GET', `${deployments}/scaled`))).json<{ spec: { replicas: number } }>();
    assert.equal(after.spec.replicas, 3);
    const pods = '/api/v1/namespaces/default/pods';
    await ok(
      send('POST', pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [container] } }),
    );
    const target = { kind: 'Node', name: 'n' };
    await ok(send('POST', `${pods}/p/binding`, { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p' }, target }));
    await ok(
      send('POST', `${pods}/p/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } }),
    );
    assert.deepEqual(
      seen.map(({ operation, subResource, kind }) => [operation, subResource, (kind as Json)['kind']]),
      [
        ['CREATE', undefined, 'Deployment'],
        ['UPDATE', 'scale', 'Scale'],
        ['CREATE', undefined, 'Pod'],
        ['CREATE', 'binding', 'Binding'],
        ['CREATE', 'eviction', 'Eviction'],
      ],
    );
  });

  it('are not asked about the configurations themselves', async () => {
    server.handler = (request) => allow(request, { allowed: false });
    await install('Validating', [hook({ rules: everything })]);
    assert.equal((await send('POST', maps, map('refused'))).status, 400);
    await install('Mutating', [hook({ rules: everything })]);
  });

  it('match by rules, scopes, selectors, names of versions and conditions', async () => {
    const asked: string[] = [];
    server.handler = (request) => {
      asked.push(request.url.slice(1, request.url.indexOf('?')));
      return allow(request);
    };
    const at = (name: string, more: Json): Json => ({
      ...hook(more),
      name: `${name}.example.com`,
      clientConfig: { url: `${server.url}/${name}`, caBundle: server.caBundle },
    });
    const rule = (more: Json): Json => ({ rules: [{ ...configMaps[0], ...more }] });
    const expression = (text: string): Json => ({ matchConditions: [{ name: 'c', expression: text }] });
    await install('Mutating', [
      at('plain', {}),
      at('group', rule({ apiGroups: ['apps'] })),
      at('version', rule({ apiVersions: ['v2'] })),
      at('operation', rule({ operations: ['UPDATE'] })),
      at('subresource', rule({ resources: ['configmaps/*'] })),
      at('status', rule({ resources: ['*/status'] })),
      at('namespaced', rule({ scope: 'Namespaced' })),
      at('cluster', rule({ scope: 'Cluster' })),
      at('space', { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } }),
      at('otherspace', { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } }),
      at('object', { objectSelector: { matchLabels: { yes: 'yes' } } }),
      at('otherobject', { objectSelector: { matchLabels: { yes: 'no' } } }),
      at('condition', expression('request.operation == "CREATE" && object.metadata.name == "matched"')),
      at('othercondition', expression('object.metadata.name == "other"')),
      at('allowed', expression('authorizer.requestResource.check("create").allowed()')),
    ]);
    await ok(send('POST', maps, map('matched', { metadata: { name: 'matched', labels: { yes: 'yes' } } })));
    assert.deepEqual(asked, ['plain', 'subresource', 'namespaced', 'space', 'object', 'condition', 'allowed']);
  });

  it('see other versions of what they name, converted, unless they match exactly', async () => {
    const seen: Json[] = [];
    server.handler = (request) => {
      seen.push(review(request).request);
      return allow(request, patch([{ op: 'replace', path: '/spec/maxReplicas', value: 7 }]));
    };
    const rules = [
      { apiGroups: ['autoscaling'], apiVersions: ['v1'], operations: ['*'], resources: ['horizontalpodautoscalers'] },
    ];
    const scaler = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h' },
      spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' } },
    };
    const path = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';
    await install('Mutating', [hook({ rules })]);
    const made = (await ok(send('POST', path, scaler))).json<{ apiVersion: string; spec: Json }>();
    assert.equal(made.apiVersion, 'autoscaling/v2');
    assert.equal(made.spec['maxReplicas'], 7);
    const [asked] = seen;
    assert.deepEqual(asked?.['kind'], { group: 'autoscaling', version: 'v1', kind: 'HorizontalPodAutoscaler' });
    assert.deepEqual(asked?.['requestKind'], { group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler' });
    assert.equal((asked?.['object'] as Json | undefined)?.['apiVersion'], 'autoscaling/v1');
    await uninstall('Mutating');
    await install('Mutating', [hook({ rules, matchPolicy: 'Exact' })]);
    await ok(send('PUT', `${path}/h`, scaler));
    assert.equal(seen.length, 1);
  });

  it('change custom resources, which are pruned and defaulted again', async () => {
    const properties = {
      spec: { type: 'object', properties: { size: { type: 'integer' }, color: { type: 'string', default: 'red' } } },
    };
    await ok(
      send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'widgets.example.com' },
        spec: {
          group: 'example.com',
          scope: 'Namespaced',
          names: { plural: 'widgets', kind: 'Widget' },
          versions: [
            { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties } } },
          ],
        },
      }),
    );
    server.handler = (request) => allow(request, patch([{ op: 'add', path: '/spec', value: { size: 2, odd: true } }]));
    await install('Mutating', [
      hook({ rules: [{ ...configMaps[0], apiGroups: ['example.com'], resources: ['widgets'] }] }),
    ]);
    const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' } };
    const made = await ok(send('POST', '/apis/example.com/v1/namespaces/default/widgets', widget));
    assert.deepEqual(made.json()['spec'], { size: 2, color: 'red' });
  });

  it('are asked again when one after them has changed the object', async () => {
    const asked: string[] = [];
    server.handler = (request) => {
      const name = request.url.slice(1, request.url.indexOf('?'));
      asked.push(name);
      const { data = {} } = review(request).request['object'] as { data?: Json };
      return data[name] === undefined
        ? allow(request, patch([{ op: 'add', path: `/data/${name}`, value: Object.keys(data).join(' ') }]))
        : allow(request);
    };
    const at = (name: string, reinvocationPolicy: string): Json => ({
      ...hook({ reinvocationPolicy }),
      name: `${name}.example.com`,
      clientConfig: { url: `${server.url}/${name}`, caBundle: server.caBundle },
    });
    await install('Mutating', [at('first', 'IfNeeded'), at('never', 'Never')], 'root', 'a');
    await install('Mutating', [at('second', 'IfNeeded')], 'root', 'b');
    const made = await ok(send('POST', maps, map('again', { data: { own: 'x' } })));
    assert.deepEqual(asked, ['first', 'never', 'second', 'first']);
    assert.deepEqual(made.json()['data'], {
      own: 'x',
      first: 'own',
      never: 'own first',
      second: 'own first never',
    });
    await uninstall('Mutating', 'root', 'a');
  });

  it('with side effects refuse dry runs', async () => {
    await install('Validating', [hook()]);
    const path = `${api}/validatingwebhookconfigurations/test`;
    const stored = (await ok(send('GET', path))).json<{ webhooks: Json[] }>();
    // A configuration from before v1 may still say so; nobody can write one now.
    const key = {
      cluster: 'root' as never,
      resource: 'validatingwebhookconfigurations.admissionregistration.k8s.io',
      namespace: '',
      name: 'test',
    };
    const current = (await stack.store.get(key)) ?? assert.fail();
    const text = current.text.replace('"sideEffects":"None"', '"sideEffects":"Some"');
    await stack.store.commit([{ op: 'update', key, expected: current.revision, text }]);
    assert.equal(stored.webhooks.length, 1);
    const refused = await send('POST', `${maps}?dryRun=All`, map('dry'));
    assert.equal(refused.status, 400);
    assert.equal(refused.json<Status>().message, 'admission webhook "a.example.com" does not support dry run');
  });

  it('that cannot be reached fail the request or are ignored, as they say', async () => {
    const unreachable = (clientConfig: Json, more: Json = {}): Json =>
      hook({ clientConfig: { caBundle: server.caBundle, ...clientConfig }, timeoutSeconds: 1, ...more });
    const outcome = async (config: Json): Promise<string> => {
      await install('Validating', [config]);
      const got = await send('POST', `${maps}?dryRun=All`, map('unreached'));
      await uninstall('Validating');
      return got.status < 300 ? 'admitted' : `${got.status} ${got.json<Status>().message}`;
    };
    const failed = '500 Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: ';
    assert.equal(
      await outcome(unreachable({ url: 'https://127.0.0.1:1/x' })),
      `${failed}Post "https://127.0.0.1:1/x?timeout=1s": dial tcp 127.0.0.1:1: connect: connection refused`,
    );
    assert.equal(await outcome(unreachable({ url: 'https://127.0.0.1:1/x' }, { failurePolicy: 'Ignore' })), 'admitted');
    assert.equal(
      await outcome(unreachable({ url: 'https://169.254.169.254/latest' })),
      `${failed}Post "https://169.254.169.254/latest?timeout=1s": dial tcp 169.254.169.254:443: address is not allowed for webhooks`,
    );
    assert.equal(
      await outcome(unreachable({ service: { namespace: 'default', name: 'nobody', path: '/p' } })),
      `${failed}Post "https://nobody.default.svc:443/p?timeout=1s": service "nobody" not found`,
    );
    server.handler = () => undefined;
    assert.equal(
      await outcome(hook({ timeoutSeconds: 1 })),
      `${failed}Post "${server.url}/hook?timeout=1s": context deadline exceeded`,
    );
    server.handler = (_request, response) => {
      response.write(`{"padding":"${'x'.repeat(4 << 20)}`);
      response.end('"}');
    };
    assert.match(await outcome(hook()), /response is larger than 3145728 bytes$/);
    server.handler = (_request, response) => {
      response.writeHead(307, { location: 'https://127.0.0.1:1/' });
      response.end();
    };
    assert.match(
      await outcome(hook()),
      /the server responded with the status code 307 but did not return more information$/,
    );
  });

  it('are found behind Services, and must have the name of the Service', async () => {
    const inside = await startWebhookServer(
      (request) => allow(request, { allowed: false, status: { message: 'found' } }),
      { hosts: ['hooks.default.svc'] },
    );
    const service = { namespace: 'default', name: 'hooks', path: '/p', port: inside.port };
    await install('Validating', [hook({ clientConfig: { service, caBundle: inside.caBundle } })]);
    const services = '/api/v1/namespaces/default/services';
    const made = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'hooks' } };
    await ok(send('POST', services, { ...made, spec: { ports: [{ port: inside.port }] } }));
    const nobody = await send('POST', maps, map('inside'));
    await ok(send('PUT', `${services}/hooks`, { ...made, spec: { type: 'ExternalName', externalName: 'localhost' } }));
    const refused = await send('POST', maps, map('inside'));
    await inside.stop();
    assert.match(nobody.json<Status>().message, /: no endpoints available for service "hooks"$/);
    assert.equal(refused.json<Status>().message, 'admission webhook "a.example.com" denied the request: found');
    assert.equal(inside.requests[0]?.headers.host, `hooks.default.svc:${inside.port}`);
  });

  it('of one logical cluster concern no other, not even when they hang', async () => {
    const [slow, quick] = tenants;
    server.handler = () => undefined;
    await install('Validating', [hook({ timeoutSeconds: 2 })], slow);
    const hanging = Array.from({ length: 12 }, (_, i) => send('POST', maps, map(`h${i}`), slow));
    for (let i = 0; i < 20; i++) await ok(send('POST', maps, map(`q${i}`), quick));
    for (const refused of await Promise.all(hanging)) assert.equal(refused.status, 500);
  });
});

function answerOf({ response, ...top }: Json, uid: string): Json {
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', ...top };
  if (response === undefined) return review;
  if (typeof response !== 'object' || response === null) return { ...review, response };
  const { patch } = response as { patch?: readonly Json[] | { text: string } | string };
  if (patch === undefined || typeof patch === 'string') return { ...review, response: { uid, ...response } };
  const text = 'text' in patch ? patch.text : JSON.stringify(patch);
  return { ...review, response: { uid, ...response, patch: Buffer.from(text).toString('base64') } };
}

function maskIds(text: string): string {
  return text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UID');
}
