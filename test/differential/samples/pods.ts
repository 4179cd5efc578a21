import { labelSelector, of, type Sample, time } from './sample.ts';
import { podVolumes } from './volumes.ts';

const core = of('', 'v1');
const probeNumbers = {
  initialDelaySeconds: 1,
  timeoutSeconds: 2,
  periodSeconds: 3,
  successThreshold: 1,
  failureThreshold: 4,
};
const httpGet = {
  path: '/healthz',
  port: 'http',
  host: 'example.com',
  scheme: 'HTTPS',
  httpHeaders: [{ name: 'X-Header', value: 'v' }],
};
const seLinuxOptions = { user: 'u', role: 'r', type: 't', level: 's0' };

const main = {
  name: 'main',
  image: 'registry.example.com/app:1',
  command: ['run'],
  args: ['--now'],
  workingDir: '/work',
  ports: [
    { name: 'http', containerPort: 8080, protocol: 'TCP', hostPort: 8080, hostIP: '10.0.0.1' },
    { name: 'dns', containerPort: 53, protocol: 'UDP' },
  ],
  envFrom: [
    { prefix: 'A_', configMapRef: { name: 'c', optional: true } },
    { secretRef: { name: 's', optional: false } },
  ],
  env: [
    { name: 'A', value: 'b' },
    { name: 'POD', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
    { name: 'CPU', valueFrom: { resourceFieldRef: { containerName: 'main', resource: 'limits.cpu', divisor: '1m' } } },
    { name: 'C', valueFrom: { configMapKeyRef: { name: 'c', key: 'k', optional: true } } },
    { name: 'S', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } } },
  ],
  resources: {
    limits: { cpu: '1', memory: '1Gi', 'ephemeral-storage': '1Gi', 'hugepages-2Mi': '4Mi', 'example.com/gpu': '1' },
    requests: {
      cpu: '500m',
      memory: '512Mi',
      'ephemeral-storage': '1Gi',
      'hugepages-2Mi': '4Mi',
      'example.com/gpu': '1',
    },
  },
  resizePolicy: [
    { resourceName: 'cpu', restartPolicy: 'NotRequired' },
    { resourceName: 'memory', restartPolicy: 'RestartContainer' },
  ],
  volumeMounts: [
    { name: 'empty', mountPath: '/empty', subPath: 'a', readOnly: true, mountPropagation: 'HostToContainer' },
    { name: 'config', mountPath: '/config', subPathExpr: '$(A)/x', readOnly: false },
    { name: 'secret', mountPath: '/secret', readOnly: true, recursiveReadOnly: 'IfPossible' },
  ],
  livenessProbe: { ...probeNumbers, terminationGracePeriodSeconds: 5, httpGet },
  readinessProbe: { ...probeNumbers, successThreshold: 2, tcpSocket: { port: 8080, host: 'example.com' } },
  startupProbe: { ...probeNumbers, exec: { command: ['true'] } },
  lifecycle: { postStart: { exec: { command: ['true'] } }, preStop: { httpGet } },
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'FallbackToLogsOnError',
  imagePullPolicy: 'IfNotPresent',
  securityContext: {
    capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
    privileged: false,
    seLinuxOptions,
    runAsUser: 1000,
    runAsGroup: 1000,
    runAsNonRoot: true,
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    procMount: 'Default',
    seccompProfile: { type: 'RuntimeDefault' },
  },
  stdin: true,
  stdinOnce: true,
  tty: true,
};
const nodeTerm = {
  matchExpressions: [{ key: 'zone', operator: 'In', values: ['a', 'b'] }],
  matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }],
};
const podTerm = {
  labelSelector,
  namespaces: ['default'],
  namespaceSelector: { matchLabels: { team: 'a' } },
  topologyKey: 'kubernetes.io/hostname',
  matchLabelKeys: ['revision'],
  mismatchLabelKeys: ['tenant'],
};

const rich = {
  automountServiceAccountToken: false,
  volumes: podVolumes.slice(0, 7),
  initContainers: [
    {
      name: 'init',
      image: 'busybox',
      command: ['true'],
      restartPolicy: 'Always',
      startupProbe: { tcpSocket: { port: 1 } },
    },
    { name: 'once', image: 'busybox:1' },
  ],
  containers: [
    main,
    {
      name: 'side',
      image: 'side@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      livenessProbe: { grpc: { port: 9000, service: 'health' } },
      lifecycle: { preStop: { sleep: { seconds: 5 } }, postStart: { tcpSocket: { port: 80 } } },
      resources: { requests: { cpu: '100m' } },
    },
  ],
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 30,
  activeDeadlineSeconds: 600,
  dnsPolicy: 'None',
  dnsConfig: {
    nameservers: ['1.2.3.4', '2001:db8::1'],
    searches: ['example.com', 'sub.example.com'],
    options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
  },
  nodeSelector: { disk: 'ssd' },
  serviceAccountName: 'default',
  shareProcessNamespace: true,
  securityContext: {
    seLinuxOptions,
    runAsUser: 1000,
    runAsGroup: 2000,
    runAsNonRoot: true,
    supplementalGroups: [1, 2],
    supplementalGroupsPolicy: 'Merge',
    fsGroup: 3000,
    sysctls: [{ name: 'kernel.shm_rmid_forced', value: '0' }],
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'Localhost', localhostProfile: 'profiles/a.json' },
  },
  imagePullSecrets: [{ name: 'pull' }],
  hostname: 'host',
  subdomain: 'sub',
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [nodeTerm] },
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 10, preference: { matchExpressions: [{ key: 'cpu', operator: 'Gt', values: ['4'] }] } },
      ],
    },
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [podTerm],
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: podTerm }],
    },
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector, topologyKey: 'zone' }],
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: { topologyKey: 'zone' } }],
    },
  },
  schedulerName: 'my-scheduler',
  tolerations: [
    { key: 'a', operator: 'Equal', value: 'b', effect: 'NoExecute', tolerationSeconds: 60 },
    { operator: 'Exists' },
  ],
  hostAliases: [{ ip: '127.0.0.1', hostnames: ['foo.local', 'bar.local'] }],
  readinessGates: [{ conditionType: 'example.com/ready' }],
  runtimeClassName: 'kata',
  enableServiceLinks: false,
  preemptionPolicy: 'Never',
  overhead: { cpu: '10m', memory: '10Mi' },
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector,
      minDomains: 2,
      nodeAffinityPolicy: 'Honor',
      nodeTaintsPolicy: 'Ignore',
      matchLabelKeys: ['revision'],
    },
    { maxSkew: 2, topologyKey: 'host', whenUnsatisfiable: 'ScheduleAnyway' },
  ],
  setHostnameAsFQDN: true,
  os: { name: 'linux' },
  schedulingGates: [{ name: 'example.com/gate' }],
};

