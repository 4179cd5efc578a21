import type { JsonObject } from '../json.ts';
import { formatTime, type KubeObject, type ManagedFieldsEntry } from '../object.ts';
import { deepNestingError } from '../patch/nesting.ts';
import type { StructSchema } from '../schema/schema.ts';
import { storedAndDecoded } from './compare.ts';
import { difference, type FieldSet, isEmpty, union } from './field-set.ts';
import { TypedValueError } from './list-elements.ts';
import {
  capUpdateManagers,
  dropEmptyManagers,
  encodeManagers,
  type Managers,
  managerId,
  managersOf,
  withSet,
} from './managers.ts';
import { fitSetToSchema } from './reconcile.ts';
import { type ConvertVersion, VersionedComparison } from './versions.ts';

/** What every tracking of fields needs to know of the request. */
export type FieldManagerContext = {
  readonly schema: StructSchema;
  readonly apiVersion: string;
  readonly manager: string;
  /** '' for the resource itself. */
  readonly subresource: string;
  readonly now: Date;
  /** Dotted paths of fields that this write cannot set: nobody comes to own them by it. */
  readonly resetFields?: readonly string[];
  /** Needed only for resources whose versions differ in more than the name. */
  readonly convert?: ConvertVersion;
};

export type TrackUpdateOptions = FieldManagerContext & {
  /** The stored object, in the request's version; undefined on create. */
  readonly live: KubeObject | undefined;
  /** What the client wants, in the request's version, before admission and strategy touch it. */
  readonly updated: KubeObject;
};

const noFields: readonly string[] = [];
const absent: JsonObject = Object.freeze({});

/**
 * The managedFields of an object after a create, update or patch that is no apply: the manager owns what it changed, others lose what was changed or
 * removed. Undefined when there are none, also when the object does not fit its type, as upstream gives up then. Changes neither object; entries that
 * stay as they were are shared with `live`.
 * @throws ApiError 400 when values nest beyond what can be compared.
 */
export function trackUpdate(options: TrackUpdateOptions): ManagedFieldsEntry[] | undefined {
  const { live, updated } = options;
  const sent = options.subresource === '' ? updated.metadata.managedFields : undefined;
  const managers = managersOf(live?.metadata.managedFields, sent);
  // An object that nobody tracks stays so until somebody applies to it.
  if (managers.size === 0 && live !== undefined && (live.metadata.uid ?? '') !== '') return undefined;
  try {
    recordUpdate(managers, (live ?? absent) as JsonObject, updated as JsonObject, options);
  } catch (error) {
    if (error instanceof TypedValueError) return undefined;
    throw deepNestingError(error);
  }
  capUpdateManagers(managers);
  return encodeManagers(managers);
}

/** Moves ownership in `managers` for a change from `live` to `updated`. */
export function recordUpdate(
  managers: Managers,
  live: JsonObject,
  updated: JsonObject,
  context: FieldManagerContext,
): void {
  const { apiVersion, subresource, schema, resetFields = noFields } = context;
  const comparison = new VersionedComparison(
    live,
    updated,
    schema,
    apiVersion,
    resetFields,
    context.convert,
    storedAndDecoded,
  );
  for (const [id, manager] of managers) {
    const seen = comparison.in(manager.apiVersion);
    if (seen === undefined) {
      managers.delete(id);
      continue;
    }
    const set = lose(fitSetToSchema(manager.set, comparison.schemaIn(manager.apiVersion)), seen.changed, seen.removed);
    if (set !== manager.set) managers.set(id, withSet(manager, set));
  }
  dropEmptyManagers(managers);
  const { changed } = comparison.own;
  if (isEmpty(changed)) return;
  const name = context.manager === '' ? 'unknown' : context.manager;
  const id = managerId(name, 'Update', apiVersion, subresource);
  const previous = managers.get(id);
  managers.set(id, {
    name,
    operation: 'Update',
    apiVersion,
    subresource,
    time: formatTime(context.now),
    set: previous === undefined ? changed : union(previous.set, changed),
  });
}

/** What is left of a set when others have changed and removed fields. */
export function lose(set: FieldSet, changed: FieldSet, removed: FieldSet): FieldSet {
  return difference(difference(set, changed), removed);
}
