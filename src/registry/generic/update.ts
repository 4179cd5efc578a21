import { methodNotSupported, notFound } from '../../apimachinery/errors.ts';
import { deepCopy, type Json } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { CachedObject } from '../../storage/object-store.ts';
import type { Rendered, RequestContext, Target, WriteOptions } from '../registry.ts';
import { type ChangedObject, checkRevision, checkUid, prepareChangedObject } from './changed-object.ts';
import { type Engine, keyOf } from './engine.ts';
import { type Attempt, guaranteedWrite } from './guaranteed-write.ts';
import { checkName } from './metadata.ts';
import { prepareNewObject } from './new-object.ts';
import { renderCached, renderWritten } from './rendered.ts';
import { factsOf, isViewOfObject } from './resource-facts.ts';

export type UpdateAnswer = { readonly object: Rendered; readonly created: boolean };

/**
 * PUT, also of /status. With a resourceVersion it is a compare-and-set; without one it is tried again when another write comes between.
 * @throws 404 unless the kind may be created by PUT; 409 conflicts; what prepareChangedObject throws.
 */
export async function updateObject(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  sent: KubeObject,
  options: WriteOptions,
): Promise<UpdateAnswer> {
  const { gr } = factsOf(target.definition);
  if (!isViewOfObject(target)) throw methodNotSupported(gr, 'update');
  checkName(sent.metadata, target.name);
  const { uid } = sent.metadata;
  const isConditional = (sent.metadata.resourceVersion ?? '') !== '';
  return guaranteedWrite(engine.store, keyOf(ctx, target), gr, async (current) => {
    checkUid(target, uid, current?.object.metadata.uid ?? '');
    if (current === undefined) {
      if (target.definition.strategy.allowCreateOnUpdate !== true || target.subresource !== '')
        throw notFound(gr, target.name);
      return createInstead(engine, ctx, target, deepCopy(sent as Json) as KubeObject, options, false);
    }
    checkRevision(target, sent, current);
    // Only an unconditional update can be tried twice: another one fails the check above when it comes again.
    const own = isConditional ? sent : (deepCopy(sent as Json) as KubeObject);
    const changed = await prepareChangedObject(engine, ctx, target, own, current, options, false);
    return asAttempt(target, changed, current, options);
  });
}

/** A PUT or apply of an absent object: the same as a create. */
export async function createInstead(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  sent: KubeObject,
  options: WriteOptions,
  tracked: boolean,
): Promise<Attempt<UpdateAnswer>> {
  const { object, text, items, commit, served } = await prepareNewObject(engine, ctx, target, sent, options, tracked);
  const written = (revision: number) => renderWritten(target, object, text, revision, served);
  if (options.dryRun) return { answer: { object: written(0), created: true } };
  return { items, commit, finish: (revision) => ({ object: written(revision), created: true }) };
}

/** What to commit for a change, and what to answer then. */
export function asAttempt(
  target: Target,
  changed: ChangedObject,
  current: CachedObject,
  options: WriteOptions,
): Attempt<UpdateAnswer> {
  if (changed.kind === 'same')
    return { answer: { object: renderCached(target, current, changed.served), created: false } };
  const { object, text, served } = changed;
  const written = (revision: number) => renderWritten(target, object, text, revision, served);
  if (options.dryRun) return { answer: { object: written(current.revision), created: false } };
  return {
    items: changed.items,
    commit: changed.commit,
    // What is removed is shown as it last was: its removal is no revision of it.
    finish: (revision) => ({
      object: written(changed.kind === 'write' ? revision : current.revision),
      created: false,
    }),
  };
}
