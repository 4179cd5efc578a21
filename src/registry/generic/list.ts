import { badRequest, methodNotSupported } from '../../apimachinery/errors.ts';
import { type CachedObject, type ListOptions, type ListResult, RevisionCompacted } from '../../storage/object-store.ts';
import type { ListAnswer, ListRequest, Rendered, RequestContext, Target } from '../registry.ts';
import { type ContinueToken, decodeContinue, encodeContinue, expiredContinue } from './continue-token.ts';
import { convertAll } from './derived-object.ts';
import type { Engine } from './engine.ts';
import { listTooOld, validateListRequest } from './list-options.ts';
import { renderAll, renderCached } from './rendered.ts';
import { factsOf } from './resource-facts.ts';
import { parseResourceVersionParameter, uncachedStorage, withoutRetry } from './resource-version.ts';
import { type CompiledSelection, compileSelection } from './selection.ts';

/** The stored objects that a list request names, with the list's own metadata. */
export type SelectedObjects = {
  readonly items: readonly CachedObject[];
  readonly metadata: ListAnswer['metadata'];
  readonly version?: object;
};

/**
 * A page of a collection, in order of namespace and name.
 * @throws 400 bad selectors and tokens, 410 history is gone, 422 parameters that do not go together, 504 a revision that is not there yet.
 */
export async function listObjects(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  request: ListRequest,
): Promise<ListAnswer> {
  if (target.subresource !== '') throw methodNotSupported(factsOf(target.definition).gr, 'list');
  const { items, metadata, version } = await selectObjects(engine, ctx, target, request);
  if (target.definition.conversion !== undefined) return { items: await renderAll(ctx, target, items), metadata };
  const answer = new LazyAnswer(target, items, metadata);
  return version === undefined ? answer : Object.assign(answer, { version });
}

/** Objects are rendered when someone looks: a writer that knows the version's body does not. */
class LazyAnswer implements ListAnswer {
  readonly metadata: ListAnswer['metadata'];
  readonly #target: Target;
  readonly #stored: readonly CachedObject[];
  #items: readonly Rendered[] | undefined;
  constructor(target: Target, stored: readonly CachedObject[], metadata: ListAnswer['metadata']) {
    this.#target = target;
    this.#stored = stored;
    this.metadata = metadata;
  }
  get items(): readonly Rendered[] {
    this.#items ??= this.#stored.map((each) => renderCached(this.#target, each));
    return this.#items;
  }
}

/** As listObjects, before rendering. */
export async function selectObjects(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  request: ListRequest,
): Promise<SelectedObjects> {
  validateListRequest(request);
  const facts = factsOf(target.definition);
  const selection = compileSelection(target.definition, request);
  const allNamespaces = facts.namespaced && target.namespace === '';
  const token = readToken(request, allNamespaces, target.namespace);
  const { at, limit } = token === undefined ? plan(request) : { at: continueAt(token), limit: positive(request.limit) };
  if (at.mode === 'exact') await assertReached(engine, ctx, at.revision);
  const options: ListOptions = {
    cluster: ctx.cluster.name,
    resource: facts.storage,
    at,
    signal: ctx.signal,
    ...(target.namespace === '' ? {} : { namespace: target.namespace }),
    ...(limit === undefined ? {} : { limit }),
    ...(token === undefined ? {} : { after: { namespace: token.namespace, name: token.name } }),
    ...(selection === undefined ? {} : { filter: selection.matches }),
  };
  if (selection?.looksInside === true && target.definition.conversion !== undefined)
    return selectConverted(engine, ctx, target, options, selection);
  let result: ListResult;
  try {
    result = await engine.store.list(options);
  } catch (error) {
    if (!(error instanceof RevisionCompacted)) throw withoutRetry(error, facts.storage);
    throw token === undefined ? listTooOld() : expiredContinue(token, allNamespaces);
  }
  const isFirst = at.mode !== 'exact' && token === undefined && facts.storage !== uncachedStorage;
  return {
    items: result.items,
    metadata: listMetadata(result, allNamespaces, selection, isFirst),
    ...(result.version === undefined ? {} : { version: result.version }),
  };
}

/** What a selection finds in the target's version, where conversion takes a wait. There are no pages then. */
async function selectConverted(
  engine: Engine,
  ctx: RequestContext,
  { definition, version }: Target,
  { limit: _limit, filter: _filter, ...all }: ListOptions,
  selection: CompiledSelection,
): Promise<SelectedObjects> {
  const { items, revision } = await engine.store.list(all);
  const converted = await convertAll(ctx, definition, version, items);
  const found = items.filter((item, i) => selection.matches(converted[i] ?? item));
  return { items: found, metadata: { resourceVersion: String(revision) } };
}

function listMetadata(
  result: ListResult,
  allNamespaces: boolean,
  selection: CompiledSelection | undefined,
  first: boolean,
): ListAnswer['metadata'] {
  const resourceVersion = String(result.revision);
  const last = result.items[result.items.length - 1];
  if (!result.more || last === undefined) return { resourceVersion };
  const { namespace, name } = last.key;
  const next = encodeContinue({ revision: result.revision, namespace, name }, allNamespaces, first);
  return selection === undefined && result.remaining !== undefined
    ? { resourceVersion, continue: next, remainingItemCount: result.remaining }
    : { resourceVersion, continue: next };
}

function readToken(request: ListRequest, allNamespaces: boolean, namespace: string): ContinueToken | undefined {
  if (request.continue === undefined || request.continue === '') return undefined;
  const token = decodeContinue(request.continue, allNamespaces, namespace);
  const revision = request.resourceVersion ?? '';
  if (revision !== '' && revision !== '0')
    throw badRequest('specifying resource version is not allowed when using continue');
  return token;
}

function continueAt(token: ContinueToken): ListOptions['at'] {
  return token.revision < 0 ? { mode: 'fresh' } : { mode: 'exact', revision: token.revision };
}

function positive(limit: number | undefined): number | undefined {
  return limit !== undefined && limit > 0 ? limit : undefined;
}

/** Which state a first page shows. At resourceVersion 0 stock's cache ignores the limit, and reflectors rely on one request. */
function plan(request: ListRequest): { at: ListOptions['at']; limit: number | undefined } {
  const limit = positive(request.limit);
  const asked = request.resourceVersion ?? '';
  if (asked === '') return { at: { mode: 'fresh' }, limit };
  if (asked === '0') return { at: { mode: 'any' }, limit: undefined };
  const revision = parseResourceVersionParameter(asked, 'invalid resource version: ');
  const match = request.resourceVersionMatch ?? '';
  const exact = match === 'Exact' || (match === '' && limit !== undefined);
  return { at: { mode: exact ? 'exact' : 'notOlderThan', revision }, limit };
}

/** Nobody has seen a revision that is not there yet: stock answers 500 with etcd's words. */
async function assertReached(engine: Engine, ctx: RequestContext, revision: number): Promise<void> {
  const { shard } = ctx.cluster;
  if (revision <= engine.store.revision(shard)) return;
  const current = await engine.store.fresh(shard);
  if (revision > current) throw badRequest('etcdserver: mvcc: required revision is a future revision');
}
