import { type ApiError, badRequest } from '../errors.ts';
import { deepEqual, isObject, type Json, type JsonObject } from '../json.ts';
import { formatTime, type KubeObject, type ManagedFieldsEntry, type ObjectMeta, parseApiVersion } from '../object.ts';
import { deepNestingError } from '../patch/nesting.ts';
import { storedAndMerged } from './compare.ts';
import { type Conflict, conflictError } from './conflicts.ts';
import { difference, type FieldSet, intersection, isEmpty } from './field-set.ts';
import { kubectlManager, unchangedSinceLastApplied, withLastApplied } from './last-applied.ts';
import { TypedValueError } from './list-elements.ts';
import {
  decodeManagers,
  dropEmptyManagers,
  encodeManagers,
  type Manager,
  type Managers,
  managerId,
  withSet,
} from './managers.ts';
import { pruneObject } from './prune.ts';
import { fitSetToSchema } from './reconcile.ts';
import { fieldSetOf } from './to-field-set.ts';
import { type FieldManagerContext, lose, recordUpdate } from './track-update.ts';
import { mergeTyped } from './typed-merge.ts';
import { joinErrors, typedValueErrors } from './validate.ts';
import { VersionedComparison, withoutResetFields } from './versions.ts';

export type ApplyOptions = FieldManagerContext & {
  /** The stored object, in the request's version; undefined when the apply creates it. */
  readonly live: KubeObject | undefined;
  /** The body: the fields that the manager wants, as sent. */
  readonly config: KubeObject;
  /** Takes fields from the managers that own them instead of failing. */
  readonly force: boolean;
};

export type Applied = {
  /**
   * The live object with the configuration and its managedFields. It shares parts with `live` and `config`, so it must be copied before it is changed,
   * and it is not yet decoded and defaulted: removed containers are null.
   */
  readonly object: KubeObject;
  /** False when neither a value nor who owns what has changed; then `object` is `live`. */
  readonly changed: boolean;
};

const noFields: readonly string[] = [];
const beforeFirstApply = 'before-first-apply';

/**
 * Server-side apply. Changes none of its arguments. Name, namespace, uid and resourceVersion of the configuration end up in the result, where the
 * caller checks them.
 * @throws ApiError 409 with the conflicting fields; 400 when the configuration does not fit its type or has managedFields.
 */
export function applyManaged(options: ApplyOptions): Applied {
  const { live, config, manager } = options;
  const entries = live?.metadata.managedFields;
  const managers = entries === undefined ? new Map<string, Manager>() : decodeManagers(entries, true);
  if (managers === undefined) throw badRequest('failed to decode managed fields');
  try {
    checkConfig(options);
    if (managers.size === 0 && live !== undefined) {
      recordUpdate(managers, {}, live as JsonObject, { ...options, manager: beforeFirstApply });
    }
    const attempt = applyTyped(options, managers);
    let { outcome } = attempt;
    if (outcome === undefined) {
      const allowed = allowedConflicts(options);
      const rest = allowed === undefined ? attempt.conflicts : withoutAllowed(attempt.conflicts, allowed);
      if (rest.length > 0) throw conflictError(rest);
      outcome = applyTyped({ ...options, force: true }, managers).outcome as Outcome;
    }
    return finish(live, config, manager, outcome);
  } catch (error) {
    if (error instanceof TypedValueError) throw badRequest(`failed to merge config: ${error.message}`, error);
    throw deepNestingError(error);
  }
}

function checkConfig({ config, schema, apiVersion }: ApplyOptions): void {
  const { managedFields } = (isObject(config.metadata as unknown) ? config.metadata : {}) as JsonObject;
  if (managedFields !== undefined && managedFields !== null) throw badRequest('metadata.managedFields must be nil');
  const errors = typedValueErrors(config as JsonObject, schema);
  if (errors.length > 0) throw untypedConfig(config, apiVersion, joinErrors(errors));
}

function untypedConfig(config: KubeObject, apiVersion: string, why: string): ApiError {
  const { group, version } = parseApiVersion(apiVersion);
  const metadata = isObject(config.metadata as unknown) ? (config.metadata as JsonObject) : {};
  const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
  const who = `${text(metadata.namespace)}/${text(metadata.name)}; ${group}/${version}, Kind=${config.kind}`;
  return badRequest(`failed to create typed patch object (${who}): ${why}`);
}

type Outcome = {
  readonly object: JsonObject;
  readonly managers: Managers;
  /** The live object has all these values already. */
  readonly sameValues: boolean;
};

