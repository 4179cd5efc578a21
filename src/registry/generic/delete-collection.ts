import { ApiError, methodNotSupported } from '../../apimachinery/errors.ts';
import type { CachedObject } from '../../storage/object-store.ts';
import type { DeleteOptions, ListAnswer, ListRequest, RequestContext, Target } from '../registry.ts';
import { deleteObject } from './delete.ts';
import { warnOfDeletion } from './delete-options.ts';
import type { Engine } from './engine.ts';
import { selectObjects } from './list.ts';
import { renderAll } from './rendered.ts';
import { factsOf } from './resource-facts.ts';

/** Deletes that wait for storage at the same time; group commit turns them into few transactions. */
const concurrency = 64;

/**
 * DELETE on a collection: each selected object as DELETE would. Gives the objects as they were listed; objects that are gone already are left out
 * of the work, not of the answer.
 * @throws the first error that is not 404; what was deleted before it stays deleted.
 */
export async function deleteCollection(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  request: ListRequest,
  options: DeleteOptions,
): Promise<ListAnswer> {
  if (target.subresource !== '') throw methodNotSupported(factsOf(target.definition).gr, 'deletecollection');
  warnOfDeletion(ctx, target, options);
  const { items, metadata } = await selectObjects(engine, ctx, target, asPage(request));
  const rendered = await renderAll(ctx, target, items);
  const queue = items.values();
  let failed = false;
  const work = async (): Promise<void> => {
    for (const item of queue) {
      if (failed) return;
      try {
        await deleteOne(engine, ctx, target, item, options);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work));
  return { items: rendered, metadata };
}

/** Stock lists in pages, which makes a revision that is named an exact one. */
function asPage(request: ListRequest): ListRequest {
  const isExact = (request.resourceVersion ?? '') !== '' && request.limit === undefined;
  return isExact ? { ...request, limit: Number.MAX_SAFE_INTEGER } : request;
}

async function deleteOne(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  item: CachedObject,
  options: DeleteOptions,
): Promise<void> {
  ctx.signal.throwIfAborted();
  try {
    await deleteObject(engine, ctx, { ...target, namespace: item.key.namespace, name: item.key.name }, options, true);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 404) throw error;
  }
}
