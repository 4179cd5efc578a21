import { tolerates } from './filter.ts';
import type { ClusterSnapshot, PlacementPolicy } from './snapshot.ts';

/** What each plugin said of a cluster, and the sum that decides. */
export type Score = {
  readonly total: number;
  readonly parts: readonly { readonly plugin: string; readonly score: number }[];
};

export type ScoreInput = {
  readonly cluster: ClusterSnapshot;
  readonly policy: PlacementPolicy;
  /** The workload is there now. */
  readonly placed: boolean;
  /** Over all candidates, for scores that compare. */
  readonly maxAssigned: number;
  readonly maxAvailable: number;
};

/** Scores are integers in [-100, 100], weights in [-10, 10] (Open Cluster Management's scale). */
type Scorer = { readonly name: string; readonly weight: number; score(input: ScoreInput): number };

const scorers: readonly Scorer[] = [
  // Stay where you are: outweighs everything else together.
  { name: 'Steady', weight: 10, score: ({ placed }) => (placed ? 100 : 0) },
  {
    name: 'Balance',
    weight: 2,
    score: ({ cluster, maxAssigned }) =>
      maxAssigned === 0 ? 0 : 100 - Math.floor((200 * cluster.assigned) / maxAssigned),
  },
  {
    name: 'Capacity',
    weight: 1,
    score: ({ cluster, maxAvailable }) =>
      cluster.available === undefined || maxAvailable === 0
        ? 0
        : Math.floor((200 * cluster.available) / maxAvailable) - 100,
  },
  {
    name: 'PreferNoSchedule',
    weight: 4,
    score: ({ cluster, policy }) =>
      cluster.taints.some(
        (taint) => taint.effect === 'PreferNoSchedule' && !policy.tolerations.some((item) => tolerates(item, taint)),
      )
        ? -100
        : 0,
  },
];

/** Adds up the plugins; the parts of plugins that say nothing (0) are left out. */
export function scoreCluster(input: ScoreInput): Score {
  let total = 0;
  const parts: { plugin: string; score: number }[] = [];
  for (const scorer of scorers) {
    const score = scorer.score(input);
    if (score === 0) continue;
    total += score * scorer.weight;
    parts.push({ plugin: scorer.name, score });
  }
  return { total, parts };
}
