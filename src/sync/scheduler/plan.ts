import type { PlacementDecision } from '../../api/placement.atoll.dev/v1alpha1/placementdecisions.ts';
import type { WorkSource, WorkSpec } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import { ApiError } from '../../apimachinery/errors.ts';
import { isObject, type Json } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { explain } from '../../placement/explain.ts';
import { placementFor, policyOf } from '../../placement/policy.ts';
import { schedule } from '../../placement/schedule.ts';
import type { Assignment, ClusterSnapshot, WorkloadSnapshot } from '../../placement/snapshot.ts';
import { placedKind } from '../kinds.ts';
import { podTemplate, type Reference, serviceAccountName, serviceSelects } from '../render/closure.ts';
import { decisionName, targetNamespace, workName } from '../render/names.ts';
import { desiredHash, render } from '../render/render.ts';
import { isTokenSecret } from '../render/strip.ts';
import { labels } from '../vocabulary.ts';

/** Everything that decides about one namespace of a logical cluster. */
export type NamespaceState = {
  readonly controlPlaneUID: string;
  readonly cluster: { readonly name: string; readonly uid: string; readonly workspace: string };
  readonly namespace: { readonly name: string; readonly uid: string };
  readonly workloads: readonly Workload[];
  readonly services: readonly KubeObject[];
  readonly placements: readonly KubeObject[];
  /** What workloads refer to, as far as it exists: `resource/name`. */
  readonly dependencies: ReadonlyMap<string, KubeObject>;
  /** The decisions in force, by the name of their rows. */
  readonly decisions: ReadonlyMap<string, PlacementDecision['spec']>;
  readonly fleet: readonly ClusterSnapshot[];
};

export type Workload = {
  readonly object: KubeObject;
  /** `deployments.apps`. */
  readonly resource: string;
  /** From its pod template and its ServiceAccount. */
  readonly references: readonly Reference[];
};

export type PlannedDecision = { readonly name: string; readonly spec: PlacementDecision['spec'] };
export type PlannedWork = { readonly name: string; readonly spec: WorkSpec };

export type Plan = {
  /** One for each workload, with the works that follow from it alone. */
  readonly placed: readonly {
    readonly workload: Workload;
    readonly decision: PlannedDecision;
    readonly works: readonly PlannedWork[];
  }[];
  /** What the workloads need, once per physical cluster. */
  readonly carried: readonly PlannedWork[];
};

/**
 * What shall be: decisions and works for a namespace. Pure, and the same for the same state. Workloads that are being deleted, and copies of our own that
 * some physical cluster holds, are not placed; so their works are not in the plan.
 */
export function planNamespace(state: NamespaceState): Plan {
  const target = targetNamespace({
    controlPlaneUID: state.controlPlaneUID,
    workspaceUID: state.cluster.uid,
    workspace: state.cluster.workspace,
    namespaceUID: state.namespace.uid,
    namespace: state.namespace.name,
  });
  const placed: Plan['placed'][number][] = [];
  const carried = new Map<string, PlannedWork>();
  if (state.fleet.length === 0) return { placed, carried: [] };
  const carry = (resource: string, object: KubeObject, assignment: Assignment): void => {
    const work = plannedWork(state, target, resource, object, assignment);
    carried.set(work.name, work);
  };
  for (const workload of state.workloads) {
    if (!isPlaceable(workload.object, state.controlPlaneUID)) continue;
    const decision = decide(state, workload);
    const works: PlannedWork[] = [];
    for (const assignment of decision.spec.decisions) {
      const at: Assignment = { replicas: undefined, ...assignment };
      works.push(plannedWork(state, target, workload.resource, workload.object, at));
      for (const { resource, name } of workload.references) {
        const object = state.dependencies.get(`${resource}/${name}`);
        if (object !== undefined && isCarried(object)) carry(resource, object, at);
      }
      const template = podTemplate(workload.object);
      if (template === undefined) continue;
      for (const service of state.services) {
        if (isCarried(service) && serviceSelects(service, template)) carry('services', service, at);
      }
    }
    placed.push({ workload, decision, works });
  }
  return { placed, carried: [...carried.values()] };
}

/** Whether the scheduler places it: not on its way out, and no copy that this control plane itself put there. */
export function isPlaceable({ metadata }: KubeObject, controlPlaneUID: string): boolean {
  return metadata.deletionTimestamp === undefined && metadata.labels?.[labels.controlPlane] !== controlPlaneUID;
}

