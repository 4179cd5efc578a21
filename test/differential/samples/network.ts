import { condition, labelSelector, of, type Sample, time } from './sample.ts';
import { persistentSources } from './volumes.ts';

const networking = of('networking.k8s.io', 'v1');
const storage = of('storage.k8s.io', 'v1');
const service = { service: { name: 's', port: { number: 80 } } };
const peers = [
  { podSelector: labelSelector, namespaceSelector: labelSelector },
  { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
];
const policyPorts = [
  { protocol: 'TCP', port: 80, endPort: 90 },
  { protocol: 'UDP', port: 'dns' },
];

export const networkSamples: readonly Sample[] = [
  networking(
    'ingresses',
    'Ingress',
    {
      spec: {
        ingressClassName: 'nginx',
        defaultBackend: service,
        tls: [{ hosts: ['a.example.com', '*.example.com'], secretName: 's' }],
        rules: [
          {
            host: 'a.example.com',
            http: {
              paths: [
                { path: '/a', pathType: 'Prefix', backend: { service: { name: 's', port: { name: 'http' } } } },
                {
                  path: '/b',
                  pathType: 'Exact',
                  backend: { resource: { apiGroup: 'example.com', kind: 'Bucket', name: 'b' } },
                },
              ],
            },
          },
          { host: '*.example.com' },
        ],
      },
    },
    {
      status: {
        loadBalancer: {
          ingress: [
            { ip: '1.2.3.4', ports: [{ port: 80, protocol: 'TCP', error: 'example.com/e' }] },
            { hostname: 'h' },
          ],
        },
      },
    },
  ),
  networking('ingressclasses', 'IngressClass', {
    spec: {
      controller: 'example.com/c',
      parameters: { apiGroup: 'example.com', kind: 'P', name: 'p', scope: 'Namespace', namespace: 'n' },
    },
  }),
  networking('networkpolicies', 'NetworkPolicy', {
    spec: {
      podSelector: labelSelector,
      ingress: [{ ports: policyPorts, from: peers }],
      egress: [{ ports: policyPorts, to: peers }],
      policyTypes: ['Ingress', 'Egress'],
    },
  }),
  networking(
    'ipaddresses',
    'IPAddress',
    { spec: { parentRef: { group: '', resource: 'services', namespace: 'default', name: 's' } } },
    { metadata: { name: '10.0.9.9' }, freshName: '10.0.9.10' },
  ),
  networking(
    'servicecidrs',
    'ServiceCIDR',
    { spec: { cidrs: ['10.0.0.0/24'] } },
    { status: { conditions: [condition] } },
  ),
  of('discovery.k8s.io', 'v1')('endpointslices', 'EndpointSlice', {
    addressType: 'IPv4',
    endpoints: [
      {
        addresses: ['1.2.3.4'],
        conditions: { ready: true, serving: true, terminating: false },
        hostname: 'h',
        targetRef: { kind: 'Pod', name: 'p', namespace: 'n' },
        deprecatedTopology: { a: 'b' },
        nodeName: 'n',
        zone: 'z',
        hints: { forZones: [{ name: 'z' }] },
      },
    ],
    ports: [
      { name: 'http', protocol: 'TCP', port: 80, appProtocol: 'http' },
      { name: 'dns', protocol: 'UDP', port: 53 },
    ],
  }),
];

export const storageSamples: readonly Sample[] = [
  storage('storageclasses', 'StorageClass', {
    provisioner: 'example.com/p',
    parameters: { a: 'b' },
    reclaimPolicy: 'Retain',
    mountOptions: ['ro'],
    allowVolumeExpansion: true,
    volumeBindingMode: 'WaitForFirstConsumer',
    allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['a', 'b'] }] }],
  }),
  storage('csidrivers', 'CSIDriver', {
    spec: {
      attachRequired: true,
      podInfoOnMount: true,
      volumeLifecycleModes: ['Persistent', 'Ephemeral'],
      storageCapacity: true,
      fsGroupPolicy: 'File',
      tokenRequests: [{ audience: 'a', expirationSeconds: 3600 }],
      requiresRepublish: true,
      seLinuxMount: true,
    },
  }),
  storage('csinodes', 'CSINode', {
    spec: { drivers: [{ name: 'd.example.com', nodeID: 'n', topologyKeys: ['zone'], allocatable: { count: 5 } }] },
  }),
  storage('csistoragecapacities', 'CSIStorageCapacity', {
    nodeTopology: labelSelector,
    storageClassName: 'fast',
    capacity: '1Gi',
    maximumVolumeSize: '1Gi',
  }),
  storage(
    'volumeattachments',
    'VolumeAttachment',
    {
      spec: { attacher: 'd.example.com', source: { persistentVolumeName: 'v' }, nodeName: 'n' },
    },
    {
      status: {
        attached: true,
        attachmentMetadata: { a: 'b' },
        attachError: { time, message: 'm' },
        detachError: { time, message: 'm' },
      },
    },
  ),
  storage('volumeattachments', 'VolumeAttachment', {
    spec: {
      attacher: 'd.example.com',
      source: { inlineVolumeSpec: { accessModes: ['ReadWriteOnce'], ...persistentSources[3] } },
      nodeName: 'n',
    },
  }),
];
