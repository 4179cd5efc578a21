import type { AnyForm, ScalarType, Schema } from './schema.ts';

const scalarNames: Readonly<Record<ScalarType, string>> = {
  string: 'string',
  boolean: 'bool',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  // Times, durations and int-or-strings complain about the type that their own decoders read.
  intOrString: 'int32',
  quantity: 'resource.Quantity',
  time: 'string',
  microTime: 'string',
  duration: 'string',
  bytes: '[]uint8',
};

const anyNames: Readonly<Record<AnyForm, string>> = {
  raw: 'runtime.RawExtension',
  json: 'v1.JSON',
  fieldsV1: 'v1.FieldsV1',
  propsOrArray: 'v1.JSONSchemaPropsOrArray',
  propsOrBool: 'v1.JSONSchemaPropsOrBool',
  propsOrStringArray: 'v1.JSONSchemaPropsOrStringArray',
};

/** The Go type that stands for a schema in decoding errors: `map[string]string`, `[]v1.Container`, `v1.Protocol`. */
export function goTypeName(schema: Schema): string {
  switch (schema.kind) {
    case 'struct':
      return schema.name === '' ? 'object' : schema.name.split('.').slice(-2).join('.');
    case 'map':
      return schema.goType ?? `map[${schema.goKey ?? 'string'}]${goTypeName(schema.values)}`;
    case 'list':
      return schema.goType ?? `[]${goTypeName(schema.items)}`;
    case 'scalar':
      return schema.goType ?? scalarNames[schema.type];
    case 'any':
      return anyNames[schema.form ?? 'raw'];
  }
}

/** What Go's JSON decoder calls the kind of a value. */
export function goValueKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'bigint' ? 'number' : typeof value;
}
