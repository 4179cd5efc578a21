import { type DifferentialRequest, merge, patch, post, put, remove, run } from './request.ts';

/*
 * Pods and workloads that break the Pod Security Standards, one rule at a time and in all versions in which a rule changed, in namespaces that enforce or warn.
 */

const levels = ['baseline', 'restricted'] as const;
/** Versions around each change of a rule. */
const versions = [
  'v1.0',
  'v1.7',
  'v1.8',
  'v1.18',
  'v1.19',
  'v1.21',
  'v1.22',
  'v1.23',
  'v1.24',
  'v1.25',
  'v1.26',
].concat(['v1.27', 'v1.28', 'v1.29', 'v1.30', 'v1.31', 'v1.32', 'v1.33', 'latest']);
const prefix = 'pod-security.kubernetes.io/';
const container = { name: 'c', image: 'i' };
const namespace = (name: string): string => `${run}-${name}`;

function createNamespace(name: string, labels: Record<string, string>): DifferentialRequest {
  const own = Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${prefix}${key}`, value]));
  return post('/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace(name), labels: own },
  });
}

function createAccount(name: string): DifferentialRequest {
  return post(`/api/v1/namespaces/${namespace(name)}/serviceaccounts`, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default' },
  });
}

type Subject = { readonly spec: object; readonly annotations?: Record<string, string> };
const inContainer = (securityContext: object, more: object = {}): Subject => ({
  spec: { containers: [{ ...container, ...more, securityContext }] },
});
const inPod = (securityContext: object): Subject => ({ spec: { containers: [container], securityContext } });
const inAll = (securityContext: object): Subject => ({
  spec: {
    securityContext,
    initContainers: [{ name: 'init', image: 'i', securityContext }],
    containers: [
      { ...container, securityContext },
      { name: 'd', image: 'i' },
    ],
  },
});
const annotated = (annotations: Record<string, string>): Subject => ({
  spec: { containers: [container, { name: 'd', image: 'i' }] },
  annotations,
});
const volumes = (...sources: readonly object[]): Subject => ({
  spec: { containers: [container], volumes: sources.map((source, index) => ({ name: `v${index}`, ...source })) },
});
/** Passes the level restricted. */
const good = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
const windows = { hostProcess: true };

const subjects: readonly Subject[] = [
  { spec: { containers: [container] } },
  inContainer(good),
  inContainer({ ...good, capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }),
  inContainer({ ...good, capabilities: { drop: ['all'], add: ['NET_ADMIN', 'CHOWN', 'SYS_TIME'] } }),
  inAll({ ...good, allowPrivilegeEscalation: undefined, capabilities: undefined }),
  inAll({ runAsNonRoot: false }),
  inAll({ runAsUser: 0 }),
  inPod({ runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'Localhost', localhostProfile: 'x' } }),
  inAll({ seccompProfile: { type: 'Unconfined' } }),
  inAll({ appArmorProfile: { type: 'Unconfined' } }),
  inPod({ appArmorProfile: { type: 'RuntimeDefault' } }),
  annotated({ 'container.apparmor.security.beta.kubernetes.io/c': 'unconfined' }),
  annotated({
    'container.apparmor.security.beta.kubernetes.io/c': 'localhost/x',
    'container.apparmor.security.beta.kubernetes.io/d': 'unconfined',
  }),
  annotated({ 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' }),
  annotated({ 'container.seccomp.security.alpha.kubernetes.io/d': 'unconfined' }),
  annotated({ 'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default' }),
  { spec: { containers: [container], hostNetwork: true, hostPID: true, hostIPC: true } },
  {
    spec: {
      containers: [
        { ...container, ports: [{ containerPort: 80, hostPort: 8080 }] },
        { name: 'd', image: 'i', ports: [{ containerPort: 81, hostPort: 900 }, { containerPort: 82 }] },
      ],
    },
  },
  inContainer({}, { ports: [{ containerPort: 80, hostPort: 80 }] }),
  inAll({ seLinuxOptions: { type: 'spc_t', user: 'u', role: 'r', level: 's0' } }),
  inContainer({ seLinuxOptions: { type: 'container_engine_t' } }),
  inPod({ seLinuxOptions: { user: 'u' } }),
  inContainer({ privileged: true }),
  {
    ...inContainer({ procMount: 'Unmasked' }),
    spec: { ...inContainer({ procMount: 'Unmasked' }).spec, hostUsers: false },
  },
  inPod({
    sysctls: [
      { name: 'kernel.shm_rmid_forced', value: '1' },
      { name: 'net.ipv4.ip_local_reserved_ports', value: '1' },
      { name: 'net.ipv4.tcp_keepalive_time', value: '1' },
      { name: 'net.ipv4.tcp_rmem', value: '1' },
      { name: 'kernel.msgmax', value: '1' },
    ],
  }),
  volumes({ hostPath: { path: '/x' } }),
  volumes({ hostPath: { path: '/x' } }, { nfs: { server: 's', path: '/' } }, { emptyDir: {} }),
  volumes(
    { gcePersistentDisk: { pdName: 'x' } },
    { iscsi: { targetPortal: 'p', iqn: 'iqn.2001-04.com.example:x', lun: 0 } },
    { rbd: { monitors: ['m'], image: 'i' } },
    { fc: { targetWWNs: ['w'], lun: 0 } },
    { azureFile: { secretName: 's', shareName: 'x' } },
    { flexVolume: { driver: 'a/b' } },
    { cephfs: { monitors: ['m'] } },
  ),
  volumes(
    { configMap: { name: 'x' } },
    { secret: { secretName: 'x' } },
    { projected: { sources: [{ configMap: { name: 'x' } }] } },
    { downwardAPI: { items: [] } },
    { persistentVolumeClaim: { claimName: 'x' } },
    { csi: { driver: 'x' } },
    {
      ephemeral: {
        volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1' } } } },
      },
    },
  ),
  {
    spec: {
      hostNetwork: true,
      securityContext: { windowsOptions: windows },
      containers: [{ ...container, securityContext: { windowsOptions: windows } }],
    },
  },
  { spec: { os: { name: 'windows' }, containers: [container], securityContext: { runAsNonRoot: true } } },
];

function podIn(name: string, { spec, annotations = {} }: Subject): DifferentialRequest {
  return post(`/api/v1/namespaces/${namespace(name)}/pods?dryRun=All`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', annotations },
    spec,
  });
}

const byVersion: DifferentialRequest[] = levels.flatMap((level) =>
  versions.flatMap((version) => {
    const name = `${level}-${version.replace('.', '-')}`;
    return [
      createNamespace(name, { enforce: level, 'enforce-version': version }),
      createAccount(name),
      ...subjects.map((subject) => podIn(name, subject)),
      remove(`/api/v1/namespaces/${namespace(name)}`, undefined, { ignoreBody: true }),
    ];
  }),
);

const template = {
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ ...container, securityContext: { privileged: true } }] },
};
const selector = { matchLabels: { app: 'a' } };
const once = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } };
const workloads: readonly (readonly [string, string, string, object])[] = [
  ['apps/v1', 'Deployment', 'deployments', { spec: { selector, template } }],
  ['apps/v1', 'ReplicaSet', 'replicasets', { spec: { selector, template } }],
  ['apps/v1', 'StatefulSet', 'statefulsets', { spec: { selector, template, serviceName: 's' } }],
  ['apps/v1', 'DaemonSet', 'daemonsets', { spec: { selector, template } }],
  ['batch/v1', 'Job', 'jobs', { spec: { template: once } }],
  ['batch/v1', 'CronJob', 'cronjobs', { spec: { schedule: '* * * * *', jobTemplate: { spec: { template: once } } } }],
  ['v1', 'ReplicationController', 'replicationcontrollers', { spec: { selector: { app: 'a' }, template } }],
  ['v1', 'PodTemplate', 'podtemplates', { template }],
];

function workloadsIn(name: string): DifferentialRequest[] {
  return workloads.flatMap(([apiVersion, kind, resource, body]) => {
    const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
    const at = `${root}/namespaces/${namespace(name)}/${resource}`;
    return [
      post(at, { apiVersion, kind, metadata: { name: 'w' }, ...body }),
      patch(`${at}/w`, merge, { metadata: { labels: { a: 'b' } } }),
      patch(`${at}/w/status`, merge, { metadata: { labels: { a: 'c' } } }),
    ];
  });
}

const of = (name: string): string => `/api/v1/namespaces/${namespace(name)}`;
const relabel = (name: string, labels: Record<string, string | null>): DifferentialRequest =>
  patch(`${of(name)}?dryRun=All`, merge, {
    metadata: { labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${prefix}${key}`, value])) },
  });
