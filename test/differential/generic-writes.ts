import { type DifferentialRequest, get, json, merge, patch, post, put, remove, run, yaml } from './request.ts';
import { cms, config, container, deployment, deployments, type More } from './generic-objects.ts';

/*
 * Creates, updates and deletes in sequence: options, preconditions, generation, what changes nothing.
 */

const ns = `/api/v1/namespaces/${run}`;

const creates: DifferentialRequest[] = [
  post(cms, config('', {}, { name: undefined, generateName: 'g-' }), json, { save: 'generated', ignoreBody: true }),
  get(`${cms}/<<generated.metadata.name>>`, undefined, { ignoreBody: true }),
  post(`${cms}?dryRun=All`, config('', {}, { name: 'n', generateName: 'g-' })),
  post(`${cms}?dryRun=All`, config('', {}, { name: '', generateName: '' })),
  post(`${cms}?dryRun=All`, config('', {}, { name: undefined, generateName: 'x'.repeat(300) }), json, {
    ignoreBody: true,
  }),
  post(`${cms}?dryRun=All`, config('', {}, { name: undefined, generateName: 'Bad_' }), json, { ignoreBody: true }),
  post(`${cms}?dryRun=All&fieldManager=me`, config('d')),
  get(`${cms}/d`),
  post(
    `${cms}?fieldManager=me`,
    config('w', { data: { a: '1' } }, { labels: { l: '1' }, annotations: { n: '1' } }),
    json,
    { save: 'w' },
  ),
  post(`${cms}?dryRun=All`, config('w')),
  post(cms, config('w')),
  post(
    cms,
    config(
      'e',
      {},
      {
        uid: 'mine',
        creationTimestamp: '2001-01-01T00:00:00Z',
        deletionTimestamp: '2001-01-01T00:00:00Z',
        deletionGracePeriodSeconds: 5,
        generation: 3,
        selfLink: '/x',
        resourceVersion: '',
      },
    ),
  ),
  post(cms, config('e2', {}, { resourceVersion: '0' })),
  post(cms, config('e3', {}, { resourceVersion: '7' })),
  post(cms, config('e3', {}, { resourceVersion: 'abc' })),
  post(cms, config('e4', {}, { namespace: '' })),
  post(cms, config('e5', {}, { namespace: run })),
  post(cms, config('e6', {}, { namespace: 'x', name: 'Bad_' })),
  post(
    cms,
    config(
      'e7',
      {},
      {
        managedFields: [
          {
            manager: 'fake',
            operation: 'Update',
            apiVersion: 'v1',
            time: '2020-01-01T00:00:00Z',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:data': { 'f:zz': {} } },
          },
        ],
      },
    ),
  ),
  post(
    cms,
    config(
      'e8',
      {},
      {
        finalizers: ['a.b/c', 'a.b/c'],
        ownerReferences: [
          { apiVersion: 'v1', kind: 'ConfigMap', name: 'w', uid: 'u' },
          { apiVersion: 'v1', kind: 'ConfigMap', name: 'w', uid: 'u' },
        ],
      },
    ),
  ),
  post(
    cms,
    config(
      'e9',
      {},
      {
        ownerReferences: [
          { apiVersion: 'v1', kind: 'A', name: 'w', uid: 'u', controller: true },
          { apiVersion: 'v1', kind: 'B', name: 'w', uid: 'v', controller: true },
        ],
      },
    ),
  ),
  post(cms, config('e9', {}, { ownerReferences: [{ apiVersion: 'a/b/c', kind: '', name: '', uid: '' }] })),
  post(cms, config('e9', {}, { ownerReferences: [{ apiVersion: 'v1', kind: 'Event', name: 'x', uid: 'u' }] })),
  post(cms, config('e9', {}, { annotations: { big: 'x'.repeat(262_145) } })),
  post(
    cms,
    config('e9', {}, { labels: { 'a/b/c': 'x', '': 'y', ok: '-' }, annotations: { '': 'x', 'A/B': 'ok', 'a b': 'x' } }),
  ),
  post(cms, config('e9', {}, { finalizers: ['x'], generateName: 'UPPER' })),
  post(`${cms}?fieldManager=`, config('f1')),
  post(`${cms}?fieldManager=${'x'.repeat(128)}`, config('f2')),
  post(`${cms}?fieldManager=%09tab`, config('f3')),
  post(`${cms}?fieldManager=a%20b`, config('f4')),
  post(cms, config('f5'), { ...json, 'user-agent': '' }),
  post(cms, config('f6'), { ...json, 'user-agent': 'Mozilla/5.0 (X11)' }),
  post(cms, config('f7'), { ...json, 'user-agent': '/x' }),
  post(cms, config('f8'), { ...json, 'user-agent': 'kubectl v1 (linux)' }),
  post(`${cms}?dryRun=`, config('f9')),
  post(`${cms}?dryRun=all`, config('f9')),
  post(`${cms}?dryRun=true&fieldManager=%01&fieldValidation=x`, config('f9')),
  post(`${cms}?timeout=abc`, config('f9')),
  post(`${cms}?timeout=1ms`, config('fa'), json, { ignoreBody: true, mayDiffer: 'how long it takes is chance' }),
  post(`${cms}?pretty=true`, config('fb'), json, { layout: true }),
];

