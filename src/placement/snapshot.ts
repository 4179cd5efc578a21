import type { LabelSelector } from '../apimachinery/labels.ts';

/** What placement may look at: plain, immutable values taken at one revision. The same snapshot always gives the same answer. */

export type TaintEffect = 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';

export type Taint = { readonly key: string; readonly value: string; readonly effect: TaintEffect };

export type Toleration = {
  /** '' with operator Exists tolerates every key. */
  readonly key: string;
  readonly operator: 'Equal' | 'Exists';
  readonly value: string;
  /** '' tolerates every effect. */
  readonly effect: TaintEffect | '';
};

/** One physical cluster as the scheduler sees it. */
export type ClusterSnapshot = {
  readonly name: string;
  /** UID of the PhysicalCluster object: a cluster registered anew under an old name is another target. */
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly provider: string;
  readonly region: string;
  readonly zones: readonly string[];
  readonly taints: readonly Taint[];
  readonly unschedulable: boolean;
  /** Condition Ready is True; `reason` says why not. */
  readonly ready: boolean;
  readonly notReadyReason: string;
  /** Resources it accepts (`deployments.apps`); empty accepts all that are placed. */
  readonly resourceKinds: readonly string[];
  /** Replicas that still fit besides those placed there now; undefined when the cluster does not report it. */
  readonly available: number | undefined;
  /** Decisions that point at the cluster already; the balance score spreads by it. */
  readonly assigned: number;
};

/** The object to place. */
export type WorkloadSnapshot = {
  readonly uid: string;
  /** `deployments.apps`. */
  readonly resource: string;
  /** Undefined for kinds without replicas. */
  readonly replicas: number | undefined;
};

export type SpreadConstraint = {
  /** `region`, `zone`, `provider`, `cluster`, or any label key of the clusters. */
  readonly topologyKey: string;
  readonly maxSkew: number | undefined;
  readonly minGroups: number | undefined;
  readonly maxGroups: number | undefined;
  readonly whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway';
};

export type StaticWeight = { readonly selector: LabelSelector; readonly weight: number };

/** A Placement's spec, parsed; `defaultPolicy` when the namespace has none. */
export type PlacementPolicy = {
  /** `default` or the Placement's name: reasons and annotations show it. */
  readonly name: string;
  readonly numberOfClusters: number;
  /** A cluster must match one of them; empty: every cluster matches. */
  readonly predicates: readonly LabelSelector[];
  readonly tolerations: readonly Toleration[];
  readonly spreadConstraints: readonly SpreadConstraint[];
  readonly replicaScheduling: {
    readonly type: 'Duplicated' | 'Divided';
    readonly division: 'Weighted' | 'Aggregated';
    readonly staticWeights: readonly StaticWeight[];
    /** Weigh by available replicas instead of static weights. */
    readonly dynamic: boolean;
  };
};

/** Plain `kubectl apply`: one cluster, all replicas there. */
export const defaultPolicy: PlacementPolicy = {
  name: 'default',
  numberOfClusters: 1,
  predicates: [],
  tolerations: [],
  spreadConstraints: [],
  replicaScheduling: { type: 'Duplicated', division: 'Weighted', staticWeights: [], dynamic: false },
};

/** Where an object is, or shall be. */
export type Assignment = {
  readonly cluster: string;
  readonly clusterUID: string;
  /** Undefined: the object's own number (or it has none). */
  readonly replicas: number | undefined;
};
