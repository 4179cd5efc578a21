import type { Json } from '../apimachinery/json.ts';
import {
  anySchema,
  type FieldSchema,
  type ListSchema,
  type MapSchema,
  type ScalarSchema,
  type ScalarType,
  type Schema,
  type StructSchema,
} from '../apimachinery/schema/schema.ts';
import { builtinSchema, objectMetaSchema } from './builtin-types.ts';

function scalar(type: ScalarType): ScalarSchema {
  return { kind: 'scalar', type };
}

/** A field: its schema alone, or with what else is to be said of it. */
export type FieldInput = Schema | { readonly schema: Schema; readonly required?: boolean; readonly default?: Json };

export type StructInput = {
  /** Makes it a kind: apiVersion, kind and metadata are added. */
  readonly gvk?: { readonly group: string; readonly version: string; readonly kind: string };
  /** Definition name in OpenAPI; of a kind by default the reversed group, version and kind: `io.kcp.tenancy.v1alpha1.Workspace`. */
  readonly name?: string;
  readonly fields: Readonly<Record<string, FieldInput>>;
  readonly atomic?: boolean;
  readonly preserveUnknown?: boolean;
};

function field(name: string, input: FieldInput): FieldSchema {
  const given = 'schema' in input ? input : { schema: input };
  return {
    name,
    schema: given.schema,
    required: given.required ?? false,
    omitEmpty: true,
    pointer: true,
    proto: 0,
    patchStrategy: [],
    ...(given.default === undefined ? {} : { default: given.default }),
  };
}

/** `tenancy.kcp.io` → `io.kcp.tenancy`: how OpenAPI names definitions of kinds that are not built in. */
export function reverseGroup(group: string): string {
  return group.split('.').toReversed().join('.');
}

/**
 * Builds the schema of one of our own kinds, or of a struct inside one. Values stay as clients sent them: no zero value is added or dropped.
 */
export function structSchema(input: StructInput): StructSchema {
  const fields = new Map<string, FieldSchema>();
  if (input.gvk !== undefined) {
    fields.set('kind', field('kind', scalar('string')));
    fields.set('apiVersion', field('apiVersion', scalar('string')));
    fields.set('metadata', { ...field('metadata', objectMetaSchema), pointer: false });
  }
  for (const [name, given] of Object.entries(input.fields)) fields.set(name, field(name, given));
  const kindName =
    input.gvk === undefined ? '' : `${reverseGroup(input.gvk.group)}.${input.gvk.version}.${input.gvk.kind}`;
  return {
    kind: 'struct',
    name: input.name ?? kindName,
    fields,
    atomic: input.atomic ?? false,
    preserveUnknown: input.preserveUnknown ?? false,
    ...(input.gvk === undefined ? {} : { gvk: [input.gvk] }),
  };
}

/** Short names for the types that fields have. */
export const type = {
  string: scalar('string'),
  boolean: scalar('boolean'),
  int32: scalar('int32'),
  int64: scalar('int64'),
  double: scalar('double'),
  intOrString: scalar('intOrString'),
  quantity: scalar('quantity'),
  time: scalar('time'),
  microTime: scalar('microTime'),
  duration: scalar('duration'),
  bytes: scalar('bytes'),
  any: anySchema,
  list: (items: Schema): ListSchema => ({ kind: 'list', items, listType: 'atomic', mapKeys: [] }),
  set: (items: Schema): ListSchema => ({ kind: 'list', items, listType: 'set', mapKeys: [] }),
  listMap: (items: StructSchema, ...mapKeys: string[]): ListSchema => ({
    kind: 'list',
    items,
    listType: 'map',
    mapKeys,
  }),
  map: (values: Schema): MapSchema => ({ kind: 'map', values, atomic: false }),
  atomicMap: (values: Schema): MapSchema => ({ kind: 'map', values, atomic: true }),
  /** A nested struct without a name of its own. */
  struct: (
    fields: Readonly<Record<string, FieldInput>>,
    options: { atomic?: boolean; preserveUnknown?: boolean } = {},
  ): StructSchema => structSchema({ fields, ...options }),
  /** A type of Kubernetes: `io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector`. */
  builtin: builtinSchema,
  /** The conditions of a status: a list keyed by type. */
  conditions: (): ListSchema => ({
    kind: 'list',
    items: builtinSchema('io.k8s.apimachinery.pkg.apis.meta.v1.Condition'),
    listType: 'map',
    mapKeys: ['type'],
  }),
} as const;
