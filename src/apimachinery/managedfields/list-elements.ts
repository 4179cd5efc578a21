import { isObject, type Json, type JsonObject } from '../json.ts';
import type { ListSchema } from '../schema/schema.ts';
import { compareText, keyElement, valueElement } from './path-element.ts';

/** An object does not fit its type. `path` is what precedes the message; it grows on the way up. */
export class TypedValueError extends Error {
  override readonly name = 'TypedValueError';
}

type Keys = { readonly names: readonly string[]; readonly defaults: readonly (Json | undefined)[] };

const sortedKeys = new WeakMap<ListSchema, Keys>();

function keysOf(schema: ListSchema): Keys {
  let keys = sortedKeys.get(schema);
  if (keys === undefined) {
    const names = [...schema.mapKeys].sort(compareText);
    const { items } = schema;
    const defaults = names.map((name) => (items.kind === 'struct' ? items.fields.get(name)?.default : undefined));
    keys = { names, defaults };
    sortedKeys.set(schema, keys);
  }
  return keys;
}

/**
 * The path element of an item of a `map` or `set` list.
 * @throws TypedValueError when it has none, in structured-merge-diff's words.
 */
export function elementOf(schema: ListSchema, item: Json): string {
  if (schema.listType === 'map') return keyedElement(schema, item);
  if (isObject(item)) throw new TypedValueError("associative list without keys has an element that's a map type");
  if (Array.isArray(item)) throw new TypedValueError('not supported: associative list with lists as elements');
  if (item === null) throw new TypedValueError("associative list without keys has an element that's an explicit null");
  return valueElement(item);
}

function keyedElement(schema: ListSchema, item: Json): string {
  if (item === null) throw new TypedValueError('associative list with keys may not have a null element');
  if (!isObject(item)) throw new TypedValueError('associative list with keys may not have non-map elements');
  const { names, defaults } = keysOf(schema);
  const values: Json[] = [];
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const value = own(item, name) ?? defaults[i];
    if (value === undefined) {
      throw new TypedValueError(
        `associative list with keys has an element that omits key field ${JSON.stringify(name)} (and doesn't have default value)`,
      );
    }
    values.push(value);
  }
  return keyElement(names, values);
}

export function own(object: JsonObject, key: string): Json | undefined {
  const value = object[key];
  return value !== undefined && Object.hasOwn(object, key) ? value : undefined;
}
