import type { ClusterSnapshot, SpreadConstraint } from './snapshot.ts';

export type Spread = {
  readonly chosen: readonly ClusterSnapshot[];
  /** Constraints that could not be met, in words with numbers; with DoNotSchedule among them, nothing is chosen. */
  readonly unmet: readonly string[];
};

/**
 * Picks `count` clusters from `ranked` (best first) under the spread constraints. Greedy in rank order: first one cluster of each new group until
 * every constraint has its `minGroups`, then the best cluster that keeps `maxGroups` and `maxSkew`.
 */
export function selectSpread(
  ranked: readonly ClusterSnapshot[],
  count: number,
  constraints: readonly SpreadConstraint[],
): Spread {
  if (constraints.length === 0) return { chosen: ranked.slice(0, count), unmet: [] };
  const hard = constraints.filter((constraint) => constraint.whenUnsatisfiable === 'DoNotSchedule');
  let { chosen, unmet } = pick(ranked, count, constraints);
  if (unmet.length === 0) return { chosen, unmet };
  const soft = unmet;
  ({ chosen, unmet } = pick(ranked, count, hard));
  return unmet.length > 0 ? { chosen: [], unmet } : { chosen, unmet: soft };
}

function pick(ranked: readonly ClusterSnapshot[], count: number, constraints: readonly SpreadConstraint[]): Spread {
  const eligible = ranked.filter((cluster) => constraints.every(({ topologyKey }) => groupOf(cluster, topologyKey)));
  const chosen: ClusterSnapshot[] = [];
  const left = [...eligible];
  while (chosen.length < count) {
    const opensNeededGroup = left.findIndex(
      (cluster) =>
        constraints.some(
          (constraint) =>
            groups(chosen, constraint.topologyKey).size < (constraint.minGroups ?? 0) &&
            !groups(chosen, constraint.topologyKey).has(groupOf(cluster, constraint.topologyKey)),
        ) && allowed(cluster, chosen, eligible, constraints),
    );
    const at =
      opensNeededGroup >= 0
        ? opensNeededGroup
        : left.findIndex((cluster) => allowed(cluster, chosen, eligible, constraints));
    const cluster = left[at];
    if (cluster === undefined) break;
    chosen.push(cluster);
    left.splice(at, 1);
  }
  return { chosen, unmet: unmetBy(chosen, Math.min(count, ranked.length), constraints) };
}

/** Whether adding `cluster` keeps every upper bound. */
function allowed(
  cluster: ClusterSnapshot,
  chosen: readonly ClusterSnapshot[],
  eligible: readonly ClusterSnapshot[],
  constraints: readonly SpreadConstraint[],
): boolean {
  return constraints.every(({ topologyKey, maxGroups, maxSkew }) => {
    const group = groupOf(cluster, topologyKey);
    const counts = groups(chosen, topologyKey);
    if (maxGroups !== undefined && !counts.has(group) && counts.size >= maxGroups) return false;
    if (maxSkew === undefined) return true;
    let least = Number.POSITIVE_INFINITY;
    for (const other of groups(eligible, topologyKey).keys()) {
      // With maxGroups reached the groups left out cannot grow: they do not hold the others back.
      if (maxGroups !== undefined && counts.size >= maxGroups && !counts.has(other)) continue;
      const size = (counts.get(other) ?? 0) + (other === group ? 1 : 0);
      if (size < least) least = size;
    }
    return (counts.get(group) ?? 0) + 1 - least <= maxSkew;
  });
}

function unmetBy(
  chosen: readonly ClusterSnapshot[],
  wanted: number,
  constraints: readonly SpreadConstraint[],
): readonly string[] {
  const unmet: string[] = [];
  for (const { topologyKey, minGroups, maxGroups, maxSkew } of constraints) {
    const size = groups(chosen, topologyKey).size;
    if (size < (minGroups ?? 0)) unmet.push(`${topologyKey}: ${size} of at least ${minGroups} groups`);
    else if (chosen.length < wanted)
      unmet.push(
        `${topologyKey}: ${chosen.length} of ${wanted} clusters keep ${[
          ...(maxGroups === undefined ? [] : [`maxGroups ${maxGroups}`]),
          ...(maxSkew === undefined ? [] : [`maxSkew ${maxSkew}`]),
        ].join(' and ')}`,
      );
  }
  return unmet;
}

/** How many of `clusters` are in each group. */
function groups(clusters: readonly ClusterSnapshot[], topologyKey: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const cluster of clusters) {
    const group = groupOf(cluster, topologyKey);
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return counts;
}

/** The group of a cluster under a topology key; '' when it has none and so cannot satisfy the constraint. */
function groupOf(cluster: ClusterSnapshot, topologyKey: string): string {
  switch (topologyKey) {
    case 'cluster':
      return cluster.uid;
    case 'region':
      return cluster.region;
    case 'provider':
      return cluster.provider;
    case 'zone':
      return cluster.zones.toSorted().join(',');
    default:
      return cluster.labels[topologyKey] ?? '';
  }
}