const w = `${cms}/w`;
const full = (more: More = {}, metadata: More = {}) =>
  config('w', { data: { a: '1' }, ...more }, { labels: { l: '1' }, annotations: { n: '1' }, ...metadata });
const updates: DifferentialRequest[] = [
  put(`${w}?fieldManager=me`, full()),
  put(w, full()),
  put(`${w}?fieldManager=other`, full({ data: { a: '1', b: '2' } })),
  put(`${w}?dryRun=All`, full({ data: {} })),
  put(w, full({}, { resourceVersion: '<<w.metadata.resourceVersion>>' })),
  put(w, full({}, { resourceVersion: '0' })),
  put(w, full({}, { resourceVersion: '' })),
  put(w, full({}, { resourceVersion: '-1' })),
  put(w, full({}, { resourceVersion: '99999999999999999999' })),
  put(w, full({}, { uid: '<<w.metadata.uid>>' })),
  put(w, full({}, { uid: '00000000-0000-0000-0000-000000000000' })),
  put(w, full({}, { uid: 'x', resourceVersion: '1' })),
  put(
    w,
    full(
      {},
      {
        creationTimestamp: '2001-01-01T00:00:00Z',
        generation: 7,
        selfLink: 'x',
        deletionTimestamp: '2001-01-01T00:00:00Z',
      },
    ),
  ),
  put(w, full({}, { creationTimestamp: null })),
  put(w, full({}, { name: undefined })),
  put(w, full({}, { generateName: 'x-' })),
  put(w, full({}, { managedFields: [] })),
  put(w, full({}, { managedFields: [{}] })),
  put(w, full({ data: { a: '2' } }, { managedFields: [{}] })),
  put(
    w,
    full(
      {},
      {
        managedFields: [
          {
            manager: 'x',
            operation: 'Update',
            apiVersion: 'v1',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:data': { 'f:a': {} } },
          },
        ],
      },
    ),
  ),
  put(
    w,
    full(
      {},
      { managedFields: [{ manager: 'x', operation: 'Bad', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }] },
    ),
  ),
  put(
    w,
    full(
      {},
      {
        managedFields: [{ manager: 'x', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV2', fieldsV1: {} }],
      },
    ),
  ),
  put(
    w,
    full(
      {},
      {
        managedFields: [
          { manager: 'x', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'x:y': {} } },
        ],
      },
    ),
  ),
  put(
    w,
    full(
      {},
      {
        managedFields: [
          {
            manager: 'x',
            operation: 'Update',
            apiVersion: 'nope/v9',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:data': {} },
          },
        ],
      },
    ),
  ),
  put(`${w}?fieldValidation=Strict`, { ...full(), x: 1 }),
  put(w, { ...full(), immutable: true }),
  put(w, full({ data: { a: 'new' } })),
  patch(w, merge, { immutable: false }),
  patch(w, merge, { metadata: { labels: { still: 'ok' } } }),
  put(`${cms}/absent`, config('absent')),
  put(`${cms}/absent`, config('absent', {}, { uid: 'x' })),
  put(`${cms}/absent`, config('absent', {}, { resourceVersion: '1' })),
  put(`/apis/coordination.k8s.io/v1/namespaces/${run}/leases/made`, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'made' },
  }),
  put(`/apis/coordination.k8s.io/v1/namespaces/${run}/leases/made2`, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'made2', resourceVersion: '5' },
  }),
  put(`/apis/coordination.k8s.io/v1/namespaces/${run}/leases/made2`, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'made2', uid: 'x' },
  }),
  put(`/apis/coordination.k8s.io/v1/namespaces/${run}/leases/made`, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'made' },
    spec: { leaseDurationSeconds: 5 },
  }),
];

