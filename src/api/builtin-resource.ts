import { builtinSchema } from './builtin-types.ts';
import {
  allVerbs,
  type ResourceDefinition,
  type ScaleSubresource,
  type StatusSubresource,
  type Strategy,
  type SubresourceDefinition,
  type TableConvertor,
  type Verb,
  type VersionDefinition,
} from './resource-definition.ts';

/** What differs between built-in kinds with one served version; the rest follows from it. */
export type BuiltinOptions = {
  /** '' is the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly resource: string;
  /** Default: the kind in lower case. */
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
  /** Every answer warns with this. */
  readonly deprecationWarning?: string;
  /** Versions beside `version`, which is the preferred and stored one. The table is that of the stored form. */
  readonly olderVersions?: readonly Pick<Required<VersionDefinition>, 'version' | 'toStorage' | 'fromStorage'>[];
  /** Default: all. */
  readonly verbs?: readonly Verb[];
  readonly table: TableConvertor;
  readonly strategy: Strategy;
  readonly status?: StatusSubresource;
  readonly scale?: ScaleSubresource;
  readonly subresources?: Readonly<Record<string, SubresourceDefinition>>;
  readonly fieldSelectors?: ResourceDefinition['fieldSelectors'];
};

/** The ResourceDefinition of a kind of Kubernetes itself. Its schema is looked up when it is first asked for. */
export function builtinResource(options: BuiltinOptions): ResourceDefinition {
  const { group, version, kind, table } = options;
  const schemaPackage = group === '' ? 'core' : (group.split('.', 1)[0] ?? group);
  return {
    group,
    resource: options.resource,
    singular: options.singular ?? kind.toLowerCase(),
    kind,
    listKind: `${kind}List`,
    shortNames: options.shortNames ?? [],
    categories: options.categories ?? [],
    scope: options.scope,
    verbs: options.verbs ?? allVerbs,
    versions: [
      {
        version,
        served: true,
        ...(options.deprecationWarning === undefined
          ? {}
          : { deprecated: true, deprecationWarning: options.deprecationWarning }),
        table,
        get schema() {
          return builtinSchema(`io.k8s.api.${schemaPackage}.${version}.${kind}`);
        },
      },
      ...(options.olderVersions ?? []).map(
        (older) =>
          ({
            ...older,
            served: true,
            table: { columns: table.columns, cells: (object, now) => table.cells(older.toStorage(object), now) },
            get schema() {
              return builtinSchema(`io.k8s.api.${schemaPackage}.${older.version}.${kind}`);
            },
          }) satisfies VersionDefinition,
      ),
    ],
    storageVersion: version,
    strategy: options.strategy,
    ...(options.status === undefined ? {} : { status: options.status }),
    ...(options.scale === undefined ? {} : { scale: options.scale }),
    ...(options.subresources === undefined ? {} : { subresources: options.subresources }),
    ...(options.fieldSelectors === undefined ? {} : { fieldSelectors: options.fieldSelectors }),
    builtIn: true,
  };
}
