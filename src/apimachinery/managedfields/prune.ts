import type { JsonObject } from '../json.ts';
import type { StructSchema } from '../schema/schema.ts';
import { difference, type FieldSet, intersection, isEmpty, leaf, union } from './field-set.ts';
import type { Manager, Managers } from './managers.ts';
import { removeItems, withNamedFields } from './remove-items.ts';
import { fieldSetOf } from './to-field-set.ts';
import type { ConvertVersion } from './versions.ts';

/** Name and namespace are always applied but never recorded: metadata goes away for no one. */
const identity: FieldSet = { 'f:metadata': leaf };

/**
 * The merged object without what the manager applied last time, applies no more, and nobody else owns. `managers` already has the new set of the
 * applying manager.
 */
export function pruneObject(
  merged: JsonObject,
  schema: StructSchema,
  apiVersion: string,
  last: Manager | undefined,
  managers: Managers,
  convert: ConvertVersion | undefined,
): JsonObject {
  if (last === undefined || isEmpty(last.set)) return merged;
  if (convert !== undefined && spansVersions(managers, apiVersion, last)) {
    return pruneAcrossVersions(merged, schema, apiVersion, last, managers, convert);
  }
  let owned = identity;
  for (const manager of managers.values()) owned = union(owned, manager.set);
  // Applying the same again, or more than before, drops nothing: that is the usual case and needs no schema.
  if (isEmpty(difference(last.set, owned))) return merged;
  const dropped = difference(withNamedFields(last.set, schema), withNamedFields(owned, schema));
  return isEmpty(dropped) ? merged : removeItems(merged, dropped, schema);
}

function spansVersions(managers: Managers, apiVersion: string, last: Manager): boolean {
  if (last.apiVersion !== apiVersion) return true;
  for (const manager of managers.values()) if (manager.apiVersion !== apiVersion) return true;
  return false;
}

/**
 * The same when sets speak of versions with different fields (merge/update.go of structured-merge-diff): remove all of the last set in its version, add
 * back in each version what somebody owns there, then add back what was removed though the last set did not name it.
 */
function pruneAcrossVersions(
  merged: JsonObject,
  schema: StructSchema,
  apiVersion: string,
  last: Manager,
  managers: Managers,
  convert: ConvertVersion,
): JsonObject {
  const to = (object: JsonObject, from: string, version: string, fallback: StructSchema) => {
    return from === version ? { object, schema: fallback } : convert(object, version);
  };
  const start = to(merged, apiVersion, last.apiVersion, schema);
  if (start === undefined) return merged;
  const lastSet = withNamedFields(last.set, start.schema);
  let pruned = removeItems(start.object, lastSet, start.schema);
  let version = last.apiVersion;
  const owned = new Map<string, FieldSet>();
  for (const manager of managers.values()) {
    owned.set(manager.apiVersion, union(owned.get(manager.apiVersion) ?? identity, manager.set));
  }
  const order = [last.apiVersion, ...[...owned.keys()].filter((each) => each !== last.apiVersion)];
  for (const each of order) {
    const set = owned.get(each);
    if (set === undefined) continue;
    const whole = to(merged, apiVersion, each, schema);
    const part = to(pruned, version, each, whole?.schema ?? schema);
    if (whole === undefined || part === undefined) continue;
    const wholeSet = withNamedFields(fieldSetOf(whole.object, whole.schema), whole.schema);
    const partSet = withNamedFields(fieldSetOf(part.object, whole.schema), whole.schema);
    const keep = union(partSet, withNamedFields(set, whole.schema));
    pruned = removeItems(whole.object, difference(wholeSet, keep), whole.schema);
    version = each;
  }
  const result = to(pruned, version, last.apiVersion, start.schema);
  if (result === undefined) return merged;
  const startSet = withNamedFields(fieldSetOf(start.object, start.schema), start.schema);
  const resultSet = withNamedFields(fieldSetOf(result.object, start.schema), start.schema);
  const dropped = intersection(difference(startSet, resultSet), lastSet);
  const final = removeItems(start.object, dropped, start.schema);
  return to(final, last.apiVersion, apiVersion, schema)?.object ?? merged;
}
