import type { FieldError } from '../../../apimachinery/errors.ts';
import type { Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, labelsCell, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { nameIsDns1035Label } from '../../../apimachinery/validation/names.ts';
import { proxySubresource } from '../../connect.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { dropForNewType, initializeAddresses, keepAddresses } from './service-addresses.ts';
import { isExternallyAccessible, type Service } from './service-types.ts';
import { validateService } from './validate-service.ts';
import { validateServiceStatus, validateServiceUpdate } from './validate-service-update.ts';

const inCluster = new Set(['NodePort', 'LoadBalancer', 'ClusterIP']);
/** Three hours. */
const defaultAffinitySeconds = 10_800;

/** Everything but cluster addresses and node ports, which a server that has a range of them allots. */
function applyDefaults(object: KubeObject): void {
  const service = object as Service;
  const spec = (service.spec ??= {});
  if (!spec.sessionAffinity) spec.sessionAffinity = 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  else if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: defaultAffinitySeconds } };
  }
  if (!spec.type) spec.type = 'ClusterIP';
  for (const port of spec.ports ?? []) {
    if (!port.protocol) port.protocol = 'TCP';
    if (!port.targetPort) port.targetPort = port.port ?? 0;
  }
  if (isExternallyAccessible(spec) && !spec.externalTrafficPolicy) spec.externalTrafficPolicy = 'Cluster';
  if (inCluster.has(spec.type)) spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') {
    spec.allocateLoadBalancerNodePorts ??= true;
    for (const ingress of service.status?.loadBalancer?.ingress ?? []) {
      if (ingress.ip) ingress.ipMode ??= 'VIP';
    }
  }
}

function prepareForCreate(object: KubeObject): void {
  const service = object as Service;
  service.status = { loadBalancer: {} };
  initializeAddresses((service.spec ??= {}));
}

function prepareForUpdate(object: KubeObject, before: KubeObject): void {
  const service = object as Service;
  const spec = (service.spec ??= {});
  const old = (before as Service).spec ?? {};
  keepAddresses(spec, old);
  dropForNewType(spec, old);
  // Meaningless there; upstream hides it when it reads.
  if (spec.type === 'ExternalName') delete spec.internalTrafficPolicy;
  if (spec.type !== 'LoadBalancer') service.status = { ...service.status, loadBalancer: {} };
}

function externalAddress({ spec = {}, status = {} }: Service): string {
  const external = spec.externalIPs ?? [];
  if (spec.type === 'ExternalName') return spec.externalName ?? '';
  if (spec.type === 'LoadBalancer') {
    const ingress = status.loadBalancer?.ingress ?? [];
    const balanced = [...new Set(ingress.map(({ ip, hostname }) => ip || (hostname ?? '')))].filter((a) => a !== '');
    return [...balanced.toSorted(), ...external].join(',') || '<pending>';
  }
  return spec.type === 'ClusterIP' || spec.type === 'NodePort' ? external.join(',') || '<none>' : '<unknown>';
}

function cells(object: KubeObject, now: Date): Json[] {
  const service = object as Service;
  const { spec = {} } = service;
  const ports = spec.ports?.map(({ port = 0, nodePort = 0, protocol = '' }) =>
    nodePort > 0 ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return [
    object.metadata.name ?? '',
    spec.type ?? '',
    spec.clusterIPs?.[0] ?? '<none>',
    externalAddress(service),
    ports?.join(',') || '<none>',
    ageCell(object, now),
    labelsCell(spec.selector),
  ];
}

export const services = builtinResource({
  group: '',
  version: 'v1',
  kind: 'Service',
  resource: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  scope: 'Namespaced',
  table: {
    columns: [
      nameColumn,
      stringColumn('Type', 'How the service is reached.'),
      stringColumn('Cluster-IP', 'Its address inside the cluster.'),
      stringColumn('External-IP', 'Its addresses outside the cluster.'),
      stringColumn('Port(s)', 'The ports it serves.'),
      ageColumn,
      stringColumn('Selector', 'Which pods it leads to.', 1),
    ],
    cells,
  },
  strategy: {
    generation: 'none',
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: true,
    returnDeletedObject: true,
    applyDefaults,
    prepareForCreate,
    prepareForUpdate,
    validate: (object): FieldError[] => validateService(object as Service),
    validateUpdate: (object, old) => validateServiceUpdate(object as Service, old as Service),
    validateName: nameIsDns1035Label,
  },
  status: { validateUpdate: (object, old) => validateServiceStatus(object as Service, old as Service) },
  subresources: { proxy: proxySubresource('Service') },
  fieldSelectors: {
    'spec.clusterIP': (object) => (object as Service).spec?.clusterIP ?? '',
    'spec.type': (object) => (object as Service).spec?.type ?? '',
  },
});
