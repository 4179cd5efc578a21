import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { structSchema, type } from '../../own-types.ts';
import { allVerbs, type ResourceDefinition } from '../../resource-definition.ts';
import { placementGroup, placementVersion } from './group.ts';

/** Where one object runs, and why there: committed together with the works that follow from it. Tenants never see one. */
export type PlacementDecision = KubeObject & {
  spec: {
    object: { resource: string; namespace: string; name: string; uid: string };
    /** The Placement that decided; `default` when there is none. */
    placement: string;
    decisions: { cluster: string; clusterUID: string; replicas?: number }[];
    /** Every cluster looked at, chosen or not, with plugin and numbers. */
    explanation: { cluster: string; chosen: boolean; reason: string }[];
    /** What the fleet could not give. */
    unsatisfied?: string[];
  };
};

export const placementDecisionsResource = `placementdecisions.${placementGroup}`;

const schema = structSchema({
  gvk: { group: placementGroup, version: placementVersion, kind: 'PlacementDecision' },
  fields: {
    spec: type.struct({
      object: type.struct({
        resource: type.string,
        namespace: type.string,
        name: type.string,
        uid: type.string,
      }),
      placement: type.string,
      decisions: type.list(type.struct({ cluster: type.string, clusterUID: type.string, replicas: type.int32 })),
      explanation: type.list(type.struct({ cluster: type.string, chosen: type.boolean, reason: type.string })),
      unsatisfied: type.list(type.string),
    }),
  },
});

export const placementDecisions: ResourceDefinition = {
  group: placementGroup,
  resource: 'placementdecisions',
  singular: 'placementdecision',
  kind: 'PlacementDecision',
  listKind: 'PlacementDecisionList',
  shortNames: [],
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
          stringColumn('Object', 'What was placed.'),
          stringColumn('Clusters', 'Where it runs.'),
          stringColumn('Placement', 'The Placement that decided.'),
          stringColumn('Unsatisfied', 'What the fleet could not give.', 1),
          ageColumn,
        ],
        cells: (object, now) => {
          const { spec } = object as PlacementDecision;
          return [
            object.metadata.name ?? '',
            `${spec.object.resource} ${spec.object.namespace}/${spec.object.name}`,
            spec.decisions
              .map(({ cluster, replicas }) => (replicas === undefined ? cluster : `${cluster}=${replicas}`))
              .join(','),
            spec.placement,
            (spec.unsatisfied ?? []).join('; '),
            ageCell(object, now),
          ];
        },
      },
    },
  ],
  storageVersion: placementVersion,
  strategy: { generation: 'spec' },
  builtIn: false,
  internal: true,
};
