import { ageCell, ageColumn, nameColumn } from '../apimachinery/table.ts';
import { structSchema } from './own-types.ts';
import {
  allVerbs,
  type ResourceDefinition,
  type ScaleSubresource,
  type StatusSubresource,
  type Strategy,
  type TableConvertor,
  type Verb,
} from './resource-definition.ts';

/** A kind of one's own with one version; whatever is left out has the default that most kinds have. */
export type DefineResourceOptions = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Plural, lower case. */
  readonly resource: string;
  readonly scope: 'Namespaced' | 'Cluster';
  /** Fields beside apiVersion, kind and metadata; build them with `type`. */
  readonly fields: Parameters<typeof structSchema>[0]['fields'];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** Default: all. */
  readonly verbs?: readonly Verb[];
  /** Default: name and age. */
  readonly table?: TableConvertor;
  /** Default: a generation that counts changes of the spec, and nothing else. */
  readonly strategy?: Strategy;
  readonly status?: StatusSubresource;
  readonly scale?: ScaleSubresource;
};

const nameAndAge: TableConvertor = {
  columns: [nameColumn, ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', ageCell(object, now)],
};

/** Declares a kind of one's own, to be served beside the built-in ones. */
export function defineResource(options: DefineResourceOptions): ResourceDefinition {
  const { group, version, kind, resource, scope } = options;
  return {
    group,
    resource,
    singular: kind.toLowerCase(),
    kind,
    listKind: `${kind}List`,
    shortNames: options.shortNames ?? [],
    categories: options.categories ?? [],
    scope,
    verbs: options.verbs ?? allVerbs,
    versions: [
      {
        version,
        served: true,
        schema: structSchema({ gvk: { group, version, kind }, fields: options.fields }),
        table: options.table ?? nameAndAge,
      },
    ],
    storageVersion: version,
    strategy: options.strategy ?? { generation: 'spec' },
    ...(options.status === undefined ? {} : { status: options.status }),
    ...(options.scale === undefined ? {} : { scale: options.scale }),
    builtIn: false,
  };
}
