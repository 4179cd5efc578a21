import { randomUUID } from 'node:crypto';
import { type FieldError, invalid } from '../../apimachinery/errors.ts';
import { formatTime, type KubeObject } from '../../apimachinery/object.ts';
import { validateObjectMeta } from '../../apimachinery/validation/metadata.ts';
import { nameIsDns1123Subdomain, nameIsPathSegment } from '../../apimachinery/validation/names.ts';
import type { WriteItem, WriteOutcome } from '../../storage/object-store.ts';
import type { RequestContext, Target, WriteOptions } from '../registry.ts';
import { convertStored } from './derived-object.ts';
import { commitPlanned } from './commit-planned.ts';
import { type Engine, keyOf, strategyContext } from './engine.ts';
import { recordManager } from './field-managers.ts';
import { checkFinalizerNames } from './finalizer-names.ts';
import { claimNamespace, deduplicateOwners, generateName, initializeMetadata, ownerUids } from './metadata.ts';
import { checksMetadataLast } from './repeated-metadata.ts';
import { factsOf } from './resource-facts.ts';
import { textToStore, toStorageVersion } from './versions.ts';

/** An object ready to be committed, in storage version. The last item of `items` is the object itself. */
export type NewObject = {
  readonly object: KubeObject;
  readonly text: string;
  readonly items: readonly WriteItem[];
  /** Commits the items. */
  readonly commit: () => Promise<readonly WriteOutcome[]>;
  /** The object in the request's version, where that took a wait. */
  readonly served: KubeObject | undefined;
};

/**
 * Everything between a decoded object and its commit: defaults, system metadata, a generated name, the strategy, managed fields, admission,
 * validation (rest.BeforeCreate and the create handler of upstream). `tracked`: managedFields are already right (server-side apply).
 * @throws 400, 403, 404, 422 as the rules say.
 */
export async function prepareNewObject(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  sent: KubeObject,
  options: WriteOptions,
  tracked: boolean,
): Promise<NewObject> {
  const { definition, version } = target;
  const { strategy } = definition;
  const facts = factsOf(definition);
  const now = engine.now();
  const meta = sent.metadata;
  claimNamespace(meta, facts.namespaced, target.namespace);
  initializeMetadata(meta, randomUUID(), formatTime(now), strategy.generation);
  if ((meta.name === undefined || meta.name === '') && meta.generateName !== undefined && meta.generateName !== '')
    meta.name = generateName(meta.generateName);
  deduplicateOwners(meta, ctx, false);
  strategy.applyDefaults?.(sent, version.version);
  if (!tracked) {
    const recording = recordManager(ctx, target, undefined, sent, options.fieldManager ?? ctx.defaultFieldManager, now);
    if (recording !== undefined) await recording;
  }
  const object = toStorageVersion(definition, version, sent);
  const attributes = {
    ctx,
    target,
    operation: 'CREATE' as const,
    name: object.metadata.name ?? '',
    object,
    oldObject: undefined,
    dryRun: options.dryRun,
    options,
  };
  const admitting = engine.admission.admit(attributes);
  if (admitting !== undefined) {
    await admitting;
    claimNamespace(object.metadata, facts.namespaced, target.namespace);
  }
  deduplicateOwners(object.metadata, ctx, true);
  // Built-in kinds reset their own status, and nodes may bring one.
  if (definition.status !== undefined && !definition.builtIn && object['status'] !== undefined) delete object['status'];
  const strategyCtx = strategyContext(ctx, now);
  strategy.prepareForCreate?.(object, strategyCtx);
  const together = engine.hooks[facts.storage]?.beforeCreate?.(ctx, object, options.dryRun) ?? [];
  const companions = together instanceof Promise ? await together : together;

  const ownFirst = checksMetadataLast(definition);
  const checkMetadata = (): FieldError[] =>
    validateObjectMeta(object.metadata, {
      namespaced: facts.namespaced,
      validateName: ownFirst
        ? nameIsPathSegment
        : (name, prefix) => strategy.validateName?.(name, prefix) ?? nameIsDns1123Subdomain(name, prefix),
      field: 'metadata',
    });
  const errors = ownFirst ? [] : checkMetadata();
  errors.push(...checkFinalizerNames(target, object.metadata, (text) => ctx.warn(text)));
  const own = strategy.validate?.(object, strategyCtx);
  if (own !== undefined && own.length > 0) errors.push(...own);
  const onlyNew = strategy.validateCreate?.(object, strategyCtx);
  if (onlyNew !== undefined && onlyNew.length > 0) errors.push(...onlyNew);
  if (ownFirst && errors.length === 0) errors.push(...checkMetadata());
  if (errors.length > 0) throw invalid(facts.gk, object.metadata.name ?? '', errors);
  strategy.warn?.(object, undefined, strategyCtx);
  const validating = engine.admission.validate(attributes);
  if (validating !== undefined) await validating;
  strategy.warn?.(object, undefined, strategyCtx);

  const converting = strategy.beforeStorage?.(object, { cluster: ctx.cluster.name, signal: ctx.signal }) ?? object;
  const stored = converting instanceof Promise ? await converting : converting;
  const served = definition.conversion === undefined ? undefined : await convertStored(ctx, target, stored);
  const text = textToStore(definition, stored);
  const key = { ...keyOf(ctx, target), name: object.metadata.name ?? '' };
  const owners = ownerUids(object.metadata);
  const item: WriteItem = owners === undefined ? { op: 'create', key, text } : { op: 'create', key, text, owners };
  const items = companions.length === 0 ? [item] : [...companions, item];
  const write = { ctx, target, key, before: undefined, after: stored, items };
  return { object: stored, text, items, commit: () => commitPlanned(engine, write), served };
}
