import { type DifferentialRequest, get, json, partial, post, run, table } from './request.ts';

/*
 * Tokens of ServiceAccounts, and reviews.
 */

const ns = `/api/v1/namespaces/${run}`;
type More = Record<string, unknown>;

const token = (spec: More, more: More = {}): object => ({
  apiVersion: 'authentication.k8s.io/v1',
  kind: 'TokenRequest',
  spec,
  ...more,
});
const accounts = `${ns}/serviceaccounts`;
const tokens: DifferentialRequest[] = [
  post(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 't' } }, json, { save: 'account' }),
  ...[
    token({}),
    token({ audiences: ['a'], expirationSeconds: 600 }),
    token({ expirationSeconds: 5 }),
    token({ expirationSeconds: -5 }),
    token({ expirationSeconds: 4294967297 }),
    token({ expirationSeconds: 'x' }),
    token({ audiences: [] }),
    token({ audiences: [''] }),
    token({ audiences: 'x' }),
    token({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'absent' } }),
    token({ boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 'absent' } }),
    token({ boundObjectRef: { kind: 'Node', apiVersion: 'v1', name: 'absent' } }),
    token({ boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'a' } }),
    token({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'e1' } }),
    token({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'e1', uid: 'x' } }),
    token({ boundObjectRef: { kind: 'Pod', apiVersion: 'apps/v1', name: 'e1' } }),
    token({ boundObjectRef: {} }),
    token({}, { metadata: { name: 'other' } }),
    token({}, { metadata: { name: 't', namespace: 'other' } }),
    token({}, { kind: 'Foo' }),
    token({ bogus: 1 }),
    {},
  ].flatMap((body) => [post(`${accounts}/t/token`, body)]),
  post(`${accounts}/absent/token`, token({})),
  post(`${accounts}/t/token?dryRun=All`, token({})),
  post(`${accounts}/t/token?fieldValidation=Strict`, token({ bogus: 1 })),
  get(`${accounts}/t/token`),
  { method: 'POST', path: `${accounts}/t/token`, headers: { ...json, accept: table }, body: '{}' },
];

const authorization = '/apis/authorization.k8s.io/v1';
const review = (kind: string, spec: unknown, more: More = {}): object => ({
  apiVersion: 'authorization.k8s.io/v1',
  kind,
  spec,
  ...more,
});
const attributes = { resourceAttributes: { verb: 'get', resource: 'pods', namespace: run } };
const reviews: DifferentialRequest[] = [
  ...[
    attributes,
    {},
    { nonResourceAttributes: { path: '/healthz', verb: 'get' } },
    { ...attributes, nonResourceAttributes: { path: '/x', verb: 'get' } },
    { resourceAttributes: {} },
    { resourceAttributes: { verb: '*', group: '*', resource: '*' } },
    { resourceAttributes: { verb: 'list', resource: 'pods', labelSelector: { rawSelector: 'a=b' } } },
    {
      resourceAttributes: {
        verb: 'list',
        resource: 'pods',
        labelSelector: { requirements: [{ key: 'a', operator: 'In', values: ['b'] }] },
        fieldSelector: { rawSelector: 'x=y' },
      },
    },
    { resourceAttributes: { verb: 'list', resource: 'pods', labelSelector: {} } },
    { resourceAttributes: { verb: 'list', resource: 'pods', labelSelector: { rawSelector: 'a', requirements: [] } } },
    {
      resourceAttributes: {
        verb: 'list',
        resource: 'pods',
        labelSelector: { requirements: [{ key: '', operator: 'Foo' }] },
      },
    },
    { resourceAttributes: 5 },
    { bogus: 1 },
    null,
  ].map((spec) => post(`${authorization}/selfsubjectaccessreviews`, review('SelfSubjectAccessReview', spec))),
  ...[
    { ...attributes, user: 'nobody' },
    { ...attributes, user: '', groups: [] },
    { ...attributes, groups: ['system:masters'] },
    { user: 'nobody' },
    { ...attributes, user: 'nobody', nonResourceAttributes: { path: '/x', verb: 'get' } },
    { ...attributes, user: 'nobody', extra: { A: ['b'] }, uid: 'u' },
    { user: 'system:anonymous', nonResourceAttributes: { path: '/healthz', verb: 'get' } },
  ].flatMap((spec) => [
    post(`${authorization}/subjectaccessreviews`, review('SubjectAccessReview', spec)),
    post(`${authorization}/namespaces/${run}/localsubjectaccessreviews`, review('LocalSubjectAccessReview', spec)),
    post(`${authorization}/namespaces/other/localsubjectaccessreviews`, review('LocalSubjectAccessReview', spec)),
  ]),
  post(
    `${authorization}/namespaces/${run}/localsubjectaccessreviews`,
    review('LocalSubjectAccessReview', { ...attributes, user: 'x' }, { metadata: { namespace: run } }),
  ),
  post(
    `${authorization}/namespaces/${run}/localsubjectaccessreviews`,
    review('LocalSubjectAccessReview', { ...attributes, user: 'x' }, { metadata: { namespace: 'other' } }),
  ),
  post(
    `${authorization}/selfsubjectaccessreviews`,
    review('SelfSubjectAccessReview', attributes, {
      metadata: { name: 'x', labels: { a: 'b' } },
      status: { allowed: false },
    }),
  ),
  post(`${authorization}/selfsubjectaccessreviews?dryRun=All`, review('SelfSubjectAccessReview', attributes)),
  post(
    `${authorization}/selfsubjectaccessreviews?fieldValidation=Strict`,
    review('SelfSubjectAccessReview', { ...attributes, x: 1 }),
  ),
  post(`${authorization}/selfsubjectaccessreviews?fieldManager=x`, review('SubjectAccessReview', attributes)),
  post(`${authorization}/selfsubjectrulesreviews`, review('SelfSubjectRulesReview', {})),
  post(`${authorization}/selfsubjectrulesreviews`, review('SelfSubjectRulesReview', { namespace: '' })),
  post(`${authorization}/selfsubjectrulesreviews`, review('SelfSubjectRulesReview', { namespace: run }), json, {
    ignoreBody: true,
  }),
  post(`${authorization}/selfsubjectrulesreviews`, {}),
  ...['application/yaml', 'application/vnd.kubernetes.protobuf', table, partial].map((type) =>
    post(`${authorization}/selfsubjectaccessreviews`, review('SelfSubjectAccessReview', attributes), {
      ...json,
      accept: type,
    }),
  ),
  post('/apis/authentication.k8s.io/v1/tokenreviews', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token: 'x' },
  }),
  post('/apis/authentication.k8s.io/v1/tokenreviews', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: {},
  }),
  post('/apis/authentication.k8s.io/v1/tokenreviews', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    metadata: { name: 'x', namespace: 'y' },
    spec: { token: 'x' },
  }),
  post('/apis/authentication.k8s.io/v1/tokenreviews', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token: 'x', audiences: ['a'] },
  }),
  post('/apis/authentication.k8s.io/v1/tokenreviews?dryRun=All', { spec: { token: 'x', bogus: 1 } }),
  post('/apis/authentication.k8s.io/v1/tokenreviews', '{'),
  post(
    '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    json,
    { ignoreBody: true },
  ),
  post('/apis/authentication.k8s.io/v1/selfsubjectreviews', { kind: 'Foo' }),
  post('/apis/authentication.k8s.io/v1/selfsubjectreviews?dryRun=All', {}, json, { ignoreBody: true }),
];

/** Tokens and reviews. */
export const reviewRequests: readonly DifferentialRequest[] = [...tokens, ...reviews];
