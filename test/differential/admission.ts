import { apply, type DifferentialRequest, get, json, merge, patch, post, put, remove, run } from './request.ts';

/*
 * What the admission plugins that a stock server has by default do to pods, claims, ingresses, nodes and signing requests. Cluster-wide objects are removed at
 * the end; what is only looked at is a dry run.
 */

const ns = `/api/v1/namespaces/${run}`;
const pods = `${ns}/pods`;
const dry = `${pods}?dryRun=All`;
const container = { name: 'c', image: 'i' };
const priorityClasses = '/apis/scheduling.k8s.io/v1/priorityclasses';
const runtimeClasses = '/apis/node.k8s.io/v1/runtimeclasses';
const storageClasses = '/apis/storage.k8s.io/v1/storageclasses';
const ingressClasses = '/apis/networking.k8s.io/v1/ingressclasses';
const claims = `${ns}/persistentvolumeclaims`;
const signingRequests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

function pod(name: string, spec: object = {}, metadata: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { containers: [container], ...spec },
  };
}

function post403(spec: object, metadata: object = {}): DifferentialRequest {
  return post(dry, pod(`${run}-p`, spec, metadata));
}

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const secretEnv = [{ name: 'S', valueFrom: { secretKeyRef: { name: 'other', key: 'k' } } }];
const account = (name: string, more: object): DifferentialRequest =>
  post(`${ns}/serviceaccounts`, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name }, ...more });
const strict = { serviceAccountName: 'strict' };
const mirror = { annotations: { 'kubernetes.io/config.mirror': 'x' } };

const accounts: DifferentialRequest[] = [
  account('silent', { automountServiceAccountToken: false }),
  account('pulling', { imagePullSecrets: [{ name: 'one' }, { name: 'two' }] }),
  account('strict', {
    metadata: { name: 'strict', annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } },
    secrets: [{ name: 'mine' }],
    imagePullSecrets: [{ name: 'pull' }],
  }),
  post403({}),
  post403({ serviceAccountName: 'nobody' }),
  post403({ serviceAccount: 'nobody' }),
  post403({ serviceAccountName: 'nobody', containers: [] }),
  post(
    dry,
    { apiVersion: 'v1', kind: 'Pod', metadata: { generateName: 'g-' }, spec: { serviceAccountName: 'no' } },
    json,
    {
      ignoreBody: true,
    },
  ),
  post403({ automountServiceAccountToken: false }),
  post403({ serviceAccountName: 'silent' }),
  post403({ serviceAccountName: 'silent', automountServiceAccountToken: true }),
  post403({ serviceAccountName: 'pulling' }),
  post403({ serviceAccountName: 'pulling', imagePullSecrets: [{ name: 'own' }] }),
  post403({ serviceAccountName: 'pulling', imagePullSecrets: [] }),
  post403({ initContainers: [{ name: 'i', image: 'i' }], volumes: [{ name: 'v', emptyDir: {} }] }),
  post403({
    containers: [
      { ...container, volumeMounts: [{ name: 'v', mountPath }] },
      { name: 'd', image: 'i' },
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
  }),
  post403({
    containers: [{ ...container, volumeMounts: [{ name: 'v', mountPath }] }],
    volumes: [{ name: 'v', emptyDir: {} }],
  }),
  post403({ volumes: [{ name: 'kube-api-access-12345', emptyDir: {} }] }),
  post403({ ...strict }),
  post403({ ...strict, volumes: [{ name: 'v', secret: { secretName: 'other' } }] }),
  post403({ ...strict, volumes: [{ name: 'v', secret: { secretName: 'mine' } }] }),
  post403({ ...strict, containers: [{ ...container, env: secretEnv }] }),
  post403({ ...strict, containers: [{ ...container, envFrom: [{ secretRef: { name: 'other' } }] }] }),
  post403({ ...strict, initContainers: [{ name: 'i', image: 'i', env: secretEnv }] }),
  post403({ ...strict, initContainers: [{ name: 'i', image: 'i', envFrom: [{ secretRef: { name: 'other' } }] }] }),
  post403({ ...strict, imagePullSecrets: [{ name: 'pull' }, { name: 'foreign' }] }),
  post403({ nodeName: 'n' }, mirror),
  post403({ nodeName: 'n', serviceAccountName: 'default' }, mirror),
  post403({ nodeName: 'n', imagePullSecrets: [{ name: 'x' }] }, mirror),
  post403({ nodeName: 'n', volumes: [{ name: 'v', secret: { secretName: 'x' } }] }, mirror),
  post403(
    { nodeName: 'n', volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] },
    mirror,
  ),
  post(pods, pod(`${run}-strict`, strict)),
  patch(`${pods}/${run}-strict/ephemeralcontainers`, merge, {
    spec: { ephemeralContainers: [{ name: 'e', image: 'i', env: secretEnv }] },
  }),
  patch(`${pods}/${run}-strict/ephemeralcontainers`, merge, {
    spec: { ephemeralContainers: [{ name: 'e', image: 'i', envFrom: [{ secretRef: { name: 'other' } }] }] },
  }),
  patch(`${pods}/${run}-strict/ephemeralcontainers`, merge, {
    spec: { ephemeralContainers: [{ name: 'e', image: 'i' }] },
  }),
  patch(`${pods}/${run}-applied?fieldManager=me`, apply, pod(`${run}-applied`)),
  patch(`${pods}/${run}-applied?fieldManager=me`, apply, pod(`${run}-applied`)),
  get(`${pods}/${run}-applied`),
  remove(`${pods}/${run}-applied`),
  remove(`${pods}/${run}-strict`),
];

