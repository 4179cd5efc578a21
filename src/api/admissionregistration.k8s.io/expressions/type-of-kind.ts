import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DYN,
  DURATION,
  escapeName,
  INT,
  listOf,
  mapOf,
  ObjectType,
  type ObjectField,
  STRING,
  TIMESTAMP,
} from '../../../apimachinery/cel/index.ts';
import type { ScalarType, Schema, StructSchema } from '../../../apimachinery/schema/schema.ts';

const scalars: Readonly<Record<ScalarType, CelType>> = {
  string: STRING,
  boolean: BOOL,
  int32: INT,
  int64: INT,
  double: DOUBLE,
  intOrString: DYN,
  quantity: STRING,
  time: TIMESTAMP,
  microTime: TIMESTAMP,
  duration: DURATION,
  bytes: BYTES,
};

const types = new WeakMap<StructSchema, ObjectType>();

/** The type that objects of a kind have in expressions, when these are checked against it. What the schema leaves open may be anything. */
export function typeOfKind(schema: StructSchema): ObjectType {
  let type = types.get(schema);
  if (type === undefined) {
    // Fields are looked at when an expression names them: kinds may be recursive.
    type = new ObjectType(schema.name === '' ? 'object' : schema.name, () => fieldsOf(schema), {
      open: schema.preserveUnknown,
    });
    types.set(schema, type);
  }
  return type;
}

function fieldsOf(schema: StructSchema): ReadonlyMap<string, ObjectField> {
  const fields = new Map<string, ObjectField>();
  for (const { name, schema: type, required } of schema.fields.values()) {
    const escaped = escapeName(name);
    if (escaped !== undefined) fields.set(escaped, { type: typeOf(type), jsonName: name, required });
  }
  return fields;
}

function typeOf(schema: Schema): CelType {
  switch (schema.kind) {
    case 'struct':
      return typeOfKind(schema);
    case 'map':
      return mapOf(STRING, typeOf(schema.values));
    case 'list':
      return listOf(typeOf(schema.items));
    case 'scalar':
      return scalars[schema.type];
    default:
      return DYN;
  }
}