const deletes: DifferentialRequest[] = [
  post(cms, config('x1', {}, { finalizers: ['e.com/f'] }), json, { save: 'x1' }),
  remove(`${cms}/x1`, {
    preconditions: { uid: '<<x1.metadata.uid>>', resourceVersion: '<<x1.metadata.resourceVersion>>' },
  }),
  remove(`${cms}/x1`),
  remove(`${cms}/x1`, { preconditions: { resourceVersion: '<<x1.metadata.resourceVersion>>' } }),
  remove(`${cms}/x1`, { propagationPolicy: 'Orphan' }),
  remove(`${cms}/x1?propagationPolicy=Foreground`),
  put(`${cms}/x1`, config('x1', { data: { a: '1' } })),
  get(`${cms}/x1`),
  post(cms, config('x2', {}, { finalizers: ['e.com/f'] })),
  remove(`${cms}/x2?propagationPolicy=Foreground`),
  patch(`${cms}/x2`, merge, { metadata: { finalizers: ['foregroundDeletion', 'e.com/new'] } }),
  patch(`${cms}/x2`, merge, { metadata: { finalizers: ['foregroundDeletion'] } }),
  patch(`${cms}/x2`, merge, { metadata: { deletionTimestamp: null } }),
  patch(`${cms}/x2`, merge, { metadata: { finalizers: [] } }),
  ...['Orphan', 'Background', 'Foreground'].flatMap((policy, i) => [
    post(cms, config(`y${i}`)),
    remove(`${cms}/y${i}`, { propagationPolicy: policy }),
    get(`${cms}/y${i}`),
    patch(`${cms}/y${i}`, merge, { metadata: { finalizers: null } }),
  ]),
  post(cms, config('z')),
  remove(`${cms}/z?orphanDependents=false&dryRun=All`),
  remove(`${cms}/z?orphanDependents=true&dryRun=All`),
  remove(`${cms}/z?orphanDependents=x&dryRun=All`),
  remove(`${cms}/z?propagationPolicy=x&dryRun=All`),
  remove(`${cms}/z?gracePeriodSeconds=-1&dryRun=All`),
  remove(`${cms}/z?gracePeriodSeconds=&dryRun=All`),
  remove(`${cms}/z?dryRun=All&dryRun=x`),
  remove(`${cms}/z?dryRun=All`, { gracePeriodSeconds: 0 }),
  remove(`${cms}/z?dryRun=x`, '{}'),
  remove(`${cms}/z`, { preconditions: { uid: '' }, dryRun: ['All'] }),
  remove(`${cms}/z`, { preconditions: { resourceVersion: '' }, dryRun: ['All'] }),
  remove(`${cms}/z`, { preconditions: {}, dryRun: ['All'] }),
  remove(`${cms}/z`, { preconditions: null, gracePeriodSeconds: null, dryRun: ['All'] }),
  remove(`${cms}/z`, { dryRun: ['All', 'x'] }),
  remove(`${cms}/z`, { dryRun: [5] }),
  remove(`${cms}/z`, { preconditions: { uid: 5 } }),
  remove(`${cms}/z`, { preconditions: [] }),
  remove(`${cms}/z`, { orphanDependents: 'x' }),
  remove(`${cms}/z`, { orphanDependents: false, propagationPolicy: 'Background', dryRun: ['All'] }),
  remove(`${cms}/z`, { propagationPolicy: '', dryRun: ['All'] }),
  remove(`${cms}/z`, { propagationPolicy: 5 }),
  remove(`${cms}/z`, { gracePeriodSeconds: 1.5 }),
  remove(`${cms}/z`, { gracePeriodSeconds: '1' }),
  remove(`${cms}/z`, '[]'),
  remove(`${cms}/z`, 'null', { ignoreBody: false }),
  remove(`${cms}/z`, '{"apiVersion":"v1"}'),
  post(cms, config('z2')),
  remove(`${cms}/z2`, '{"kind":"DeleteOptions"}'),
  post(cms, config('z3')),
  remove(`${cms}/z3`, '{"kind":"DeleteOptions","apiVersion":"nope/v1"}'),
  remove(
    `${cms}/z3`,
    '{"kind":"DeleteOptions","apiVersion":"meta.k8s.io/v1","ignoreStoreReadErrorWithClusterBreakingPotential":true}',
  ),
  remove(`${cms}/z3`, '{"ignoreStoreReadErrorWithClusterBreakingPotential":true,"dryRun":["All"]}'),
  { method: 'DELETE', path: `${cms}/z3`, headers: { accept: 'application/yaml' } },
  remove(`${cms}/z3`),
  post(`${ns}/services`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'z' },
    spec: { ports: [{ port: 1 }] },
  }),
  remove(`${ns}/services/z`),
  post(`${ns}/serviceaccounts`, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'z' } }),
  remove(`${ns}/serviceaccounts/z`),
  post(`${ns}/secrets`, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'z' } }),
  remove(`${ns}/secrets/z`),
  post(`${ns}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'z' },
    spec: { automountServiceAccountToken: false, containers: [container] },
  }),
  remove(`${ns}/pods/z?gracePeriodSeconds=5`),
  post(`${ns}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'z' },
    spec: { nodeName: 'n', automountServiceAccountToken: false, containers: [container] },
  }),
  remove(`${ns}/pods/z?gracePeriodSeconds=50&dryRun=All`),
  remove(`${ns}/pods/z?gracePeriodSeconds=50`),
  remove(`${ns}/pods/z?gracePeriodSeconds=60`),
  remove(`${ns}/pods/z?gracePeriodSeconds=10`),
  get(`${ns}/pods/z`),
  remove(`${ns}/pods/z`, { gracePeriodSeconds: -1 }),
  remove(`${ns}/pods/z?gracePeriodSeconds=0`),
  post(deployments, deployment('z')),
  remove(`${deployments}/z`, { propagationPolicy: 'Background' }),
  { method: 'POST', path: cms, headers: yaml, body: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: zz\n' },
  remove(`${cms}?fieldSelector=metadata.name%3Dzz`, { propagationPolicy: 'Background' }),
];

/** Creates, updates and deletes with every option. */
export const writeRequests: readonly DifferentialRequest[] = [...creates, ...updates, ...deletes];
