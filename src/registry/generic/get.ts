import { methodNotSupported, notFound, tooLargeResourceVersion } from '../../apimachinery/errors.ts';
import type { GetOptions, Rendered, RequestContext, Target } from '../registry.ts';
import { type Engine, keyOf } from './engine.ts';
import { renderServed } from './rendered.ts';
import { parseResourceVersionParameter, uncachedStorage } from './resource-version.ts';
import { factsOf, isViewOfObject } from './resource-facts.ts';

/**
 * One object. resourceVersion unset: the newest; 0: whatever is at hand; N: not older than N.
 * @throws 404; 504 when revision N does not exist yet.
 */
export async function getObject(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  options: GetOptions,
): Promise<Rendered> {
  const { gr } = factsOf(target.definition);
  if (!isViewOfObject(target)) throw methodNotSupported(gr, 'get');
  const key = keyOf(ctx, target);
  const asked = options.resourceVersion ?? '';
  let found: Awaited<ReturnType<Engine['store']['get']>>;
  if (asked === '') found = await engine.store.get(key);
  else if (asked === '0') found = await engine.store.getAny(key);
  else {
    const wanted = parseResourceVersionParameter(asked);
    found = await engine.store.get(key);
    if (wanted > engine.store.revision(ctx.cluster.shard)) {
      const current = await engine.store.fresh(ctx.cluster.shard);
      if (wanted > current) throw tooLargeResourceVersion(wanted, current, key.resource === uncachedStorage ? 0 : 1);
      found = await engine.store.get(key);
    }
  }
  if (found === undefined) throw notFound(gr, target.name);
  return renderServed(ctx, target, found);
}