type Attempt = { readonly outcome: Outcome | undefined; readonly conflicts: readonly Conflict[] };

function applyTyped(options: ApplyOptions, recorded: Managers): Attempt {
  const { schema, apiVersion, subresource, force, resetFields = noFields, convert } = options;
  const live = (options.live ?? {}) as JsonObject;
  const config = options.config as JsonObject;
  const managers: Managers = new Map();
  for (const [id, manager] of recorded) {
    // What is atomic in one version need not be in another.
    const own = manager.apiVersion === apiVersion ? schema : (convert?.(live, manager.apiVersion)?.schema ?? schema);
    managers.set(id, withSet(manager, fitSetToSchema(manager.set, own)));
  }

  const id = managerId(options.manager, 'Apply', apiVersion, subresource);
  const last = managers.get(id);
  const set = withoutResetFields(fieldSetOf(config, schema), resetFields);
  const self = applier(options, last, set);
  managers.set(id, self);

  const merged = mergeTyped(live, config, schema);
  const updated = pruneObject(merged, schema, apiVersion, last, managers, convert);
  const comparison = new VersionedComparison(live, updated, schema, apiVersion, resetFields, convert, storedAndMerged);

  const conflicts: Conflict[] = [];
  for (const [otherId, manager] of managers) {
    if (otherId === id) continue;
    const seen = comparison.in(manager.apiVersion);
    if (seen === undefined) {
      managers.delete(otherId);
      continue;
    }
    const contested = intersection(manager.set, seen.changed);
    if (!isEmpty(contested)) conflicts.push({ manager, set: contested });
    managers.set(otherId, withSet(manager, lose(manager.set, seen.changed, seen.removed)));
  }
  if (conflicts.length > 0 && !force) return { outcome: undefined, conflicts };
  dropEmptyManagers(managers);
  const sameValues = options.live !== undefined && (updated === live || deepEqual(updated, live));
  if (!sameValues && managers.has(id)) managers.set(id, { ...withoutEntry(self), time: formatTime(options.now) });
  return { outcome: { object: updated, managers, sameValues }, conflicts };
}

/** The manager with what it applies now. It keeps its time until the object is known to change. */
function applier(options: ApplyOptions, last: Manager | undefined, set: FieldSet): Manager {
  const { apiVersion, subresource } = options;
  if (last !== undefined && last.apiVersion === apiVersion && isEmpty(difference(set, last.set))) {
    if (isEmpty(difference(last.set, set))) return last;
  }
  return { name: options.manager, operation: 'Apply', apiVersion, subresource, time: last?.time, set };
}

function withoutEntry(manager: Manager): Manager {
  const { entry: _, ...rest } = manager;
  return rest;
}

/** kubectl may overwrite what only its own client-side apply has set. */
function allowedConflicts({ live, manager, schema, apiVersion }: ApplyOptions): FieldSet | undefined {
  if (manager !== kubectlManager || live === undefined) return undefined;
  try {
    return unchangedSinceLastApplied(live, schema, apiVersion);
  } catch (error) {
    if (error instanceof TypedValueError) return undefined;
    throw error;
  }
}

function withoutAllowed(conflicts: readonly Conflict[], allowed: FieldSet): Conflict[] {
  const left: Conflict[] = [];
  for (const conflict of conflicts) {
    const set = difference(conflict.set, allowed);
    if (!isEmpty(set)) left.push({ ...conflict, set });
  }
  return left;
}

function finish(live: KubeObject | undefined, config: KubeObject, manager: string, outcome: Outcome): Applied {
  const entries = encodeManagers(outcome.managers);
  if (live !== undefined && outcome.sameValues && sameEntries(entries, live.metadata.managedFields)) {
    const object = manager === kubectlManager ? withLastApplied(live, config) : live;
    return { object, changed: object !== live };
  }
  const merged = outcome.object as KubeObject;
  const { managedFields: _, ...metadata } = (merged.metadata ?? {}) as ObjectMeta;
  const object: KubeObject = {
    ...merged,
    metadata: entries === undefined ? metadata : { ...metadata, managedFields: entries },
  };
  return { object: manager === kubectlManager ? withLastApplied(object, config) : object, changed: true };
}

function sameEntries(
  a: readonly ManagedFieldsEntry[] | undefined,
  b: readonly ManagedFieldsEntry[] | undefined,
): boolean {
  if (a === undefined || b === undefined) return (a ?? b ?? []).length === 0;
  return a.length === b.length && a.every((entry, index) => entry === b[index]);
}