const priorityClass = (name: string, more: object): object => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name: `${run}-${name}` },
  value: 5,
  ...more,
});

const priorities: DifferentialRequest[] = [
  get(`${priorityClasses}/system-node-critical`),
  get(`${priorityClasses}/system-cluster-critical`),
  get(priorityClasses),
  post(priorityClasses, priorityClass('quiet', { preemptionPolicy: 'Never' })),
  post(priorityClasses, priorityClass('nothing', { value: 0 })),
  post403({ priorityClassName: `${run}-quiet` }),
  post403({ priorityClassName: `${run}-nothing` }),
  post403({ priorityClassName: `${run}-absent` }),
  post403({ priorityClassName: 'system-node-critical' }),
  post403({ priorityClassName: `${run}-quiet`, priority: 5 }),
  post403({ priorityClassName: `${run}-quiet`, priority: 6 }),
  post403({ priorityClassName: `${run}-quiet`, preemptionPolicy: 'PreemptLowerPriority' }),
  post403({ priorityClassName: `${run}-quiet`, preemptionPolicy: 'Never' }),
  post403({ priority: 7 }),
  post403({ priority: 0 }),
  post403({ preemptionPolicy: 'Never' }),
  post(priorityClasses, priorityClass('everybody', { globalDefault: true, value: 3 })),
  post(priorityClasses, priorityClass('second', { globalDefault: true })),
  patch(`${priorityClasses}/${run}-quiet`, merge, { globalDefault: true }),
  patch(`${priorityClasses}/${run}-everybody`, merge, { description: 'x' }),
  post403({}),
  post403({ priority: 3 }),
  post403({ priority: 4 }),
  post403({ priorityClassName: `${run}-quiet` }),
  post(pods, pod(`${run}-prio`)),
  put(`${pods}/${run}-prio`, pod(`${run}-prio`), { ignoreBody: true }),
  remove(`${pods}/${run}-prio`),
  ...['quiet', 'nothing', 'everybody'].map((name) => remove(`${priorityClasses}/${run}-${name}`)),
  post403({}),
];

const notReady = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' };
const tolerations: DifferentialRequest[] = [
  post403({ tolerations: [notReady] }),
  post403({ tolerations: [{ operator: 'Exists' }] }),
  post403({ tolerations: [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }] }),
  post403({ tolerations: [{ key: 'node.kubernetes.io/unreachable', operator: 'Exists' }] }),
  post403({ tolerations: [{ key: 'a', operator: 'Equal', value: 'b', effect: 'NoSchedule' }] }),
  post(pods, pod(`${run}-tol`, { tolerations: [{ key: 'a', operator: 'Exists' }] })),
  patch(`${pods}/${run}-tol`, merge, { metadata: { labels: { a: 'b' } } }),
  patch(`${pods}/${run}-tol?dryRun=All`, merge, { spec: { tolerations: null } }),
  patch(`${pods}/${run}-tol?dryRun=All`, merge, { spec: { tolerations: [{ key: 'a', operator: 'Exists' }] } }),
  remove(`${pods}/${run}-tol`),
];

