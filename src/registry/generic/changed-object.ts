import { conflict, goSyntax, invalid, staleObject } from '../../apimachinery/errors.ts';
import { deepCopy, deepEqual, type Json, type JsonObject } from '../../apimachinery/json.ts';
import { keepTimesOfNoop } from '../../apimachinery/managedfields/index.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../../apimachinery/validation/metadata.ts';
import { nameIsPathSegment } from '../../apimachinery/validation/names.ts';
import type { CachedObject, WriteItem, WriteOutcome } from '../../storage/object-store.ts';
import { storedText } from '../../storage/serialized-object.ts';
import type { RequestContext, Target, WriteOptions } from '../registry.ts';
import { convertAll, convertStored, currentView } from './derived-object.ts';
import { commitPlanned } from './commit-planned.ts';
import { type Engine, keyOf, strategyContext } from './engine.ts';
import { recordManager } from './field-managers.ts';
import { checkFinalizerNames } from './finalizer-names.ts';
import { isHeld } from './hooks.ts';
import { changesGeneration } from './generation.ts';
import { carryMetadata, claimNamespace, deduplicateOwners, ownerUids } from './metadata.ts';
import { repeatedFinalizerErrors, repeatedMetadataErrors } from './repeated-metadata.ts';
import { parseResourceVersion } from './resource-version.ts';
import { factsOf, isViewOfObject } from './resource-facts.ts';
import { addNulls, toStorageVersion } from './versions.ts';

/** What an update comes to. */
export type ChangedObject =
  /** The stored object already says all that. */
  | { readonly kind: 'same'; readonly served: CachedObject | undefined }
  /** `remove`: the last finalizer of an object being deleted is gone, and the object with it. The last item is the object's. */
  | {
      readonly kind: 'write' | 'remove';
      readonly object: KubeObject;
      readonly text: string;
      readonly items: readonly WriteItem[];
      readonly commit: () => Promise<readonly WriteOutcome[]>;
      /** The object in the request's version, where that took a wait. */
      readonly served: KubeObject | undefined;
    };

/**
 * The optimistic lock of an update.
 * @throws 409 when the object sent is based on another revision; 422 when it must say a revision and does not.
 */
export function checkRevision(target: Target, sent: KubeObject, current: CachedObject): void {
  const { gr } = factsOf(target.definition);
  const based = parseResourceVersion(sent.metadata.resourceVersion ?? '', '');
  if (based === current.revision) return;
  if (based !== 0) throw staleObject(gr, target.name);
  if (target.definition.strategy.allowUnconditionalUpdate === true) return;
  const detail = 'must be specified for an update';
  throw invalid({ group: gr.group, kind: gr.resource }, target.name, [
    { type: 'FieldValueInvalid', field: 'metadata.resourceVersion', badValue: goSyntax('0x0'), detail },
  ]);
}

/** Where upstream keeps a resource; its errors say so. */
function storedUnder({ definition }: Target, storage: string): string {
  const { group, resource, builtIn, storageGroup } = definition;
  if (storageGroup !== undefined) return storage;
  return builtIn ? (ownPrefixes[resource] ?? resource) : `${group}/${resource}`;
}

/** SpecialDefaultResourcePrefixes of kube-apiserver. */
const ownPrefixes: Readonly<Record<string, string>> = {
  endpoints: 'services/endpoints',
  ingresses: 'ingress',
  nodes: 'minions',
  replicationcontrollers: 'controllers',
  services: 'services/specs',
};