const bare = { automountServiceAccountToken: false, containers: [{ name: 'main', image: 'nginx:1' }] };
const armored = {
  ...bare,
  securityContext: { appArmorProfile: { type: 'RuntimeDefault' } },
  initContainers: [{ name: 'init', image: 'i:1' }],
  containers: [
    {
      name: 'main',
      image: 'nginx:1',
      securityContext: { appArmorProfile: { type: 'Localhost', localhostProfile: 'p' } },
    },
    { name: 'side', image: 'nginx:1', securityContext: { appArmorProfile: { type: 'Unconfined' } } },
  ],
};
const windows = {
  ...bare,
  os: { name: 'windows' },
  securityContext: {
    windowsOptions: {
      gmsaCredentialSpecName: 'g',
      gmsaCredentialSpec: 'spec',
      runAsUserName: 'ContainerAdministrator',
      hostProcess: false,
    },
    runAsNonRoot: true,
  },
  containers: [
    {
      name: 'main',
      image: 'win',
      securityContext: { windowsOptions: { runAsUserName: 'DOMAIN\\user', hostProcess: false } },
    },
  ],
};
const host = {
  ...bare,
  hostNetwork: true,
  hostPID: true,
  hostIPC: true,
  dnsPolicy: 'ClusterFirstWithHostNet',
  priorityClassName: 'high',
  restartPolicy: 'OnFailure',
  containers: [
    {
      name: 'main',
      image: 'nginx:1',
      securityContext: { privileged: true },
      ports: [{ containerPort: 80, hostPort: 80 }],
      volumeMounts: [{ name: 'hostpath', mountPath: '/h', mountPropagation: 'Bidirectional' }],
      volumeDevices: [{ name: 'claim', devicePath: '/dev/x' }],
    },
  ],
  volumes: [podVolumes[0], podVolumes[4]],
};

const containerStatus = {
  name: 'main',
  state: { running: { startedAt: time } },
  lastState: {
    terminated: {
      exitCode: 1,
      signal: 2,
      reason: 'Error',
      message: 'm',
      startedAt: time,
      finishedAt: time,
      containerID: 'c://1',
    },
  },
  ready: true,
  restartCount: 1,
  image: 'nginx:1',
  imageID: 'i',
  containerID: 'c://2',
  started: true,
  allocatedResources: { cpu: '1' },
  resources: { requests: { cpu: '1' }, limits: { cpu: '2' } },
  volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true, recursiveReadOnly: 'Disabled' }],
  user: { linux: { uid: 1, gid: 2, supplementalGroups: [3] } },
};
const status = {
  phase: 'Running',
  conditions: [
    { type: 'Ready', status: 'True', lastProbeTime: time, lastTransitionTime: time, reason: 'R', message: 'm' },
  ],
  message: 'm',
  reason: 'r',
  nominatedNodeName: 'n',
  hostIP: '10.9.8.7',
  hostIPs: [{ ip: '10.9.8.7' }],
  podIP: '10.1.2.3',
  podIPs: [{ ip: '10.1.2.3' }, { ip: '2001:db8::3' }],
  startTime: time,
  containerStatuses: [containerStatus],
  initContainerStatuses: [{ ...containerStatus, name: 'init', state: { waiting: { reason: 'W', message: 'm' } } }],
  ephemeralContainerStatuses: [],
  qosClass: 'Burstable',
  resize: 'Proposed',
  resourceClaimStatuses: [{ name: 'c', resourceClaimName: 'x' }],
};

export const podSamples: readonly Sample[] = [
  core('pods', 'Pod', { spec: rich }, { status, metadata: { labels: { app: 'web' } } }),
  core('pods', 'Pod', { spec: { ...bare, volumes: podVolumes.slice(7) } }),
  core('pods', 'Pod', { spec: windows }),
  core('pods', 'Pod', { spec: armored }),
  core('pods', 'Pod', { spec: host }),
  core('pods', 'Pod', { spec: bare }),
  core('podtemplates', 'PodTemplate', {
    template: { metadata: { labels: { app: 'web' } }, spec: { ...bare, dnsConfig: { searches: ['a'] } } },
  }),
];