const node = (name: string, more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: `${run}-${name}` },
  ...more,
});
const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
const nodes: DifferentialRequest[] = [
  post('/api/v1/nodes?dryRun=All', node('n')),
  post('/api/v1/nodes?dryRun=All', node('n', { spec: { taints: [taint] } })),
  post('/api/v1/nodes?dryRun=All', node('n', { spec: { taints: [{ ...taint, value: 'x' }] } })),
  post('/api/v1/nodes?dryRun=All', node('n', { spec: { taints: [{ ...taint, effect: 'NoExecute' }] } })),
];

const runtimeClass = (name: string, more: object): object => ({
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  metadata: { name: `${run}-${name}` },
  handler: 'h',
  ...more,
});
const heavy = { runtimeClassName: `${run}-heavy` };
const placed = { runtimeClassName: `${run}-placed` };
const runtimes: DifferentialRequest[] = [
  post(runtimeClasses, runtimeClass('plain', {})),
  post(runtimeClasses, runtimeClass('heavy', { overhead: { podFixed: { cpu: '250m', memory: '64Mi' } } })),
  post(runtimeClasses, runtimeClass('empty', { overhead: {} })),
  post(
    runtimeClasses,
    runtimeClass('placed', {
      scheduling: {
        nodeSelector: { kind: 'fast', zone: 'a' },
        tolerations: [
          { key: 'a', operator: 'Exists', effect: 'NoSchedule' },
          { key: 'b', operator: 'Equal', value: 'x' },
        ],
      },
    }),
  ),
  post403({ runtimeClassName: `${run}-absent` }),
  post403({ runtimeClassName: `${run}-plain` }),
  post403({ runtimeClassName: `${run}-plain`, overhead: { cpu: '1' } }),
  post403({ overhead: { cpu: '1' } }),
  post403({ overhead: {} }),
  post403(heavy),
  post403({ ...heavy, overhead: { cpu: '0.25', memory: '64Mi' } }),
  post403({ ...heavy, overhead: { cpu: '1' } }),
  post403({ runtimeClassName: `${run}-empty` }),
  post403(placed),
  post403({ ...placed, nodeSelector: { kind: 'fast', own: 'x' } }),
  post403({ ...placed, nodeSelector: { kind: 'slow' } }),
  post403({ ...placed, tolerations: [{ key: 'a', operator: 'Exists' }] }),
  post403({ ...placed, tolerations: [{ key: 'a', operator: 'Equal', value: 'v', effect: 'NoSchedule' }] }),
  post403({ ...placed, tolerations: [{ operator: 'Exists' }] }),
  ...['plain', 'heavy', 'empty', 'placed'].map((name) => remove(`${runtimeClasses}/${run}-${name}`)),
];

const classOf = (apiVersion: string, kind: string, name: string, mark: string, more: object): object => ({
  apiVersion,
  kind,
  metadata: { name: `${run}-${name}`, annotations: { [mark]: 'true' } },
  ...more,
});
const storageClass = (name: string, prefix = 'storageclass'): object =>
  classOf('storage.k8s.io/v1', 'StorageClass', name, `${prefix}.kubernetes.io/is-default-class`, {
    provisioner: 'example.com/p',
    allowVolumeExpansion: name === 'b',
  });
const claim = (name: string, more: object = {}, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, ...metadata },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...more },
});
const grow = (name: string, size: string): DifferentialRequest =>
  patch(`${claims}/${name}`, merge, { spec: { resources: { requests: { storage: size } } } });