/** @throws 409 when the object sent carries the uid of another object (`found` '' : there is none). */
export function checkUid(target: Target, uid: string | undefined, found: string): void {
  if (uid === undefined || uid === '' || uid === found) return;
  const { gr, storage } = factsOf(target.definition);
  const key = ['/registry', storedUnder(target, storage), target.namespace, target.name]
    .filter((part) => part !== '')
    .join('/');
  throw conflict(
    gr,
    target.name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${found}`,
  );
}

/**
 * Everything between a changed object and its commit (rest.BeforeUpdate and the update handler of upstream). `sent` is in the target's version and
 * belongs to this function. `tracked`: managedFields are already right (server-side apply).
 * @throws 400, 403, 409, 422 as the rules say.
 */
export async function prepareChangedObject(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  sent: KubeObject,
  current: CachedObject,
  options: WriteOptions,
  tracked: boolean,
): Promise<ChangedObject> {
  const { definition, version } = target;
  const { strategy } = definition;
  const facts = factsOf(definition);
  const now = engine.now();
  const viewing = currentView(ctx, target, current);
  const old = viewing instanceof Promise ? await viewing : viewing;
  claimNamespace(sent.metadata, facts.namespaced, target.namespace);
  // Checked by checkRevision; an unconditional update is based on what is there.
  sent.metadata.resourceVersion = String(current.revision);
  deduplicateOwners(sent.metadata, ctx, false);
  strategy.applyDefaults?.(sent, version.version);
  if (!tracked) {
    const recording = recordManager(ctx, target, old, sent, options.fieldManager ?? ctx.defaultFieldManager, now);
    if (recording !== undefined) await recording;
  }
  const object = toStorageVersion(definition, version, sent);

  const attributes = {
    ctx,
    target,
    operation: 'UPDATE' as const,
    name: target.name,
    object,
    oldObject: old,
    dryRun: options.dryRun,
    options,
  };
  const admitting = engine.admission.admit(attributes);
  if (admitting !== undefined) {
    await admitting;
    claimNamespace(object.metadata, facts.namespaced, target.namespace);
  }
  deduplicateOwners(object.metadata, ctx, true);
  const prepared = keepTheRest(target, object, old, strategyContext(ctx, now));
  carryMetadata(prepared.metadata, old.metadata);
  const hooks = target.subresource === '' ? engine.hooks[facts.storage] : undefined;
  const together = hooks?.beforeUpdate?.(ctx, prepared, old, options.dryRun) ?? [];
  const companions = together instanceof Promise ? await together : together;
  const setsSpec = target.subresource === 'scale' || (target.subresource !== 'status' && isViewOfObject(target));
  const counts = setsSpec && strategy.generation !== 'none';
  if (counts && changesGeneration(definition, prepared, old))
    prepared.metadata.generation = (old.metadata.generation ?? 0) + 1;
  validateChange(target, prepared, old, strategyContext(ctx, now));
  if (target.subresource !== 'status') strategy.warn?.(prepared, old, strategyContext(ctx, now));
  const validating = engine.admission.validate({ ...attributes, object: prepared });
  if (validating !== undefined) await validating;
  const converting = strategy.beforeStorage?.(prepared, { cluster: ctx.cluster.name, signal: ctx.signal }) ?? prepared;
  const stored = converting instanceof Promise ? await converting : converting;
  return decide(engine, ctx, target, stored, current, companions);
}

/** What this target may not change comes from the stored object. */
function keepTheRest(
  target: Target,
  object: KubeObject,
  old: KubeObject,
  strategyCtx: ReturnType<typeof strategyContext>,
): KubeObject {
  const { definition } = target;
  if (target.subresource === 'status') {
    const next = statusOnly(definition.builtIn, object, old);
    definition.status?.prepareForUpdate?.(next, old, strategyCtx);
    return next;
  }
  if (target.subresource !== '') {
    // Subresources with logic of their own have made `object` from the stored one themselves.
    definition.subresources?.[target.subresource]?.part?.prepareForUpdate(object, old, strategyCtx);
    return object;
  }
  if (definition.status !== undefined) {
    if (old['status'] === undefined) delete object['status'];
    else object['status'] = deepCopy(old['status'] as Json);
  }
  definition.strategy.prepareForUpdate?.(object, old, strategyCtx);
  return object;
}

/** The stored object with the new status. Metadata may change along for built-in kinds only, as in stock. */
function statusOnly(builtIn: boolean, object: KubeObject, old: KubeObject): KubeObject {
  const next = deepCopy(old as JsonObject) as KubeObject;
  if (builtIn) next.metadata = object.metadata;
  else if (object.metadata.managedFields === undefined) delete next.metadata.managedFields;
  else next.metadata.managedFields = object.metadata.managedFields;
  if (object['status'] === undefined) delete next['status'];
  else next['status'] = object['status'];
  return next;
}

/** Subresources other than status and scale know themselves what they may change. */
function validateChange(
  target: Target,
  object: KubeObject,
  old: KubeObject,
  strategyCtx: ReturnType<typeof strategyContext>,
): void {
  const { definition } = target;
  const facts = factsOf(definition);
  const errors = validateObjectMeta(object.metadata, {
    namespaced: facts.namespaced,
    validateName: nameIsPathSegment,
    field: 'metadata',
  });
  errors.push(...validateObjectMetaUpdate(object.metadata, old.metadata));
  if (errors.length > 0) errors.push(...repeatedMetadataErrors(target, object.metadata, old.metadata));
  const misnamed = checkFinalizerNames(target, object.metadata, (text) => strategyCtx.warn(text));
  if (misnamed.length > 0) errors.push(...repeatedFinalizerErrors(target, misnamed));
  if (target.subresource === 'status')
    errors.push(...(definition.status?.validateUpdate?.(object, old, strategyCtx) ?? []));
  else if (target.subresource === '' || target.subresource === 'scale') {
    const found = definition.strategy.validate?.(object, strategyCtx) ?? [];
    errors.push(...found, ...(definition.strategy.repeatsErrors === true ? found : []));
    errors.push(...(definition.strategy.validateUpdate?.(object, old, strategyCtx) ?? []));
  } else {
    const part = definition.subresources?.[target.subresource]?.part;
    if (part !== undefined) errors.push(...part.validateUpdate(object, old, strategyCtx));
  }
  if (errors.length > 0) throw invalid(facts.gk, object.metadata.name ?? '', errors);
  if (target.subresource === '') definition.strategy.warn?.(object, old, strategyCtx);
}

async function decide(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  object: KubeObject,
  current: CachedObject,
  companions: readonly WriteItem[],
): Promise<ChangedObject> {
  const key = keyOf(ctx, target);
  const expected = current.revision;
  const hooks = engine.hooks[key.resource];
  addNulls(target.definition, object);
  const entries = keepTimesOfNoop(object, current.object);
  if (entries !== undefined) object.metadata.managedFields = entries;
  const text = storedText(object);
  const converts = target.definition.conversion !== undefined;
  const served = converts ? await convertStored(ctx, target, object) : undefined;
  if (isReleased(current.object) && !isHeld(hooks ?? {}, object.metadata.finalizers ?? [], object)) {
    const item: WriteItem = { op: 'delete', key, expected, text, before: current };
    const items = [...((await hooks?.beforeRemove?.(current)) ?? []), item];
    const removal = { ctx, target, key, before: current.object, after: undefined, items };
    return { kind: 'remove', object, text, items, commit: () => commitPlanned(engine, removal), served };
  }
  if (saysTheSame(object, text, current)) {
    const [same] = converts ? await convertAll(ctx, target.definition, target.version, [current]) : [];
    return { kind: 'same', served: same };
  }
  const owners = ownerUids(object.metadata);
  const change = { op: 'update' as const, key, expected, text, before: current };
  const item: WriteItem = owners === undefined ? change : { ...change, owners };
  const items = companions.length === 0 ? [item] : [...companions, item];
  const write = { ctx, target, key, before: current.object, after: object, items };
  return { kind: 'write', object, text, items, commit: () => commitPlanned(engine, write), served };
}

/** Deleted, with no grace period left: it goes when nothing holds it any more (upstream's ShouldDeleteDuringUpdate). */
function isReleased(old: KubeObject): boolean {
  return old.metadata.deletionTimestamp !== undefined && (old.metadata.deletionGracePeriodSeconds ?? 0) === 0;
}

/** Equal texts, or equal but for the order of members: only texts of one length can be. */
function saysTheSame(object: KubeObject, text: string, current: CachedObject): boolean {
  const before = current.text;
  if (text === before) return true;
  if (text.length !== before.length) return false;
  const { resourceVersion: _ours, ...meta } = object.metadata;
  const { resourceVersion: _theirs, ...oldMeta } = current.object.metadata;
  return deepEqual({ ...object, metadata: meta } as Json, { ...current.object, metadata: oldMeta } as Json);
}
