import { isIP } from 'node:net';
import type { Json, JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { isLoopback } from './loopback.ts';
import recorded from './bootstrap.json' with { type: 'json' };

/** What a cluster with nodes shows of itself beside its namespaces, where it depends on the server. */
export type ClusterDefaultsOptions = {
  /** IPv4 range of Services: `10.96.0.0/12`. */
  readonly serviceRange: string;
  /** Where clients reach the API: the endpoint of the Service `kubernetes`. */
  readonly host: string;
  readonly port: number;
};

/** Objects of one resource, as storage names it. */
export type DefaultResource = readonly [resource: string, objects: readonly KubeObject[]];

const kinds: Readonly<Record<string, readonly [kind: string, apiVersion: string]>> = {
  'flowschemas.flowcontrol.apiserver.k8s.io': ['FlowSchema', 'flowcontrol.apiserver.k8s.io/v1'],
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': [
    'PriorityLevelConfiguration',
    'flowcontrol.apiserver.k8s.io/v1',
  ],
  'clusterrolebindings.rbac.authorization.k8s.io': ['ClusterRoleBinding', 'rbac.authorization.k8s.io/v1'],
  'clusterroles.rbac.authorization.k8s.io': ['ClusterRole', 'rbac.authorization.k8s.io/v1'],
  'rolebindings.rbac.authorization.k8s.io': ['RoleBinding', 'rbac.authorization.k8s.io/v1'],
  'roles.rbac.authorization.k8s.io': ['Role', 'rbac.authorization.k8s.io/v1'],
};

/**
 * What a freshly started kube-apiserver 1.33 and its controller manager have made: the Service `kubernetes` with what belongs to it, the bootstrap flow
 * control and the system's RBAC. `time` and `day` stand for when the logical cluster was made.
 */
export function clusterDefaults(
  options: ClusterDefaultsOptions,
  time: string,
  day: string,
): readonly DefaultResource[] {
  const bootstrap = Object.entries(recorded as unknown as Record<string, JsonObject[]>).map(
    ([resource, objects]): DefaultResource => {
      const [kind = '', apiVersion = ''] = kinds[resource] ?? [];
      return [resource, objects.map((object) => ({ kind, apiVersion, ...withTime(object, time) }) as KubeObject)];
    },
  );
  return [...bootstrap, ...kubernetesService(options, time), ['configmaps', [legacyTokenTracking(day)]]];
}

function withTime(value: JsonObject, time: string): JsonObject {
  const put = (item: Json | undefined): Json => {
    if (item === undefined) return null;
    if (item === 'creationTime') return time;
    if (Array.isArray(item)) return item.map(put);
    if (typeof item !== 'object' || item === null) return item;
    return Object.fromEntries(Object.entries(item).map(([name, inner]) => [name, put(inner)]));
  };
  return put(value) as JsonObject;
}

/** The first address of a range. */
export function firstAddress(range: string): string {
  const [network = '', length = '32'] = range.split('/');
  const number = network.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(length));
  const first = number - (number % size) + 1;
  return [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.');
}

function kubernetesService({ serviceRange, host, port }: ClusterDefaultsOptions, time: string): DefaultResource[] {
  const address = firstAddress(serviceRange);
  const name = 'kubernetes';
  const namespace = 'default';
  const served: DefaultResource[] = [];
  const family = isIP(host);
  // Endpoints may not lead to the machine of whoever reads them.
  if (family !== 0 && !isLoopback(host)) {
    const ports = [{ name: 'https', port, protocol: 'TCP' }];
    served.push(
      [
        'endpoints',
        [
          {
            kind: 'Endpoints',
            apiVersion: 'v1',
            metadata: { name, namespace, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
            subsets: [{ addresses: [{ ip: host }], ports }],
          } as KubeObject,
        ],
      ],
      [
        'endpointslices.discovery.k8s.io',
        [
          {
            kind: 'EndpointSlice',
            apiVersion: 'discovery.k8s.io/v1',
            metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
            addressType: family === 4 ? 'IPv4' : 'IPv6',
            endpoints: [{ addresses: [host], conditions: { ready: true } }],
            ports,
          } as KubeObject,
        ],
      ],
    );
  }
  return [
    [
      'services',
      [
        {
          kind: 'Service',
          apiVersion: 'v1',
          metadata: { name, namespace, labels: { component: 'apiserver', provider: 'kubernetes' } },
          spec: {
            ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: port }],
            clusterIP: address,
            clusterIPs: [address],
            type: 'ClusterIP',
            sessionAffinity: 'None',
            ipFamilies: ['IPv4'],
            ipFamilyPolicy: 'SingleStack',
            internalTrafficPolicy: 'Cluster',
          },
          status: { loadBalancer: {} },
        } as KubeObject,
      ],
    ],
    [
      'servicecidrs.networking.k8s.io',
      [
        {
          kind: 'ServiceCIDR',
          apiVersion: 'networking.k8s.io/v1',
          metadata: { name, finalizers: ['networking.k8s.io/service-cidr-finalizer'] },
          spec: { cidrs: [serviceRange] },
          status: {
            conditions: [
              {
                type: 'Ready',
                status: 'True',
                lastTransitionTime: time,
                reason: '',
                message: 'Kubernetes default Service CIDR is ready',
              },
            ],
          },
        } as KubeObject,
      ],
    ],
    [
      'ipaddresses.networking.k8s.io',
      [
        {
          kind: 'IPAddress',
          apiVersion: 'networking.k8s.io/v1',
          metadata: {
            name: address,
            labels: {
              'ipaddress.kubernetes.io/ip-family': 'IPv4',
              'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
            },
          },
          spec: { parentRef: { resource: 'services', namespace, name } },
        } as KubeObject,
      ],
    ],
    ...served,
  ];
}

/** Since when it is written down which ServiceAccount tokens from Secrets are used: from the beginning, and none is. */
function legacyTokenTracking(since: string): KubeObject {
  const metadata = { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' };
  return { kind: 'ConfigMap', apiVersion: 'v1', metadata, data: { since } } as KubeObject;
}