function isCarried(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp === undefined && !isTokenSecret(object);
}

function decide(state: NamespaceState, { object, resource }: Workload): PlannedDecision {
  const name = decisionName(state.namespace.uid, resource, object.metadata.name ?? '');
  const inForce = state.decisions.get(name);
  const workload: WorkloadSnapshot = { uid: object.metadata.uid ?? '', resource, replicas: replicasOf(object) };
  const identity = {
    resource,
    namespace: state.namespace.name,
    name: object.metadata.name ?? '',
    uid: workload.uid,
  };
  const current: Assignment[] =
    inForce?.object.uid === workload.uid ? inForce.decisions.map((item) => ({ replicas: undefined, ...item })) : [];
  let policy: ReturnType<typeof policyOf>;
  try {
    policy = policyOf(placementFor(object, state.placements));
  } catch (error) {
    // A selector that no longer parses must not move or remove anything.
    if (!(error instanceof ApiError)) throw error;
    return {
      name,
      spec: {
        object: identity,
        placement: inForce?.placement ?? '',
        decisions: inForce?.decisions ?? [],
        explanation: inForce?.explanation ?? [],
        unsatisfied: [`a Placement cannot be read: ${error.message}`],
      },
    };
  }
  const result = schedule({ policy, workload, clusters: state.fleet, current });
  const explanation = explain(result, policy, workload).map((item) => ({ ...item }));
  return {
    name,
    spec: {
      object: identity,
      placement: policy.name,
      decisions: result.assignments.map(({ cluster, clusterUID, replicas }) => ({
        cluster,
        clusterUID,
        ...(replicas === undefined ? {} : { replicas }),
      })),
      explanation,
      ...(result.unsatisfied.length === 0 ? {} : { unsatisfied: [...result.unsatisfied] }),
    },
  };
}

function replicasOf(object: KubeObject): number | undefined {
  const spec = object.spec as Json | undefined;
  const replicas = isObject(spec) ? spec.replicas : undefined;
  return typeof replicas === 'number' ? replicas : undefined;
}

function plannedWork(
  state: NamespaceState,
  target: string,
  resource: string,
  object: KubeObject,
  { cluster, clusterUID, replicas }: Assignment,
): PlannedWork {
  const name = workName({
    workspaceUID: state.cluster.uid,
    namespaceUID: state.namespace.uid,
    resource,
    name: object.metadata.name ?? '',
    physicalClusterUID: clusterUID,
  });
  const source: WorkSource = {
    cluster: state.cluster.name,
    workspaceUID: state.cluster.uid,
    resource,
    namespace: state.namespace.name,
    namespaceUID: state.namespace.uid,
    name: object.metadata.name ?? '',
    uid: object.metadata.uid ?? '',
    generation: object.metadata.generation ?? 0,
  };
  const inheritedPullSecrets = inherited(state, object);
  const desired = render({
    object,
    source,
    controlPlaneUID: state.controlPlaneUID,
    work: name,
    targetNamespace: target,
    ...(replicas === undefined ? {} : { replicas }),
    ...(inheritedPullSecrets === undefined ? {} : { inheritedPullSecrets }),
  });
  const secretRevision = resource === 'secrets' ? Number(object.metadata.resourceVersion) : undefined;
  return {
    name,
    spec: {
      physicalCluster: cluster,
      physicalClusterUID: clusterUID,
      source,
      tier: placedKind(resource).tier,
      targetNamespace: target,
      desired,
      desiredHash: desiredHash(desired, secretRevision),
      ...(secretRevision === undefined ? {} : { secretRevision }),
    },
  };
}

/** Pull secrets of the `default` ServiceAccount: that one is not carried, so pods that run as it name them themselves. */
function inherited(state: NamespaceState, object: KubeObject): readonly string[] | undefined {
  const template = podTemplate(object);
  if (template === undefined || serviceAccountName(template) !== 'default') return undefined;
  const account = state.dependencies.get('serviceaccounts/default');
  const secrets = account?.imagePullSecrets as Json | undefined;
  if (!Array.isArray(secrets) || secrets.length === 0) return undefined;
  return secrets.map((item) => (isObject(item) ? item.name : undefined)).filter((item) => typeof item === 'string');
}
