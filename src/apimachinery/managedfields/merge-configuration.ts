import { isObject, type Json, type JsonObject } from '../json.ts';
import type { Schema, StructSchema } from '../schema/schema.ts';
import { mergeTyped } from './typed-merge.ts';
import { joinErrors, typedValueErrors } from './validate.ts';

/** What makes a configuration no value of a type, in one text; undefined: nothing. */
export function configurationProblem(configuration: JsonObject, schema: StructSchema): string | undefined {
  const errors = typedValueErrors(configuration, schema);
  return errors.length === 0 ? undefined : joinErrors(errors);
}

/** Lays a configuration over an object without a word of who owns what. Parts that do not change are the object's own. */
export function applyConfigurationOver(
  object: JsonObject,
  configuration: JsonObject,
  schema: StructSchema,
): JsonObject {
  return mergeTyped(object, configuration, schema);
}

/** Where a configuration sets lists, maps or structs that can only be set as a whole: `.spec.args`. */
export function atomicParts(configuration: JsonObject, schema: StructSchema): string[] {
  const parts: string[] = [];
  collect(configuration, schema, '', parts);
  return parts;
}

function collect(value: Json | undefined, schema: Schema, path: string, parts: string[]): void {
  if (isObject(value)) {
    if (schema.kind !== 'struct' && schema.kind !== 'map') return;
    if (schema.atomic) parts.push(path);
    if (schema.kind === 'map') return;
    for (const name of Object.keys(value)) {
      const field = schema.fields.get(name);
      if (field !== undefined) collect(value[name], field.schema, `${path}.${name}`, parts);
    }
  } else if (Array.isArray(value) && schema.kind === 'list') {
    if (schema.listType === 'atomic') parts.push(path);
    value.forEach((item, index) => collect(item, schema.items, `${path}[${index}]`, parts));
  }
}