const bound = { status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] } };
const storage: DifferentialRequest[] = [
  post(claims, claim('early')),
  post(storageClasses, storageClass('b')),
  post(storageClasses, storageClass('a', 'storageclass.beta')),
  post(claims, claim('defaulted')),
  post(`${claims}?dryRun=All`, claim('none', { storageClassName: '' })),
  post(`${claims}?dryRun=All`, claim('own', { storageClassName: 'own' })),
  post(`${claims}?dryRun=All`, claim('old', {}, { annotations: { 'volume.beta.kubernetes.io/storage-class': 'x' } })),
  post(`${claims}?dryRun=All`, claim('held', {}, { finalizers: ['kubernetes.io/pvc-protection'] })),
  post(`${claims}?dryRun=All`, claim('more', {}, { finalizers: ['example.com/x'] })),
  post(claims, claim('grows', { storageClassName: `${run}-b`, volumeName: 'v' })),
  post(claims, claim('stays', { storageClassName: `${run}-a`, volumeName: 'v' })),
  grow('grows', '2Gi'),
  ...['grows', 'stays', 'early'].map((name) => patch(`${claims}/${name}/status`, merge, bound)),
  grow('grows', '2Gi'),
  grow('grows', '2048Mi'),
  grow('grows', '1Gi'),
  grow('stays', '2Gi'),
  grow('early', '2Gi'),
  patch(`${claims}/early`, merge, { metadata: { labels: { a: 'b' } } }),
  post('/api/v1/persistentvolumes?dryRun=All', {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `${run}-v` },
    spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' } },
  }),
  remove(`${claims}/early`),
  get(`${claims}/early`),
  patch(`${claims}/early`, merge, { metadata: { finalizers: null } }),
  get(`${claims}/early`),
  ...['defaulted', 'grows', 'stays'].map((name) =>
    patch(`${claims}/${name}`, merge, { metadata: { finalizers: null } }),
  ),
  ...['a', 'b'].map((name) => remove(`${storageClasses}/${run}-${name}`)),
];

const ingress = (name: string, spec: object = {}, annotations: object = {}): DifferentialRequest =>
  post(`/apis/networking.k8s.io/v1/namespaces/${run}/ingresses?dryRun=All`, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, annotations },
    spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } }, ...spec },
  });
const ingresses: DifferentialRequest[] = [
  ingress('before'),
  post(
    ingressClasses,
    classOf('networking.k8s.io/v1', 'IngressClass', 'i', 'ingressclass.kubernetes.io/is-default-class', {
      spec: { controller: 'example.com/c' },
    }),
  ),
  ingress('defaulted'),
  ingress('own', { ingressClassName: 'own' }),
  ingress('old', {}, { 'kubernetes.io/ingress.class': 'nginx' }),
  remove(`${ingressClasses}/${run}-i`),
];

