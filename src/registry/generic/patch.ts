import { methodNotSupported, notFound } from '../../apimachinery/errors.ts';
import { deepCopy, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { applyJsonPatch } from '../../apimachinery/patch/json-patch.ts';
import { applyMergePatch } from '../../apimachinery/patch/merge-patch.ts';
import type { PatchAnswer, PatchRequest, RequestContext, Target, WriteOptions } from '../registry.ts';
import { checkRevision, prepareChangedObject } from './changed-object.ts';
import { type Engine, keyOf } from './engine.ts';
import { guaranteedWrite } from './guaranteed-write.ts';
import { checkName } from './metadata.ts';
import { factsOf } from './resource-facts.ts';
import { asAttempt } from './update.ts';
import { fromStorageVersion } from './versions.ts';

/** PATCH over the stored object in the request's version. */
export async function patchObject(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  request: PatchRequest,
  options: WriteOptions,
): Promise<PatchAnswer> {
  const { gr } = factsOf(target.definition);
  if (target.subresource !== '' && target.subresource !== 'status') throw methodNotSupported(gr, 'patch');
  return guaranteedWrite(engine.store, keyOf(ctx, target), gr, async (current) => {
    if (current === undefined) throw notFound(gr, target.name);
    const base = deepCopy(fromStorageVersion(target.definition, target.version, current.object) as Json);
    const patched = (request.type === 'json'
      ? applyJsonPatch(base, request.patch as readonly JsonObject[])
      : applyMergePatch(base, request.patch as JsonObject)) as unknown as KubeObject;
    checkName(patched.metadata, target.name);
    checkRevision(target, patched, current);
    const changed = await prepareChangedObject(engine, ctx, target, patched, current, options, false);
    return asAttempt(target, changed, current, options);
  });
}
