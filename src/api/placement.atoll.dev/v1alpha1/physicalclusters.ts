import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { labelValue, qualifiedName } from '../../../apimachinery/validation/names.ts';
import { at, invalidEach } from '../../field-path.ts';
import { structSchema, type } from '../../own-types.ts';
import { allVerbs, type ResourceDefinition } from '../../resource-definition.ts';
import { placementGroup, placementVersion, statusStrategy, type Condition } from './group.ts';

/** A real Kubernetes cluster that runs workloads. Served in `root` only: tenants never see one. */
export type PhysicalCluster = KubeObject & {
  spec?: {
    displayName?: string;
    provider?: string;
    region?: string;
    zones?: string[];
    taints?: { key: string; value?: string; effect: string }[];
    unschedulable?: boolean;
    /** Resources it accepts (`deployments.apps`); empty: all that Atoll places. */
    resourceKinds?: string[];
    heartbeatSeconds?: number;
    /** The Secret in `root` that holds a kubeconfig with everything inline. */
    kubeconfigSecretRef?: { namespace: string; name: string; key?: string };
  };
  status?: {
    conditions?: Condition[];
    version?: { kubernetes?: string };
    /** UID of its kube-system namespace: what the cluster is, whatever it is called. */
    clusterUID?: string;
  };
};

export const defaultHeartbeatSeconds = 10;
export const defaultKubeconfigKey = 'kubeconfig';

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

const schema = structSchema({
  gvk: { group: placementGroup, version: placementVersion, kind: 'PhysicalCluster' },
  fields: {
    spec: type.struct({
      displayName: type.string,
      provider: type.string,
      region: type.string,
      zones: type.list(type.string),
      taints: type.list(
        type.struct({
          key: { schema: type.string, required: true },
          value: type.string,
          effect: { schema: type.string, required: true },
        }),
      ),
      unschedulable: type.boolean,
      resourceKinds: type.list(type.string),
      heartbeatSeconds: { schema: type.int32, default: defaultHeartbeatSeconds },
      kubeconfigSecretRef: type.struct({
        namespace: { schema: type.string, required: true },
        name: { schema: type.string, required: true },
        key: { schema: type.string, default: defaultKubeconfigKey },
      }),
    }),
    status: type.struct({
      conditions: type.conditions(),
      version: type.struct({ kubernetes: type.string }),
      clusterUID: type.string,
    }),
  },
});

function applyDefaults(object: KubeObject): void {
  const cluster = object as PhysicalCluster;
  cluster.spec ??= {};
  cluster.spec.heartbeatSeconds ??= defaultHeartbeatSeconds;
  if (cluster.spec.kubeconfigSecretRef !== undefined) cluster.spec.kubeconfigSecretRef.key ??= defaultKubeconfigKey;
}

function validate(object: KubeObject): FieldError[] {
  const spec = (object as PhysicalCluster).spec ?? {};
  const errors: FieldError[] = [];
  if (spec.kubeconfigSecretRef === undefined) errors.push(fieldError.required('spec.kubeconfigSecretRef'));
  else {
    const { namespace, name } = spec.kubeconfigSecretRef;
    if ((namespace ?? '') === '') errors.push(fieldError.required('spec.kubeconfigSecretRef.namespace'));
    if ((name ?? '') === '') errors.push(fieldError.required('spec.kubeconfigSecretRef.name'));
  }
  const heartbeat = spec.heartbeatSeconds ?? defaultHeartbeatSeconds;
  if (heartbeat < 1 || heartbeat > 3600) {
    errors.push(fieldError.invalid('spec.heartbeatSeconds', heartbeat, 'must be between 1 and 3600, inclusive'));
  }
  const seen = new Set<string>();
  (spec.taints ?? []).forEach((taint, index) => {
    const path = at('spec.taints', index);
    invalidEach(`${path}.key`, taint.key ?? '', qualifiedName(taint.key ?? ''), errors);
    invalidEach(`${path}.value`, taint.value ?? '', labelValue(taint.value ?? ''), errors);
    if (!taintEffects.includes(taint.effect)) {
      errors.push(fieldError.notSupported(`${path}.effect`, taint.effect ?? '', taintEffects));
    }
    const id = `${taint.key}:${taint.effect}`;
    if (seen.has(id)) errors.push(fieldError.duplicate(path, taint));
    seen.add(id);
  });
  for (const [path, value] of [
    ['spec.region', spec.region],
    ['spec.provider', spec.provider],
    ...(spec.zones ?? []).map((zone, index) => [at('spec.zones', index), zone] as const),
  ] as const) {
    if (value !== undefined) invalidEach(path, value, labelValue(value), errors);
  }
  if ((spec.displayName ?? '').length > 253) errors.push(fieldError.tooLong('spec.displayName', 253));
  return errors;
}

function condition(object: PhysicalCluster, name: string): Condition | undefined {
  return object.status?.conditions?.find((candidate) => candidate.type === name);
}

export const physicalClusters: ResourceDefinition = {
  group: placementGroup,
  resource: 'physicalclusters',
  singular: 'physicalcluster',
  kind: 'PhysicalCluster',
  listKind: 'PhysicalClusterList',
  shortNames: ['pcl'],
  categories: ['atoll'],
  scope: 'Cluster',
  verbs: allVerbs,
  versions: [
    {
      version: placementVersion,
      served: true,
      schema,
      table: {
        columns: [
          nameColumn,
          stringColumn('Ready', 'Whether the cluster answers.'),
          stringColumn('Reason', 'Why it is or is not ready.'),
          stringColumn('Version', 'Kubernetes version of the cluster.'),
          stringColumn('Region', 'Where the cluster is.'),
          stringColumn('Provider', 'Who runs it.', 1),
          stringColumn('UID', 'UID of the kube-system namespace.', 1),
          stringColumn('Message', 'What the last heartbeat found.', 1),
          ageColumn,
        ],
        cells: (object, now) => {
          const cluster = object as PhysicalCluster;
          const ready = condition(cluster, 'Ready');
          return [
            object.metadata.name ?? '',
            ready?.status ?? 'Unknown',
            ready?.reason ?? '',
            cluster.status?.version?.kubernetes ?? '',
            cluster.spec?.region ?? '',
            cluster.spec?.provider ?? '',
            cluster.status?.clusterUID ?? '',
            ready?.message ?? '',
            ageCell(object, now),
          ];
        },
      },
    },
  ],
  storageVersion: placementVersion,
  strategy: {
    ...statusStrategy,
    applyDefaults,
    validate,
  },
  status: {},
  builtIn: false,
  onlyIn: 'root',
};