/** Three requests made with openssl: CN=x; O=system:masters, CN=x; O=devs, CN=x. */
const pems = {
  plain:
    'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlISE1HNENBUUF3RERFS01BZ0dBMVVFQXd3QmVEQlpNQk1HQnlxR1NNNDlBZ0VHQ0NxR1NNNDlBd0VIQTBJQQpCTUVKMzlod216SWFRWm1waTk0WVoxOXl1UFBQYXUzY256dXBGb1N5TlExTE91b2t5U0gzazhaTmRheEFkQjd2CnpUdDZLYjNOWEQyNy9lc21zbCs2USt1Z0FEQUtCZ2dxaGtqT1BRUURBZ05KQURCR0FpRUFnMHVkUDhyRHdXa2gKTUZxMFlGRlMrZGxidzlML3MrU1NFSTd4Z2dWcE5lRUNJUUNINnpha1dHckFYRktuRmthZW5KdTF1UEd0NExVaAp3SGU5MEVpTHZDbWtPUT09Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=',
  masters:
    'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIZk1JR0hBZ0VBTUNVeEZ6QVZCZ05WQkFvTURuTjVjM1JsYlRwdFlYTjBaWEp6TVFvd0NBWURWUVFEREFGNApNRmt3RXdZSEtvWkl6ajBDQVFZSUtvWkl6ajBEQVFjRFFnQUV3UW5mMkhDYk1ocEJtYW1MM2hoblgzSzQ4ODlxCjdkeWZPNmtXaExJMURVczY2aVRKSWZlVHhrMTFyRUIwSHUvTk8zb3B2YzFjUGJ2OTZ5YXlYN3BENjZBQU1Bb0cKQ0NxR1NNNDlCQU1DQTBjQU1FUUNJRnZSSlgrY0RTV3BsTjNlOVVZczU1b0tsa1VOdEFpWTZvM1IyOEVGcEhubgpBaUFSN3B3M1cwTS9XSkYrMHVXcFNqOGY5SitkSVpEMTlwbGZIN0ZXT2h3V3NBPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==',
  devs: 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIV01IMENBUUF3R3pFTk1Bc0dBMVVFQ2d3RVpHVjJjekVLTUFnR0ExVUVBd3dCZURCWk1CTUdCeXFHU000OQpBZ0VHQ0NxR1NNNDlBd0VIQTBJQUJNRUozOWh3bXpJYVFabXBpOTRZWjE5eXVQUFBhdTNjbnp1cEZvU3lOUTFMCk91b2t5U0gzazhaTmRheEFkQjd2elR0NktiM05YRDI3L2VzbXNsKzZRK3VnQURBS0JnZ3Foa2pPUFFRREFnTkoKQURCR0FpRUE3RjJCbUZtNnZvNWhpRjVHTHM4S2lVenplNVY2ZndVUVdOcTVBa0N5K2dvQ0lRQ21IVXgwWjIwUQpmMWkwVFdnckJGTWpucFdLM0tLZW4zWmd5ODFyRnFQcHlBPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==',
};
const signing = (name: string, request: string, signerName: string): object => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name: `${run}-${name}` },
  spec: { request, signerName, usages: ['client auth'] },
});
const clientSigner = 'kubernetes.io/kube-apiserver-client';
const as = (request: DifferentialRequest, user: string): DifferentialRequest => ({
  ...request,
  headers: { ...request.headers, 'impersonate-user': `${user}-${run}` },
});
const role = (user: string, rules: readonly object[]): DifferentialRequest[] => {
  const name = `${user}-${run}`;
  const rbac = 'rbac.authorization.k8s.io';
  return [
    post(`/apis/${rbac}/v1/clusterroles`, { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules }),
    post(`/apis/${rbac}/v1/clusterrolebindings`, {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
      subjects: [{ apiGroup: rbac, kind: 'User', name }],
    }),
  ];
};
const everyRequest = {
  apiGroups: ['certificates.k8s.io'],
  resources: ['certificatesigningrequests', 'certificatesigningrequests/approval', 'certificatesigningrequests/status'],
  verbs: ['*'],
};
const enter = { nonResourceURLs: ['/'], verbs: ['access'] };
const signers = (verb: string, name: string): object => ({
  apiGroups: ['certificates.k8s.io'],
  resources: ['signers'],
  resourceNames: [name],
  verbs: [verb],
});
const approve = { type: 'Approved', status: 'True', reason: 'r', message: 'm' };
const approval = (name: string): DifferentialRequest =>
  patch(`${signingRequests}/${run}-${name}/approval?dryRun=All`, merge, { status: { conditions: [approve] } });
const failing = (name: string): DifferentialRequest =>
  patch(`${signingRequests}/${run}-${name}/status?dryRun=All`, merge, {
    status: { conditions: [{ ...approve, type: 'Failed' }] },
  });
const certificates: DifferentialRequest[] = [
  post(`${signingRequests}?dryRun=All`, signing('m', pems.masters, clientSigner)),
  post(`${signingRequests}?dryRun=All`, signing('m', pems.masters, 'example.com/other')),
  post(`${signingRequests}?dryRun=All`, signing('d', pems.devs, clientSigner)),
  post(signingRequests, signing('one', pems.plain, 'example.com/one')),
  post(signingRequests, signing('two', pems.plain, 'example.org/two')),
  ...role('nobody', [enter, everyRequest]),
  ...role('one', [enter, everyRequest, signers('approve', 'example.com/one'), signers('sign', 'example.com/one')]),
  ...role('domain', [enter, everyRequest, signers('approve', 'example.org/*'), signers('sign', 'example.org/*')]),
  ...['nobody', 'one', 'domain'].flatMap((user) =>
    ['one', 'two'].flatMap((name) => [as(approval(name), user), as(failing(name), user)]),
  ),
  as(patch(`${signingRequests}/${run}-one/status?dryRun=All`, merge, { metadata: { labels: { a: 'b' } } }), 'nobody'),
  ...['one', 'two'].map((name) => remove(`${signingRequests}/${run}-${name}`)),
];

export const admissionRequests: readonly DifferentialRequest[] = [
  ...accounts,
  ...priorities,
  ...tolerations,
  ...nodes,
  ...runtimes,
  ...storage,
  ...ingresses,
  ...certificates,
];
