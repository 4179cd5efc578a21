import { methodNotSupported, notFound } from '../../apimachinery/errors.ts';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { CachedObject } from '../../storage/object-store.ts';
import type { PatchAnswer, PatchRequest, RequestContext, Target, WriteOptions } from '../registry.ts';
import {
  applyConfiguration,
  checkApplyManager,
  checkConfiguredKind,
  createByApply,
  reportDuplicates,
} from './apply.ts';
import { checkRevision, prepareChangedObject } from './changed-object.ts';
import { currentView } from './derived-object.ts';
import { type Engine, keyOf } from './engine.ts';
import { type Attempt, guaranteedWrite } from './guaranteed-write.ts';
import { checkName, claimNamespace } from './metadata.ts';
import { patchDocument } from './patch-document.ts';
import { apiVersionOf, factsOf, isViewOfObject } from './resource-facts.ts';
import { asAttempt } from './update.ts';
import { fromStorageVersion } from './versions.ts';

/**
 * PATCH, also of /status, in the request's version. A patch that names a resourceVersion is a compare-and-set; every other one is applied again when
 * another write comes between. Server-side apply creates what is absent.
 * @throws 404; 409 conflicts; 422 what the patch makes is invalid; what the patch and prepareChangedObject throw.
 */
export async function patchObject(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  request: PatchRequest,
  options: WriteOptions,
): Promise<PatchAnswer> {
  const { gr } = factsOf(target.definition);
  if (!isViewOfObject(target)) throw methodNotSupported(gr, 'patch');
  const key = keyOf(ctx, target);
  if (request.type === 'apply') {
    checkApplyManager(options);
    checkConfiguredKind(
      request.patch as JsonObject,
      apiVersionOf(target.definition, target.version),
      target.definition.kind,
    );
    return guaranteedWrite(engine.store, key, gr, (current) =>
      current === undefined
        ? createByApply(engine, ctx, target, request, options)
        : applyTo(engine, ctx, target, request, options, current),
    );
  }
  const validation = { mode: options.fieldValidation, warn: (text: string) => ctx.warn(text) };
  return guaranteedWrite(engine.store, key, gr, async (current) => {
    if (current === undefined) throw notFound(gr, target.name);
    const { definition, version } = target;
    const stored = definition.conversion === undefined ? current.object : await currentView(ctx, target, current);
    const base = fromStorageVersion(definition, version, stored);
    const patched = patchDocument(base, target.version.schema, request, validation);
    claimNamespace(patched.metadata, factsOf(target.definition).namespaced, target.namespace);
    checkName(patched.metadata, target.name);
    checkRevision(target, patched, current);
    const changed = await prepareChangedObject(engine, ctx, target, patched, current, options, false);
    return asAttempt(target, changed, current, options);
  });
}

async function applyTo(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  request: PatchRequest,
  options: WriteOptions,
  current: CachedObject,
): Promise<Attempt<PatchAnswer>> {
  const live = await currentView(ctx, target, current);
  const applied = await applyConfiguration(engine, ctx, target, request, options, live);
  reportDuplicates(request, options, ctx);
  claimNamespace(applied.metadata, factsOf(target.definition).namespaced, target.namespace);
  checkName(applied.metadata, target.name);
  checkRevision(target, applied, current);
  const changed = await prepareChangedObject(engine, ctx, target, applied, current, options, true);
  return asAttempt(target, changed, current, options);
}
