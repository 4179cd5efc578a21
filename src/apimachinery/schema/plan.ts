import type { Json } from '../json.ts';
import type { AnyForm, FieldSchema, ScalarType, Schema, StructSchema } from './schema.ts';

/** A struct as the decoder walks it: everything that does not depend on the body is worked out once. */
export type StructPlan = {
  readonly goName: string;
  readonly preserveUnknown: boolean;
  readonly fields: readonly FieldPlan[];
  readonly byName: ReadonlyMap<string, FieldPlan>;
};

export type FieldPlan = {
  readonly name: string;
  readonly value: ValuePlan;
  /** Go's omitempty without a pointer: "", 0, false, [] and {} are not written. */
  readonly dropsZero: boolean;
  /** What Go writes when the field was not sent; undefined when nothing. */
  readonly zero: (() => Json) | undefined;
  /** Every object inherits a property of that name. */
  readonly inherited: boolean;
};

export type ValuePlan = {
  readonly schema: Schema;
  /** What null means inside a list or map. */
  readonly zero: () => Json;
} & (
  | { readonly kind: 'struct'; readonly struct: StructPlan }
  | { readonly kind: 'list'; readonly items: ValuePlan }
  | { readonly kind: 'map'; readonly values: ValuePlan }
  | { readonly kind: 'scalar'; readonly type: ScalarType }
  | { readonly kind: 'any'; readonly form: AnyForm; readonly props: (() => StructPlan) | undefined }
);

const plans = new WeakMap<StructSchema, StructPlan>();

/** The plan of a struct, made when it is first asked for and kept as long as the schema. */
export function planOf(schema: StructSchema): StructPlan {
  let plan = plans.get(schema);
  if (plan === undefined) {
    plan = new LazyStructPlan(schema);
    plans.set(schema, plan);
  }
  return plan;
}

class LazyStructPlan implements StructPlan {
  readonly goName: string;
  readonly preserveUnknown: boolean;
  readonly #schema: StructSchema;
  #fields: readonly FieldPlan[] | undefined;
  #byName: ReadonlyMap<string, FieldPlan> | undefined;

  constructor(schema: StructSchema) {
    this.#schema = schema;
    const name = schema.name.slice(schema.name.lastIndexOf('.') + 1);
    this.goName = name === '' ? 'object' : name;
    this.preserveUnknown = schema.preserveUnknown;
  }

  get fields(): readonly FieldPlan[] {
    return (this.#fields ??= [...this.#schema.fields.values()].map(fieldPlan));
  }

  get byName(): ReadonlyMap<string, FieldPlan> {
    return (this.#byName ??= new Map(this.fields.map((field) => [field.name, field])));
  }
}

function fieldPlan(field: FieldSchema): FieldPlan {
  const value = valuePlan(field.schema);
  return {
    name: field.name,
    value,
    dropsZero:
      field.omitEmpty &&
      !field.pointer &&
      value.kind !== 'struct' &&
      value.kind !== 'any' &&
      field.name !== emptyIsMeant &&
      !alwaysWritten(field.schema),
    zero: zeroOf(field, value),
    inherited: field.name in Object.prototype,
  };
}

/** An empty metadata.managedFields says: forget who owns what. */
const emptyIsMeant = 'managedFields';

/** Go types with an encoder of their own are structs, which omitempty does not concern. */
function alwaysWritten(schema: Schema): boolean {
  return schema.kind === 'scalar' && (schema.type === 'intOrString' || schema.type === 'quantity');
}

/**
 * Structs that are no pointers are always written, scalars unless they are omitempty. Upstream also writes null for times, lists, maps and 0 for
 * int-or-strings that were not sent; we leave those out: later releases do too (times), and defaulting code can tell that nothing was sent.
 */
function zeroOf(field: FieldSchema, value: ValuePlan): (() => Json) | undefined {
  if (field.pointer) return undefined;
  if (value.kind === 'struct') return value.zero;
  if (value.kind !== 'scalar') return undefined;
  if (value.type === 'quantity') return value.zero;
  if (field.omitEmpty || value.type === 'intOrString' || value.type === 'time' || value.type === 'microTime')
    return undefined;
  return value.zero;
}

function valuePlan(schema: Schema): ValuePlan {
  switch (schema.kind) {
    case 'struct': {
      const struct = planOf(schema);
      return { kind: 'struct', schema, struct, zero: () => zeroStruct(struct) };
    }
    case 'list':
      return { kind: 'list', schema, items: valuePlan(schema.items), zero: () => [] };
    case 'map':
      return { kind: 'map', schema, values: valuePlan(schema.values), zero: () => ({}) };
    case 'scalar':
      return { kind: 'scalar', schema, type: schema.type, zero: scalarZeros[schema.type] };
    case 'any': {
      const { form = 'raw', props } = schema;
      return {
        kind: 'any',
        schema,
        form,
        props: props === undefined ? undefined : () => planOf(props),
        zero: () => null,
      };
    }
  }
}

function zeroStruct(plan: StructPlan): Json {
  const object: { [key: string]: Json } = {};
  for (const field of plan.fields) if (field.zero !== undefined) object[field.name] = field.zero();
  return object;
}

const scalarZeros: Readonly<Record<ScalarType, () => Json>> = {
  string: () => '',
  boolean: () => false,
  int32: () => 0,
  int64: () => 0,
  double: () => 0,
  intOrString: () => 0,
  quantity: () => '0',
  time: () => null,
  microTime: () => null,
  duration: () => '0s',
  bytes: () => '',
};
