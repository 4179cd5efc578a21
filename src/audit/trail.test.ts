import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEvent } from './event.ts';
import { everythingAt, type Level, parsePolicy, type Policy } from './policy.ts';
import { AuditTrail, type Opening } from './trail.ts';

const opening: Opening = {
  auditId: 'one',
  cluster: 'c1',
  requestURI: '/clusters/c1/api/v1/namespaces/shop/secrets',
  userAgent: 'kubectl/v1.33.0',
  sourceIPs: ['127.0.0.1'],
  received: new Date('2026-01-02T03:04:05.006Z'),
  user: { name: 'ada', uid: 'u1', groups: ['devs'], extra: {} },
  verb: 'create',
  isResourceRequest: true,
  group: '',
  version: 'v1',
  resource: 'secrets',
  subresource: '',
  namespace: 'shop',
  name: '',
  path: '/api/v1/namespaces/shop/secrets',
};

function collect(policy: Policy): { trail: AuditTrail; events: AuditEvent[] } {
  const events: AuditEvent[] = [];
  const sink = { write: (event: AuditEvent) => void events.push(event), close: () => Promise.resolve() };
  return { trail: new AuditTrail(policy, [sink]), events };
}

const secret = {
  kind: 'Secret',
  metadata: {
    name: 'pass',
    managedFields: [{ manager: 'kubectl' }],
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"key":"c2VjcmV0"}}', own: 'shown' },
  },
  data: { key: 'c2VjcmV0' },
  stringData: { other: 'secret words' },
};

test('an event has what upstream has, in its form', () => {
  const { trail, events } = collect(everythingAt('Metadata'));
  const record = trail.open(opening);
  record?.annotate('authorization.k8s.io/decision', 'allow');
  record?.annotate('authorization.k8s.io/decision', 'changed my mind');
  record?.requested(secret);
  record?.emit('ResponseComplete', 201);
  assert.equal(events.length, 1);
  const { stageTimestamp, ...event } = events[0] as AuditEvent;
  assert.match(stageTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  assert.deepEqual(event, {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: 'one',
    stage: 'ResponseComplete',
    requestURI: '/clusters/c1/api/v1/namespaces/shop/secrets',
    verb: 'create',
    user: { username: 'ada', uid: 'u1', groups: ['devs'] },
    sourceIPs: ['127.0.0.1'],
    userAgent: 'kubectl/v1.33.0',
    objectRef: { resource: 'secrets', namespace: 'shop', name: 'pass', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 201 },
    requestReceivedTimestamp: '2026-01-02T03:04:05.006000Z',
    annotations: { 'authorization.k8s.io/decision': 'allow' },
  });
});

test('what secrets and tokens keep is never recorded, at any level', () => {
  const { trail, events } = collect(everythingAt('RequestResponse'));
  const record = trail.open(opening);
  record?.requested(secret);
  record?.responded({ kind: 'SecretList', items: [secret] });
  record?.emit('ResponseComplete', 201);
  trail.open(opening)?.requested([{ op: 'add', path: '/data/key', value: 'c2VjcmV0' }]);
  const review = trail.open({ ...opening, group: 'authentication.k8s.io', resource: 'tokenreviews' });
  review?.requested({ kind: 'TokenReview', spec: { token: 'c2VjcmV0' } });
  review?.emit('ResponseComplete', 201);
  const token = trail.open({ ...opening, resource: 'serviceaccounts', subresource: 'token', name: 'default' });
  token?.responded({ kind: 'TokenRequest', status: { token: 'c2VjcmV0', expirationTimestamp: 'x' } });
  token?.emit('ResponseComplete', 201);
  const text = JSON.stringify(events);
  assert.equal(events.length, 3);
  assert.doesNotMatch(text, /c2VjcmV0|secret words/);
  assert.match(text, /"own":"shown"/);
  assert.doesNotMatch(text, /managedFields/);
  assert.equal(secret.data.key, 'c2VjcmV0');
});

test('levels decide what is kept, stages what is told', () => {
  const seen = (level: Level): AuditEvent[] => {
    const policy = parsePolicy(`{apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{level: ${level}}]}`);
    const { trail, events } = collect(policy);
    const record = trail.open({ ...opening, resource: 'configmaps' });
    record?.requested({ data: { a: 'b' } });
    record?.responded({ data: { a: 'b' } });
    record?.emit('ResponseComplete', 201);
    return events;
  };
  assert.deepEqual(seen('None'), []);
  assert.deepEqual(
    seen('Metadata').map(({ stage }) => stage),
    ['RequestReceived', 'ResponseComplete'],
  );
  const has = (level: Level): boolean[] => {
    const event = seen(level)[1];
    return [event?.requestObject !== undefined, event?.responseObject !== undefined];
  };
  assert.deepEqual(
    [has('Metadata'), has('Request'), has('RequestResponse')],
    [
      [false, false],
      [true, false],
      [true, true],
    ],
  );
});

test('a failure is told with its Status, a failed authentication without a user', () => {
  const { trail, events } = collect(everythingAt('Metadata'));
  const record = trail.open({ ...opening, user: undefined });
  record?.failed({ kind: 'Status', status: 'Failure', message: 'Unauthorized', reason: 'Unauthorized', code: 401 });
  record?.emit('ResponseComplete', 401);
  assert.deepEqual(events[0]?.user, {});
  assert.deepEqual(events[0]?.responseStatus, {
    metadata: {},
    status: 'Failure',
    message: 'Unauthorized',
    reason: 'Unauthorized',
    code: 401,
  });
});
