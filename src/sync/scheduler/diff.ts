import type { PlacementDecision } from '../../api/placement.atoll.dev/v1alpha1/placementdecisions.ts';
import type { WorkSpec } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import { deepEqual } from '../../apimachinery/json.ts';
import { formatTime } from '../../apimachinery/object.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import type { WriteItem } from '../../storage/object-store.ts';
import { createWorkItem, deleteWorkItem, type StoredWork, updateSpecItem } from '../work/work-store.ts';
import {
  createDecisionItem,
  decisionKey,
  deleteDecisionItem,
  type StoredDecision,
  updateDecisionItem,
} from './decision-store.ts';
import type { Plan, PlannedDecision, PlannedWork } from './plan.ts';

export type DiffInput = {
  readonly cluster: ClusterName;
  readonly plan: Plan;
  readonly works: readonly StoredWork[];
  readonly decisions: readonly StoredDecision[];
  /** UIDs of the PhysicalClusters that are registered. */
  readonly registered: ReadonlySet<string>;
  readonly now: Date;
};

/**
 * The writes that make the rows say what the plan says, in groups that must each commit as a whole: a decision with the works that follow from it. Rows
 * of a physical cluster that is not registered any more are dropped: nobody can be asked to clean up there, and nothing may wait for it.
 */
export function diffRows({ cluster, plan, works, decisions, registered, now }: DiffInput): readonly WriteItem[][] {
  const rows = new Map(works.map((stored) => [stored.key.name, stored]));
  const known = new Map(decisions.map((stored) => [stored.key.name, stored]));
  const groups: WriteItem[][] = [];
  const keep = (items: (WriteItem | undefined)[]): void => {
    const real = items.filter((item) => item !== undefined);
    if (real.length > 0) groups.push(real);
  };
  const workItem = ({ name, spec }: PlannedWork): WriteItem | undefined => {
    const stored = rows.get(name);
    rows.delete(name);
    if (stored === undefined) return createWorkItem({ cluster, name }, spec, now);
    return sameSpec(stored.work.spec, spec) ? undefined : updateSpecItem(stored, spec);
  };

  // Configuration first: what is committed first is applied first, which saves the workloads a wait.
  for (const work of plan.carried) keep([workItem(work)]);
  for (const { decision, works: own } of plan.placed) {
    const stored = known.get(decision.name);
    known.delete(decision.name);
    const group = own.map(workItem);
    for (const stale of staleWorksOf(decision, rows)) group.push(retire(stale, registered, now));
    keep([decisionItem(cluster, decision, stored, now), ...group]);
  }
  for (const stored of known.values()) {
    const group = [...staleWorksOf({ name: stored.key.name, spec: stored.decision.spec }, rows)];
    keep([...group.map((stale) => retire(stale, registered, now)), deleteDecisionItem(stored)]);
  }
  for (const stale of rows.values()) keep([retire(stale, registered, now)]);
  return groups;
}

/** Takes from `rows` the works of the decision's object that are not wished any more. */
function* staleWorksOf({ spec }: PlannedDecision, rows: Map<string, StoredWork>): Generator<StoredWork> {
  for (const [name, stored] of rows) {
    const { source } = stored.work.spec;
    if (source.resource !== spec.object.resource || source.name !== spec.object.name) continue;
    rows.delete(name);
    yield stored;
  }
}

function retire(stored: StoredWork, registered: ReadonlySet<string>, now: Date): WriteItem | undefined {
  const { spec } = stored.work;
  if (!registered.has(spec.physicalClusterUID)) return deleteWorkItem(stored);
  if (spec.tombstoneAt !== undefined) return undefined;
  return updateSpecItem(stored, { ...spec, tombstoneAt: formatTime(now) });
}

function decisionItem(
  cluster: ClusterName,
  { name, spec }: PlannedDecision,
  stored: StoredDecision | undefined,
  now: Date,
): WriteItem | undefined {
  if (stored === undefined) return createDecisionItem(decisionKey(cluster, name), spec, now);
  return sameDecision(stored.decision.spec, spec) ? undefined : updateDecisionItem(stored, spec);
}

/** Scores move all the time: an explanation is kept as long as what it explains. */
function sameDecision(a: PlacementDecision['spec'], b: PlacementDecision['spec']): boolean {
  return deepEqual({ ...a, explanation: [] }, { ...b, explanation: [] });
}

/** The hash stands for the desired content. */
function sameSpec(a: WorkSpec, b: WorkSpec): boolean {
  return deepEqual({ ...a, desired: {} }, { ...b, desired: {} });
}

/** Packs groups into as few commits as the store takes well; a group is never split. */
export function packCommits(groups: readonly (readonly WriteItem[])[], maxItems: number): WriteItem[][] {
  const commits: WriteItem[][] = [];
  for (const group of groups) {
    const last = commits.at(-1);
    if (last !== undefined && last.length + group.length <= maxItems) last.push(...group);
    else commits.push([...group]);
  }
  return commits;
}
