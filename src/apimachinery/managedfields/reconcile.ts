import { anySchema, type Schema } from '../schema/schema.ts';
import { type FieldSet, isEmpty, leaf } from './field-set.ts';

/**
 * A set recorded when the type was granular, fitted to a type that has become atomic since: the parts are replaced by the whole. Gives the set itself
 * when nothing is to do.
 */
export function fitSetToSchema(set: FieldSet, schema: Schema): FieldSet {
  if (isEmpty(set)) return set;
  switch (schema.kind) {
    case 'struct':
      if (schema.atomic) return leaf;
      return fitChildren(set, (key) => {
        return key.charCodeAt(0) === 0x66 ? schema.fields.get(key.slice(2))?.schema : undefined;
      });
    case 'map':
      return schema.atomic ? leaf : schema.values.kind === 'scalar' ? set : fitChildren(set, () => schema.values);
    case 'list':
      return schema.listType === 'atomic' ? leaf : fitChildren(set, () => schema.items);
    case 'any':
      return schema.form === 'raw' ? leaf : set;
    default:
      return set;
  }
}

function fitChildren(set: FieldSet, schemaOf: (key: string) => Schema | undefined): FieldSet {
  let changed: { [element: string]: FieldSet } | undefined;
  for (const key in set) {
    const child = set[key] as FieldSet;
    if (key === '.' || isEmpty(child)) continue;
    const fitted = fitSetToSchema(child, schemaOf(key) ?? anySchema);
    if (fitted !== child) (changed ??= { ...set })[key] = fitted;
  }
  return changed ?? set;
}
