import type { JsonObject } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { structSchema, type } from '../../own-types.ts';
import { missingFields } from '../../required-fields.ts';
import { allVerbs, type ResourceDefinition } from '../../resource-definition.ts';
import { placementGroup, placementVersion, statusStrategy, type Condition } from './group.ts';

/** Where a work comes from: an object of a logical cluster. */
export type WorkSource = {
  /** Logical cluster and its uid. */
  cluster: string;
  workspaceUID: string;
  /** `deployments.apps`. */
  resource: string;
  namespace: string;
  namespaceUID: string;
  name: string;
  uid: string;
  /** metadata.generation that `desired` was made from; 0 for kinds without. */
  generation: number;
};

export type WorkSpec = {
  physicalCluster: string;
  /** UID of the PhysicalCluster object. */
  physicalClusterUID: string;
  source: WorkSource;
  /** Works of a lower tier are applied first and deleted last. */
  tier: number;
  /** Namespace in the physical cluster; for a Namespace its own name. */
  targetNamespace: string;
  /** What is applied: only fields that users set. Of a Secret without its bytes. */
  desired: JsonObject;
  /** Over `desired` and `secretRevision`. */
  desiredHash: string;
  /** Revision of the Secret whose bytes are read when it is applied. */
  secretRevision?: number;
  /** Since when it is to be gone (RFC 3339). */
  tombstoneAt?: string;
};

export type WorkError = {
  /** Transient, Conflict, Invalid, Forbidden, NotReady or Unreachable. */
  class: string;
  message: string;
  count: number;
  /** RFC 3339 with milliseconds. */
  nextRetry: string;
  /** metadata.generation of the Work that was tried: another one is worth a try at once. */
  generation: number;
};

export type WorkStatus = {
  /** `desiredHash` of what the physical cluster has acknowledged. */
  appliedHash?: string;
  /** metadata.generation in the physical cluster after that. */
  appliedGeneration?: number;
  /** uid of the copy there: proves that it is ours even when its labels were taken away. */
  copyUID?: string;
  /** Identifies the fields that the physical cluster says are ours; another value later means drift. */
  ownedFieldsHash?: string;
  /** How often somebody has changed our fields there, since when, and who did last. */
  drift?: { count: number; firstObservedTime: string; lastObservedTime: string; manager: string };
  /** status of the object in the physical cluster. */
  observed?: JsonObject;
  /** metadata.generation that came with `observed`. */
  observedGeneration?: number;
  conditions?: Condition[];
  lastError?: WorkError;
};

/** One object on its way to one physical cluster, with what is wished and what is seen there. Tenants never see one. */
export type Work = KubeObject & { spec: WorkSpec; status?: WorkStatus };

export const worksResource = `works.${placementGroup}`;

const needed = { schema: type.string, required: true };

const schema = structSchema({
  gvk: { group: placementGroup, version: placementVersion, kind: 'Work' },
  fields: {
    spec: {
      schema: type.struct({
        physicalCluster: needed,
        physicalClusterUID: needed,
        source: {
          schema: type.struct({
            cluster: needed,
            workspaceUID: needed,
            resource: needed,
            namespace: needed,
            namespaceUID: needed,
            name: needed,
            uid: needed,
            generation: { schema: type.int64, required: true },
          }),
          required: true,
        },
        tier: { schema: type.int32, required: true },
        targetNamespace: needed,
        desired: { schema: type.any, required: true },
        desiredHash: needed,
        secretRevision: type.int64,
        tombstoneAt: type.time,
      }),
      required: true,
    },
    status: type.struct({
      appliedHash: type.string,
      appliedGeneration: type.int64,
      copyUID: type.string,
      ownedFieldsHash: type.string,
      drift: type.struct({
        count: type.int32,
        firstObservedTime: type.time,
        lastObservedTime: type.time,
        manager: type.string,
      }),
      observed: type.any,
      observedGeneration: type.int64,
      conditions: type.conditions(),
      lastError: type.struct({
        class: type.string,
        message: type.string,
        count: type.int32,
        nextRetry: type.string,
        generation: type.int64,
      }),
    }),
  },
});

export const works: ResourceDefinition = {
  group: placementGroup,
  resource: 'works',
  singular: 'work',
  kind: 'Work',
  listKind: 'WorkList',
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
          stringColumn('Cluster', 'The physical cluster.'),
          stringColumn('Resource', 'What kind of object.'),
          stringColumn('Object', 'Namespace and name in the workspace.'),
          stringColumn('Target', 'Namespace in the physical cluster.', 1),
          stringColumn('State', 'Applied, Pending, Deleting or the class of the last error.'),
          stringColumn('Message', 'The last error.', 1),
          ageColumn,
        ],
        cells: (object, now) => {
          const { spec, status } = object as Work;
          const { source } = spec;
          return [
            object.metadata.name ?? '',
            spec.physicalCluster,
            source.resource,
            source.namespace === '' ? source.name : `${source.namespace}/${source.name}`,
            spec.targetNamespace,
            workState(spec, status),
            status?.lastError?.message ?? '',
            ageCell(object, now),
          ];
        },
      },
    },
  ],
  storageVersion: placementVersion,
  strategy: { ...statusStrategy, validate: (object) => missingFields(object, schema) },
  status: {},
  builtIn: false,
  internal: true,
};

function workState(spec: WorkSpec, status: WorkStatus | undefined): string {
  if (spec.tombstoneAt !== undefined) return 'Deleting';
  if (status?.appliedHash === spec.desiredHash) return 'Applied';
  return status?.lastError?.class ?? 'Pending';
}
