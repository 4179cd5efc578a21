import { alreadyExists, ApiError, methodNotSupported, serviceUnavailable } from '../../apimachinery/errors.ts';
import { deepCopy, type Json } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { Rendered, RequestContext, Target, WriteOptions } from '../registry.ts';
import { isOutdated } from './commit-planned.ts';
import { clusterGone, type Engine } from './engine.ts';
import { decisive } from './guaranteed-write.ts';
import { companionFailed, refusalOf } from './hooks.ts';
import { prepareNewObject } from './new-object.ts';
import { renderWritten } from './rendered.ts';
import { factsOf } from './resource-facts.ts';

/** How often a name from generateName is drawn anew when it is taken (upstream's RetryGenerateName). */
const maxNameTries = 8;

/**
 * POST: stores a new object.
 * @throws 409 AlreadyExists; 500 without a reason, as stock, when the object carries a resourceVersion; what prepareNewObject throws.
 */
export async function createObject(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  object: KubeObject,
  options: WriteOptions,
): Promise<Rendered> {
  if (target.subresource !== '') throw methodNotSupported(factsOf(target.definition).gr, 'create');
  const meta = object.metadata;
  const sentRevision = meta.resourceVersion ?? '';
  const choosesAnew = engine.hooks[factsOf(target.definition).storage]?.choosesAnew === true;
  const generates = (meta.name ?? '') === '' && (meta.generateName ?? '') !== '';
  if (!generates && !choosesAnew)
    return (await tryCreate(engine, ctx, target, object, options, sentRevision, false)) as Rendered;
  for (let tries = 1; tries < maxNameTries; tries++) {
    const copy = deepCopy(object as Json) as KubeObject;
    const created = await tryCreate(engine, ctx, target, copy, options, sentRevision, generates);
    if (created !== undefined) return created;
  }
  const created = await tryCreate(engine, ctx, target, object, options, sentRevision, generates);
  if (created !== undefined) return created;
  if (!generates) throw serviceUnavailable('too many writes at once, try again');
  throw noUniqueName(target, object.metadata.name ?? '');
}

/** Undefined: the generated name is taken, or what was chosen to come along with the object. */
async function tryCreate(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  sent: KubeObject,
  options: WriteOptions,
  sentRevision: string,
  mayDrawAgain: boolean,
): Promise<Rendered | undefined> {
  const { object, text, items, commit, served } = await prepareNewObject(engine, ctx, target, sent, options, false);
  const choosesAnew = engine.hooks[factsOf(target.definition).storage]?.choosesAnew === true;
  // A dry run never reaches the storage that refuses this; what is no number is no revision there.
  if (/^0*[1-9]\d*$/.test(sentRevision) && !options.dryRun)
    throw new ApiError(500, '', 'resourceVersion should not be set on objects to be created');
  const { gr } = factsOf(target.definition);
  const name = object.metadata.name ?? '';
  if (options.dryRun) {
    const item = items[items.length - 1];
    const taken = item?.op === 'create' && (await engine.store.get(item.key)) !== undefined;
    // Nothing has given it a revision; one that was sent is shown as it came.
    if (!taken) return renderWritten(target, object, text, Number(sentRevision), served);
  } else {
    let outcomes = await commit();
    while (isOutdated(outcomes)) outcomes = await commit();
    const outcome = decisive(outcomes);
    if (outcome.ok) return renderWritten(target, object, text, outcome.revision, served);
    if (outcome.why === 'noCluster') throw clusterGone();
    const refusal = refusalOf(items, outcomes);
    if (refusal !== undefined) throw refusal;
    if (choosesAnew && companionFailed(outcomes)) return undefined;
  }
  if (mayDrawAgain) return undefined;
  throw alreadyExists(gr, name);
}

function noUniqueName(target: Target, name: string): ApiError {
  const plain = alreadyExists(factsOf(target.definition).gr, name);
  return new ApiError(
    plain.code,
    plain.reason,
    `${plain.message}, the server was not able to generate a unique name for the object`,
    { details: { ...plain.details, retryAfterSeconds: 1 } },
  );
}
