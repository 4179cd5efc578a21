import type { ResourceDefinition } from '../../resource-definition.ts';
import { physicalClusters } from './physicalclusters.ts';
import { placementDecisions } from './placementdecisions.ts';
import { placements } from './placements.ts';
import { works } from './works.ts';

/** The kinds of placement.atoll.dev, by name. */
export const placementDefinitions: readonly ResourceDefinition[] = [
  physicalClusters,
  placementDecisions,
  placements,
  works,
];
