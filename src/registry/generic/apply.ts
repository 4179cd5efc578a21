import { badRequest, conflict, fieldError, invalid, notFound } from '../../apimachinery/errors.ts';
import { deepCopy, type Json, type JsonObject } from '../../apimachinery/json.ts';
import { applyManaged } from '../../apimachinery/managedfields/index.ts';
import { type KubeObject, parseApiVersion } from '../../apimachinery/object.ts';
import { decodeObject } from '../../apimachinery/schema/decode.ts';
import type { PatchRequest, RequestContext, Target, WriteOptions } from '../registry.ts';
import type { Engine } from './engine.ts';
import { fieldManagerContext, withConversions } from './field-managers.ts';
import type { Attempt } from './guaranteed-write.ts';
import { checkName, claimNamespace } from './metadata.ts';
import { textField } from './object-fields.ts';
import { factsOf } from './resource-facts.ts';
import { createInstead, type UpdateAnswer } from './update.ts';
import { fromStorageVersion } from './versions.ts';

/** @throws 422 without a field manager. */
export function checkApplyManager(options: WriteOptions): void {
  if ((options.fieldManager ?? '') !== '') return;
  const missing = fieldError.required('fieldManager', 'is required for apply patch');
  throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [missing]);
}

/** @throws 400 when a configuration is of another kind or version than the URL. */
export function checkConfiguredKind(config: JsonObject, apiVersion: string, kind: string): void {
  if (config['kind'] === kind && config['apiVersion'] === apiVersion) return;
  const { group, version } = parseApiVersion(textField(config, 'apiVersion'));
  throw badRequest(`invalid object type: ${group}/${version}, Kind=${textField(config, 'kind')}`);
}

/**
 * The stored object with the configuration applied, in the target's version and with its managedFields. Changes neither.
 * @throws 409 conflicts with other managers; 400 and 500 as upstream for configurations that do not fit the type.
 */
export function applyConfiguration(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  request: PatchRequest,
  options: WriteOptions,
  live: KubeObject | undefined,
): KubeObject | Promise<KubeObject> {
  const { definition, version } = target;
  const patch = deepCopy(request.patch as JsonObject);
  const config = { ...patch, metadata: (patch['metadata'] as Json | undefined) ?? {} } as KubeObject;
  const wanted = {
    ...fieldManagerContext(target, options.fieldManager ?? '', engine.now()),
    live: live === undefined ? undefined : fromStorageVersion(definition, version, live),
    config,
    force: request.force === true,
  };
  const decoded = ({ object }: ReturnType<typeof applyManaged>): KubeObject =>
    decodeObject(object as JsonObject, version.schema).object;
  if (definition.conversion === undefined) return decoded(applyManaged(wanted));
  return withConversions(ctx, target, (convert) => applyManaged({ ...wanted, convert })).then(decoded);
}

/**
 * Apply on an absent object: the configuration is the new object.
 * @throws 404 for subresources; 409 when the configuration names a uid.
 */
export async function createByApply(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  request: PatchRequest,
  options: WriteOptions,
): Promise<Attempt<UpdateAnswer>> {
  const { gr, namespaced } = factsOf(target.definition);
  if (target.subresource !== '') throw notFound(gr, target.name);
  const object = await applyConfiguration(engine, ctx, target, request, options, undefined);
  reportDuplicates(request, options, ctx);
  const { uid = '' } = object.metadata;
  if (uid !== '')
    throw conflict(
      gr,
      target.name,
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    );
  claimNamespace(object.metadata, namespaced, target.namespace);
  checkName(object.metadata, target.name);
  return createInstead(engine, ctx, target, object, options, true);
}

/**
 * Duplicate keys of the configuration, which upstream looks at after it has been applied.
 * @throws 400 when the mode is Strict.
 */
export function reportDuplicates(request: PatchRequest, options: WriteOptions, ctx: RequestContext): void {
  if (request.strictErrors.length === 0 || options.fieldValidation === 'Ignore') return;
  const text = request.strictErrors.join(', ');
  if (options.fieldValidation === 'Strict')
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${text}`);
  for (const line of text.replace(/^yaml: unmarshal errors:\n/, '').split('\n')) ctx.warn(line.trim());
}
