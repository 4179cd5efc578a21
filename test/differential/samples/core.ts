import { condition, of, type Sample, time, microTime } from './sample.ts';
import { claimSpec, persistentSources } from './volumes.ts';

const core = of('', 'v1');
const reference = {
  kind: 'Pod',
  namespace: 'mutations',
  name: 'p',
  uid: 'u',
  apiVersion: 'v1',
  resourceVersion: '1',
  fieldPath: 'spec',
};
const volume = {
  capacity: { storage: '1Gi' },
  accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
  claimRef: {
    kind: 'PersistentVolumeClaim',
    namespace: 'n',
    name: 'c',
    uid: 'u',
    apiVersion: 'v1',
    resourceVersion: '1',
  },
  persistentVolumeReclaimPolicy: 'Retain',
  storageClassName: 'fast',
  mountOptions: ['ro'],
  volumeMode: 'Filesystem',
  nodeAffinity: {
    required: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n'] }] }],
    },
  },
};
const ports = [
  { name: 'http', protocol: 'TCP', appProtocol: 'http', port: 80, targetPort: 'web' },
  { name: 'dns', protocol: 'UDP', port: 53, targetPort: 5353 },
];

export const coreSamples: readonly Sample[] = [
  core(
    'configmaps',
    'ConfigMap',
    { immutable: false, data: { a: 'b', 'c.d': 'e' }, binaryData: { bin: 'AAEC' } },
    {
      mutateMetadata: true,
      metadata: {
        labels: { app: 'web' },
        annotations: { 'example.com/note': 'x' },
        finalizers: ['example.com/f'],
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            name: 'd',
            uid: 'u',
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
    },
  ),
  core('configmaps', 'ConfigMap', { immutable: true, data: { a: 'b' } }),
  core('secrets', 'Secret', { immutable: false, type: 'Opaque', data: { a: 'YQ==' }, stringData: { b: 'c' } }),
  core('secrets', 'Secret', { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'e30=' } }),
  core('secrets', 'Secret', { type: 'kubernetes.io/dockercfg', data: { '.dockercfg': 'e30=' } }),
  core('secrets', 'Secret', { type: 'kubernetes.io/basic-auth', data: { username: 'YQ==', password: 'YQ==' } }),
  core('secrets', 'Secret', { type: 'kubernetes.io/ssh-auth', data: { 'ssh-privatekey': 'YQ==' } }),
  core('secrets', 'Secret', { type: 'bootstrap.kubernetes.io/token', data: { 'token-id': 'YQ==' } }),
  core(
    'secrets',
    'Secret',
    { type: 'kubernetes.io/service-account-token', data: { extra: 'YQ==' } },
    {
      metadata: { annotations: { 'kubernetes.io/service-account.name': 'default' } },
      createOnly: true,
    },
  ),
  core('serviceaccounts', 'ServiceAccount', {
    secrets: [{ name: 's' }],
    imagePullSecrets: [{ name: 'p' }],
    automountServiceAccountToken: true,
  }),
  core(
    'services',
    'Service',
    {
      spec: {
        ports,
        selector: { app: 'web' },
        type: 'LoadBalancer',
        externalIPs: ['1.2.3.4'],
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 100 } },
        loadBalancerIP: '5.6.7.8',
        loadBalancerSourceRanges: ['10.0.0.0/8'],
        externalTrafficPolicy: 'Local',
        publishNotReadyAddresses: true,
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        allocateLoadBalancerNodePorts: true,
        loadBalancerClass: 'example.com/lb',
        internalTrafficPolicy: 'Local',
        trafficDistribution: 'PreferClose',
      },
    },
    {
      status: {
        loadBalancer: {
          ingress: [
            { ip: '1.2.3.4', ipMode: 'VIP', ports: [{ port: 80, protocol: 'TCP', error: 'example.com/e' }] },
            { hostname: 'h.example.com' },
          ],
        },
        conditions: [condition],
      },
    },
  ),
  core('services', 'Service', { spec: { ports: [{ port: 80 }], selector: { app: 'web' } } }),
  core('services', 'Service', { spec: { ports: [{ port: 80 }], clusterIP: 'None' } }),
  core(
    'services',
    'Service',
    {
      spec: {
        type: 'LoadBalancer',
        externalTrafficPolicy: 'Local',
        ports: [{ port: 80, nodePort: 30080 }],
        clusterIP: '10.0.7.7',
        clusterIPs: ['10.0.7.7'],
        healthCheckNodePort: 30090,
        selector: { app: 'web' },
      },
    },
    { createOnly: true },
  ),
  core('services', 'Service', { spec: { type: 'ExternalName', externalName: 'example.com', ports: [{ port: 80 }] } }),
  core('services', 'Service', {
    spec: { type: 'NodePort', ports: [{ port: 80, targetPort: 8080 }], selector: { app: 'web' } },
  }),
  core('endpoints', 'Endpoints', {
    subsets: [
      {
        addresses: [{ ip: '1.2.3.4', hostname: 'h', nodeName: 'n', targetRef: reference }],
        notReadyAddresses: [{ ip: '1.2.3.5' }],
        ports: [
          { name: 'http', port: 80, protocol: 'TCP', appProtocol: 'http' },
          { name: 'dns', port: 53, protocol: 'UDP' },
        ],
      },
    ],
  }),
  core('events', 'Event', {
    involvedObject: reference,
    reason: 'R',
    message: 'm',
    source: { component: 'c', host: 'h' },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    type: 'Normal',
  }),
  core('events', 'Event', {
    involvedObject: reference,
    reason: 'R',
    message: 'm',
    type: 'Warning',
    eventTime: microTime,
    series: { count: 2, lastObservedTime: microTime },
    action: 'A',
    related: reference,
    reportingComponent: 'example.com/c',
    reportingInstance: 'i',
  }),
  of('events.k8s.io', 'v1')('events', 'Event', {
    regarding: reference,
    reason: 'R',
    note: 'm',
    type: 'Warning',
    eventTime: microTime,
    series: { count: 2, lastObservedTime: microTime },
    action: 'A',
    related: reference,
    reportingController: 'example.com/c',
    reportingInstance: 'i',
  }),
  core('limitranges', 'LimitRange', {
    spec: {
      limits: [
        {
          type: 'Container',
          max: { cpu: '2', memory: '2Gi' },
          min: { cpu: '1', memory: '1Gi' },
          default: { cpu: '2', memory: '2Gi' },
          defaultRequest: { cpu: '1', memory: '1Gi' },
          maxLimitRequestRatio: { cpu: '2' },
        },
        { type: 'Pod', max: { cpu: '4' } },
        { type: 'PersistentVolumeClaim', max: { storage: '10Gi' }, min: { storage: '1Gi' } },
      ],
    },
  }),
  core(
    'resourcequotas',
    'ResourceQuota',
    {
      spec: {
        hard: {
          pods: '5',
          'requests.cpu': '1',
          'limits.memory': '1Gi',
        },
        scopes: ['NotTerminating'],
      },
    },
    { status: { hard: { pods: '5' }, used: { pods: '1' } } },
  ),
  core('resourcequotas', 'ResourceQuota', {
    spec: { hard: { 'count/deployments.apps': '3', 'requests.storage': '1Gi', 'services.nodeports': '2' } },
  }),
  core('resourcequotas', 'ResourceQuota', {
    spec: {
      hard: { pods: '5' },
      scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] },
    },
  }),
  core(
    'namespaces',
    'Namespace',
    { spec: { finalizers: ['kubernetes'] } },
    { status: { phase: 'Active', conditions: [{ ...condition, type: 'NamespaceDeletionDiscoveryFailure' }] } },
  ),
  core(
    'nodes',
    'Node',
    {
      spec: {
        podCIDR: '10.1.0.0/24',
        podCIDRs: ['10.1.0.0/24'],
        providerID: 'p://1',
        unschedulable: true,
        taints: [{ key: 'a', value: 'b', effect: 'NoSchedule', timeAdded: time }],
      },
    },
    {
      status: {
        capacity: { cpu: '4', memory: '8Gi', pods: '110' },
        allocatable: { cpu: '4' },
        phase: 'Running',
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            lastHeartbeatTime: time,
            lastTransitionTime: time,
            reason: 'R',
            message: 'm',
          },
        ],
        addresses: [
          { type: 'InternalIP', address: '1.2.3.4' },
          { type: 'Hostname', address: 'h' },
        ],
        daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
        nodeInfo: {
          machineID: 'm',
          systemUUID: 's',
          bootID: 'b',
          kernelVersion: 'k',
          osImage: 'o',
          containerRuntimeVersion: 'c',
          kubeletVersion: 'v1',
          kubeProxyVersion: 'v1',
          operatingSystem: 'linux',
          architecture: 'amd64',
        },
        images: [{ names: ['a:1'], sizeBytes: 5 }],
        volumesInUse: ['v'],
        volumesAttached: [{ name: 'v', devicePath: '/d' }],
        runtimeHandlers: [{ name: 'runc', features: { recursiveReadOnlyMounts: true, userNamespaces: true } }],
        features: { supplementalGroupsPolicy: true },
      },
    },
  ),
  core(
    'persistentvolumeclaims',
    'PersistentVolumeClaim',
    { spec: claimSpec },
    {
      status: {
        phase: 'Bound',
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: '1Gi' },
        conditions: [
          {
            type: 'Resizing',
            status: 'True',
            lastProbeTime: time,
            lastTransitionTime: time,
            reason: 'r',
            message: 'm',
          },
        ],
        allocatedResources: { storage: '1Gi' },
        allocatedResourceStatuses: { storage: 'ControllerResizeInProgress' },
      },
    },
  ),
  core('persistentvolumeclaims', 'PersistentVolumeClaim', {
    spec: { accessModes: ['ReadWriteOncePod'], resources: { requests: { storage: '1Gi' } } },
  }),
  ...persistentSources.map((source, index) =>
    core(
      'persistentvolumes',
      'PersistentVolume',
      {
        spec:
          index === 0
            ? { ...volume, ...source }
            : {
                capacity: volume.capacity,
                accessModes: ['ReadWriteOnce'],
                nodeAffinity: volume.nodeAffinity,
                ...source,
              },
      },
      index === 0 ? { status: { phase: 'Bound', message: 'm', reason: 'r', lastPhaseTransitionTime: time } } : {},
    ),
  ),
];
