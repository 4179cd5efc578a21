import { methodNotSupported, notFound } from '../../apimachinery/errors.ts';
import { deepCopy, type Json } from '../../apimachinery/json.ts';
import { formatTime, type KubeObject, type ObjectMeta } from '../../apimachinery/object.ts';
import type { CachedObject } from '../../storage/object-store.ts';
import { storedText } from '../../storage/serialized-object.ts';
import type { DeleteAnswer, DeleteOptions, Rendered, RequestContext, Target } from '../registry.ts';
import { checkPreconditions, deletionFinalizers, validateDeleteOptions, warnOfDeletion } from './delete-options.ts';
import { commitPlanned } from './commit-planned.ts';
import { type Engine, keyOf } from './engine.ts';
import { type Attempt, guaranteedWrite } from './guaranteed-write.ts';
import { isHeld, type ResourceHooks } from './hooks.ts';
import { ownerUids } from './metadata.ts';
import { convertStored } from './derived-object.ts';
import { renderCached, renderServed, renderWritten } from './rendered.ts';
import { factsOf } from './resource-facts.ts';

/**
 * DELETE: removes the object, or marks it when finalizers, a grace period or the kind hold it (rest.BeforeDelete and Store.Delete of upstream).
 * @throws 404; 409 preconditions; 422 options; what admission throws.
 */
export async function deleteObject(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  options: DeleteOptions,
  inCollection = false,
): Promise<DeleteAnswer> {
  const { gr, storage } = factsOf(target.definition);
  if (target.subresource !== '') throw methodNotSupported(gr, 'delete');
  validateDeleteOptions(options);
  warnOfDeletion(ctx, target, options);
  const hooks = engine.hooks[storage] ?? {};
  const key = keyOf(ctx, target);
  const answer = await guaranteedWrite(engine.store, key, gr, async (current) => {
    if (current === undefined) throw notFound(gr, target.name);
    checkPreconditions(target, options, current);
    await admitDeletion(engine, ctx, target, current, options, inCollection);
    return planDeletion(engine, ctx, target, hooks, current, options);
  });
  if (answer.done !== 'marked') return answer;
  const { uid, object } = answer;
  return guaranteedWrite<DeleteAnswer>(engine.store, key, gr, async (current) => {
    const isThere = current !== undefined && current.object.metadata.uid === uid && isReleased(current.object.metadata);
    if (!isThere) return { answer: { done: true, object, uid } };
    return remove(engine, ctx, target, hooks, current, options);
  });
}

/** Kinds with a grace period show their watchers that it is over before they go: between the two writes an object is `marked`. */
type Step = DeleteAnswer | { readonly done: 'marked'; readonly uid: string; readonly object: Rendered };

/** Nothing but finalizers keeps an object whose grace period is over. */
function isReleased(meta: ObjectMeta): boolean {
  return meta.deletionTimestamp !== undefined && meta.deletionGracePeriodSeconds === 0;
}

async function admitDeletion(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  current: CachedObject,
  options: DeleteOptions,
  inCollection: boolean,
): Promise<void> {
  const attributes = {
    ctx,
    target,
    operation: 'DELETE' as const,
    name: inCollection ? '' : target.name,
    object: undefined,
    oldObject: current.object,
    dryRun: options.dryRun,
    options,
  };
  await engine.admission.admit(attributes);
  await engine.admission.validate(attributes);
}

async function planDeletion(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  hooks: ResourceHooks,
  current: CachedObject,
  options: DeleteOptions,
): Promise<Attempt<Step>> {
  const { definition } = target;
  const meta = current.object.metadata;
  const finalizers = meta.finalizers ?? [];
  const grace = hooks.gracePeriodSeconds?.(current.object, options) ?? 0;
  const waiting = isWaiting(meta) && grace >= (meta.deletionGracePeriodSeconds ?? 0);
  if (waiting) return { answer: { done: false, object: await renderServed(ctx, target, current) } };
  // What the kind itself holds (a namespace) is past changes of mind.
  if (meta.deletionTimestamp !== undefined && hooks.blocksRemoval?.(current.object) === true)
    return { answer: { done: false, object: await renderServed(ctx, target, current) } };
  const wanted = deletionFinalizers(target, options, finalizers);
  const goes = grace === 0 && !isHeld(hooks, wanted, current.object);
  if (goes && (hooks.gracePeriodSeconds === undefined || isReleased(meta)))
    return remove(engine, ctx, target, hooks, current, options);

  const object = deepCopy(current.object as Json) as KubeObject;
  if (wanted.length === 0) delete object.metadata.finalizers;
  else object.metadata.finalizers = wanted;
  if (hooks.deletesWithoutGrace === true) object.metadata.deletionTimestamp ??= formatTime(engine.now());
  else markDeleting(object.metadata, grace, engine.now());
  hooks.beginDeletion?.(object);
  const text = storedText(object);
  if (text === current.text && !goes)
    return { answer: { done: false, object: await renderServed(ctx, target, current) } };
  const served = definition.conversion === undefined ? undefined : await convertStored(ctx, target, object);
  const written = (revision: number) => renderWritten(target, object, text, revision, served);
  const uid = meta.uid ?? '';
  const step = (revision: number): Step => {
    const rendered = written(revision);
    if (!goes) return { done: false, object: rendered };
    return options.dryRun ? { done: true, object: rendered, uid } : { done: 'marked', object: rendered, uid };
  };
  if (options.dryRun) return { answer: step(current.revision) };
  const owners = ownerUids(object.metadata);
  const key = keyOf(ctx, target);
  const item = { op: 'update' as const, key, expected: current.revision, text, before: current };
  const items = [owners === undefined ? item : { ...item, owners }];
  return {
    items,
    commit: () => commitPlanned(engine, { ctx, target, key, before: current.object, after: object, items }),
    finish: step,
  };
}

/** Being deleted gracefully: only a shorter grace period changes anything. */
function isWaiting(meta: ObjectMeta): boolean {
  return meta.deletionTimestamp !== undefined && (meta.deletionGracePeriodSeconds ?? 0) > 0;
}

function markDeleting(meta: ObjectMeta, grace: number, now: Date): void {
  if (meta.deletionTimestamp === undefined && (meta.generation ?? 0) > 0) meta.generation = (meta.generation ?? 0) + 1;
  // A shorter grace period counts from when the first began.
  const began =
    meta.deletionTimestamp === undefined
      ? now.getTime()
      : Date.parse(meta.deletionTimestamp) - (meta.deletionGracePeriodSeconds ?? 0) * 1000;
  meta.deletionTimestamp = formatTime(new Date(began + grace * 1000));
  meta.deletionGracePeriodSeconds = grace;
}

async function remove(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  hooks: ResourceHooks,
  current: CachedObject,
  options: DeleteOptions,
): Promise<Attempt<DeleteAnswer>> {
  const uid = current.object.metadata.uid ?? '';
  if (options.dryRun) return { answer: { done: true, object: renderCached(target, current), uid } };
  const { text } = current;
  const key = keyOf(ctx, target);
  const item = { op: 'delete' as const, key, expected: current.revision, text, before: current };
  const together = (await hooks.beforeRemove?.(current)) ?? [];
  const items = together.length === 0 ? [item] : [...together, item];
  return {
    items,
    commit: () => commitPlanned(engine, { ctx, target, key, before: current.object, after: undefined, items }),
    finish: (revision) => ({
      done: true,
      object: renderWritten(target, { ...current.object, metadata: { ...current.object.metadata } }, text, revision),
      uid,
    }),
  };
}
