import { deepCopy, isObject, type Json, type JsonObject, setOwn } from '../json.ts';
import { memberOf, type Structural } from './structural.ts';

/**
 * Fills the defaults of a schema into an object, in place: where a field with a default is absent, or null and may not be (apiextensions-apiserver's
 * structural defaulting). The result holds copies of the defaults.
 */
export function applyStructuralDefaults(value: Json, schema: Structural): void {
  if (!schema.hasDefaults) return;
  if (isObject(value)) defaultObject(value, schema);
  else if (Array.isArray(value)) defaultList(value, schema.items);
}

function defaultObject(object: JsonObject, schema: Structural): void {
  for (const [name, property] of schema.properties) {
    if (property.default === undefined) continue;
    const given = Object.hasOwn(object, name) ? object[name] : undefined;
    if (given === undefined || (given === null && !property.nullable)) setOwn(object, name, deepCopy(property.default));
  }
  for (const name of Object.keys(object)) {
    const member = memberOf(schema, name);
    if (member === undefined || !member.hasDefaults) continue;
    if (object[name] === null && !member.nullable && member.default !== undefined)
      setOwn(object, name, deepCopy(member.default));
    applyStructuralDefaults(object[name] as Json, member);
  }
}

function defaultList(list: Json[], items: Structural | undefined): void {
  if (items === undefined) return;
  for (let i = 0; i < list.length; i++) {
    if (list[i] === null && !items.nullable && items.default !== undefined) list[i] = deepCopy(items.default);
    applyStructuralDefaults(list[i] as Json, items);
  }
}
