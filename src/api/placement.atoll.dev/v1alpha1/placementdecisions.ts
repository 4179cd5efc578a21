import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { structSchema, type } from '../../own-types.ts';
import { missingFields } from '../../required-fields.ts';
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

const needed = { schema: type.string, required: true };

const schema = structSchema({
  gvk: { group: placementGroup, version: placementVersion, kind: 'PlacementDecision' },
  fields: {
    spec: {
      schema: type.struct({
        object: {
          schema: type.struct({ resource: needed, namespace: needed, name: needed, uid: needed }),
          required: true,
        },
        placement: needed,
        decisions: {
          schema: type.list(type.struct({ cluster: needed, clusterUID: needed, replicas: type.int32 })),
          required: true,
        },
        explanation: {
          schema: type.list(
            type.struct({ cluster: needed, chosen: { schema: type.boolean, required: true }, reason: needed }),
          ),
          required: true,
        },
        unsatisfied: type.list(type.string),
      }),
      required: true,
    },
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
  strategy: { generation: 'spec', validate: (object) => missingFields(object, schema) },
  builtIn: false,
  internal: true,
};