const store = (name: string, pod: string, spec: object, metadata: object = {}): DifferentialRequest =>
  post(`${of(name)}/pods`, { apiVersion: 'v1', kind: 'Pod', metadata: { name: pod, ...metadata }, spec });
const owned = (uid: string): object => ({
  ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid, controller: true }],
});

const modes: DifferentialRequest[] = [
  createNamespace('wrong', { enforce: 'strict' }),
  createNamespace('wrong', { enforce: 'baseline', 'enforce-version': '1.0', audit: 'x', 'audit-version': 'v2.0' }),
  createNamespace('wrong', { warn: '', 'warn-version': 'v1.01' }),
  createNamespace('warned', { warn: 'baseline' }),
  createAccount('warned'),
  podIn('warned', inContainer({ privileged: true })),
  podIn('warned', inContainer(good)),
  ...workloadsIn('warned'),
  createNamespace('enforced', { enforce: 'baseline' }),
  createAccount('enforced'),
  ...workloadsIn('enforced'),
  createNamespace('both', { enforce: 'baseline', warn: 'restricted', 'warn-version': 'v1.8' }),
  createAccount('both'),
  podIn('both', { spec: { containers: [container] } }),
  podIn('both', inContainer({ privileged: true })),
  createNamespace('quiet', { enforce: 'restricted', warn: 'privileged', audit: 'restricted' }),
  createAccount('quiet'),
  podIn('quiet', { spec: { containers: [container] } }),
  post(`${of('quiet')}/podtemplates`, { apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: 'w' }, template }),
  createNamespace('later', {}),
  createAccount('later'),
  store('later', 'plain', { containers: [container] }),
  store('later', 'priv-b', { containers: [{ ...container, securityContext: { privileged: true } }] }),
  store('later', 'priv-a', { containers: [{ ...container, securityContext: { privileged: true } }] }),
  store('later', 'priv-c', { containers: [{ ...container, securityContext: { privileged: true } }] }, owned('one')),
  store('later', 'priv-d', { containers: [{ ...container, securityContext: { privileged: true } }] }, owned('one')),
  store('later', 'host-a', { containers: [container], hostNetwork: true }),
  store('later', 'host-b', { containers: [container], hostNetwork: true }),
  relabel('later', { enforce: 'baseline' }),
  relabel('later', { enforce: 'restricted', 'enforce-version': 'v1.20' }),
  relabel('later', { enforce: 'nothing' }),
  relabel('later', { warn: 'restricted', audit: 'baseline' }),
  patch(of('later'), merge, { metadata: { labels: { [`${prefix}enforce`]: 'restricted' } } }),
  relabel('later', { enforce: 'baseline' }),
  relabel('later', { enforce: null }),
  relabel('later', { 'enforce-version': 'v1.20' }),
  patch(`${of('later')}/pods/plain`, merge, { metadata: { labels: { a: 'b' } } }),
  patch(`${of('later')}/pods/plain?dryRun=All`, merge, { spec: { activeDeadlineSeconds: 5 } }),
  patch(
    `${of('later')}/pods/plain?dryRun=All`,
    merge,
    { spec: { containers: [{ name: 'c', image: 'other' }] } },
    {
      ignoreBody: true,
    },
  ),
  patch(`${of('later')}/pods/plain/ephemeralcontainers`, merge, {
    spec: { ephemeralContainers: [{ name: 'e', image: 'i' }] },
  }),
  patch(`${of('later')}/pods/plain/status`, merge, { status: { message: 'm' } }),
  put(
    `${of('later')}/finalize`,
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace('later') } },
    {
      ignoreBody: true,
    },
  ),
  ...['warned', 'enforced', 'both', 'quiet', 'later'].map((name) => remove(of(name), undefined, { ignoreBody: true })),
];

export const podSecurityRequests: readonly DifferentialRequest[] = [...modes, ...byVersion];
