import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { kcpConditions } from '../../kcp-conditions.ts';
import { structSchema, type } from '../../own-types.ts';
import type { ResourceDefinition } from '../../resource-definition.ts';

/** core.kcp.io/v1alpha1 LogicalCluster: what a logical cluster says of itself. */
export type LogicalCluster = KubeObject & {
  spec?: {
    directlyDeletable?: boolean;
    owner?: { apiVersion: string; resource: string; name: string; namespace?: string; cluster: string; uid: string };
    initializers?: string[];
    terminators?: string[];
  };
  status?: { URL?: string; phase?: string; initializers?: string[]; terminators?: string[] };
};

/** The only name that a LogicalCluster has. */
export const logicalClusterName = 'cluster';

const gvk = { group: 'core.kcp.io', version: 'v1alpha1', kind: 'LogicalCluster' };

const schema = structSchema({
  gvk,
  fields: {
    spec: type.struct({
      directlyDeletable: type.boolean,
      owner: type.struct({
        apiVersion: type.string,
        resource: type.string,
        name: type.string,
        namespace: type.string,
        cluster: type.string,
        uid: type.string,
      }),
      initializers: type.list(type.string),
      terminators: type.list(type.string),
    }),
    status: type.struct({
      URL: type.string,
      phase: type.string,
      conditions: kcpConditions,
      initializers: type.list(type.string),
      terminators: type.list(type.string),
    }),
  },
});

/** Read only: it is computed from the record of the logical cluster (registry/tenancy). */
export const logicalClusters: ResourceDefinition = {
  group: gvk.group,
  resource: 'logicalclusters',
  singular: 'logicalcluster',
  kind: gvk.kind,
  listKind: 'LogicalClusterList',
  shortNames: [],
  categories: ['kcp'],
  scope: 'Cluster',
  verbs: ['get', 'list', 'watch'],
  versions: [
    {
      version: gvk.version,
      served: true,
      schema,
      table: {
        columns: [
          nameColumn,
          stringColumn('Phase', 'The current phase.'),
          stringColumn('URL', 'URL to access the logical cluster.'),
          { name: 'Age', type: 'date', format: '', description: 'The time since the object was created.', priority: 0 },
        ],
        cells: (object, now) => {
          const { status = {} } = object as LogicalCluster;
          return [object.metadata.name ?? '', status.phase ?? null, status.URL ?? null, ageCell(object, now)];
        },
      },
    },
  ],
  storageVersion: gvk.version,
  strategy: { generation: 'spec' },
  builtIn: false,
};
