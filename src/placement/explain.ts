import type { PlacementResult } from './schedule.ts';
import type { PlacementPolicy, WorkloadSnapshot } from './snapshot.ts';

/** One cluster's line: chosen or not, and the plugins and numbers that decided. */
export type Explanation = { readonly cluster: string; readonly chosen: boolean; readonly reason: string };

/** Puts a result into words: every reason names its plugin and its numbers. Sorted by cluster name. */
export function explain(
  result: PlacementResult,
  policy: PlacementPolicy,
  workload: WorkloadSnapshot,
): readonly Explanation[] {
  const lines: Explanation[] = [];
  for (const { cluster, replicas, score, placed } of result.assignments) {
    const parts = score.parts.map((part) => `${part.plugin} ${part.score}`).join(', ');
    const share =
      workload.replicas === undefined
        ? []
        : replicas === undefined
          ? [`all ${workload.replicas} replicas`]
          : [`${replicas} of ${workload.replicas} replicas`];
    lines.push({
      cluster,
      chosen: true,
      reason: [
        `placement ${policy.name}`,
        ...share,
        `score ${score.total}${parts === '' ? '' : ` (${parts})`}`,
        placed ? 'stays' : 'new',
      ].join(', '),
    });
  }
  for (const { cluster, plugin, reason } of result.rejected)
    lines.push({ cluster, chosen: false, reason: `${plugin}: ${reason}` });
  return lines.sort((a, b) => (a.cluster < b.cluster ? -1 : a.cluster > b.cluster ? 1 : 0));
}
