import { builtinSchema } from '../../api/builtin-types.ts';
import type { ScaleSubresource } from '../../api/resource-definition.ts';
import { badRequest, fieldError, invalid, methodNotSupported, notFound } from '../../apimachinery/errors.ts';
import { deepCopy, isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import { type KubeObject, parseApiVersion } from '../../apimachinery/object.ts';
import type { CachedObject } from '../../storage/object-store.ts';
import { applyConfiguration, checkApplyRequest } from '../generic/apply.ts';
import { checkRevision, checkUid, prepareChangedObject } from '../generic/changed-object.ts';
import { type Engine, keyOf, type RestStorage, type RestStorageFactory } from '../generic/engine.ts';
import { type Attempt, guaranteedWrite } from '../generic/guaranteed-write.ts';
import { checkName } from '../generic/metadata.ts';
import { structField, textField } from '../generic/object-fields.ts';
import { patchDocument } from '../generic/patch-document.ts';
import { renderObject } from '../generic/rendered.ts';
import { apiVersionOf, factsOf } from '../generic/resource-facts.ts';
import { asAttempt, type UpdateAnswer } from '../generic/update.ts';
import { fromStorageVersion } from '../generic/versions.ts';
import type { PatchRequest, RequestContext, Target, WriteOptions } from '../registry.ts';

const scaleKind = { group: 'autoscaling', kind: 'Scale' };
const scaleApiVersion = 'autoscaling/v1';

/** The scale subresource of every resource that declares one: an autoscaling/v1 Scale as another view of the object. */
export const scaleStorage: RestStorageFactory = (engine) => new ScaleStorage(engine);

class ScaleStorage implements RestStorage {
  readonly #engine: Engine;
  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async get(ctx: RequestContext, target: Target): ReturnType<NonNullable<RestStorage['get']>> {
    const current = await this.#engine.store.get(keyOf(ctx, target));
    if (current === undefined) throw notFound(factsOf(target.definition).gr, target.name);
    return renderObject(viewOf(target, current.object));
  }

  /** PUT of a Scale: sets the replicas. */
  async update(
    ctx: RequestContext,
    target: Target,
    sent: KubeObject,
    options: WriteOptions,
  ): ReturnType<NonNullable<RestStorage['update']>> {
    checkName(sent.metadata, target.name);
    return this.#write(ctx, target, async (current) => {
      checkUid(target, sent.metadata.uid, current.object.metadata.uid ?? '');
      return this.#scale(ctx, target, sent, current, options);
    });
  }

  async patch(
    ctx: RequestContext,
    target: Target,
    request: PatchRequest,
    options: WriteOptions,
  ): ReturnType<NonNullable<RestStorage['patch']>> {
    if (request.type === 'apply') return this.#apply(ctx, target, request, options);
    const validation = { mode: options.fieldValidation, warn: (text: string) => ctx.warn(text) };
    const schema = builtinSchema('io.k8s.api.autoscaling.v1.Scale');
    return this.#write(ctx, target, async (current) => {
      const patched = patchDocument(viewOf(target, current.object), schema, request, validation);
      checkName(patched.metadata, target.name);
      return this.#scale(ctx, target, patched, current, options);
    });
  }

  /** Applied to the object itself: whoever owns `.spec.replicas` there is asked. */
  async #apply(
    ctx: RequestContext,
    target: Target,
    request: PatchRequest,
    options: WriteOptions,
  ): Promise<UpdateAnswer> {
    const config = request.patch as JsonObject;
    const { group, version: sentVersion } = parseApiVersion(textField(config, 'apiVersion'));
    if (textField(config, 'kind') !== scaleKind.kind || config['apiVersion'] !== scaleApiVersion)
      throw badRequest(`invalid object type: ${group}/${sentVersion}, Kind=${textField(config, 'kind')}`);
    const { definition, version } = target;
    const replicas = isObject(config['spec']) ? config['spec']['replicas'] : undefined;
    const whole: JsonObject = {
      apiVersion: apiVersionOf(definition, version),
      kind: definition.kind,
      metadata: { name: target.name, ...(target.namespace === '' ? {} : { namespace: target.namespace }) },
    };
    if (replicas !== undefined) setPath(whole, scaleOf(target).specReplicasPath, checkReplicas(target, replicas));
    const translated = { ...request, patch: whole };
    checkApplyRequest(target, translated, options);
    return this.#write(ctx, target, async (current) => {
      const applied = applyConfiguration(this.#engine, target, translated, options, current.object);
      const changed = await prepareChangedObject(this.#engine, ctx, target, applied, current, options, true);
      return asAttempt(target, changed, current, options);
    });
  }

  async #scale(
    ctx: RequestContext,
    target: Target,
    scale: KubeObject,
    current: CachedObject,
    options: WriteOptions,
  ): Promise<Attempt<UpdateAnswer>> {
    if ((scale.metadata.resourceVersion ?? '') !== '') checkRevision(target, scale, current);
    const replicas = checkReplicas(target, structField(scale, 'spec')?.['replicas'] ?? 0);
    const stored = fromStorageVersion(target.definition, target.version, current.object);
    const object = deepCopy(stored as Json) as KubeObject;
    setPath(object as JsonObject, scaleOf(target).specReplicasPath, replicas);
    const changed = await prepareChangedObject(this.#engine, ctx, target, object, current, options, false);
    return asAttempt(target, changed, current, options);
  }

  /** Runs the change and shows its result as a Scale. */
  async #write(
    ctx: RequestContext,
    target: Target,
    change: (current: CachedObject) => Promise<Attempt<UpdateAnswer>>,
  ): Promise<UpdateAnswer> {
    const { gr } = factsOf(target.definition);
    scaleOf(target);
    const { object } = await guaranteedWrite(this.#engine.store, keyOf(ctx, target), gr, async (current) => {
      if (current === undefined) throw notFound(gr, target.name);
      return change(current);
    });
    return { object: renderObject(viewOf(target, object.object())), created: false };
  }
}

/** @throws 405 when the resource declares no scale. */
function scaleOf(target: Target): ScaleSubresource {
  const { scale } = target.definition;
  if (scale === undefined) throw methodNotSupported(factsOf(target.definition).gr, 'scale');
  return scale;
}

/** @throws 422 unless it is a number of replicas. */
function checkReplicas(target: Target, replicas: Json): number {
  if (typeof replicas === 'number' && Number.isInteger(replicas) && replicas >= 0) return replicas;
  throw invalid(scaleKind, target.name, [
    fieldError.invalid('spec.replicas', replicas, 'must be greater than or equal to 0'),
  ]);
}

function viewOf(target: Target, object: KubeObject): KubeObject {
  const scale = scaleOf(target);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const wanted = getPath(object as JsonObject, scale.specReplicasPath);
  const actual = getPath(object as JsonObject, scale.statusReplicasPath);
  const selector = scale.selector(object);
  return {
    kind: scaleKind.kind,
    apiVersion: scaleApiVersion,
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: typeof wanted === 'number' && wanted !== 0 ? { replicas: wanted } : {},
    status: { replicas: typeof actual === 'number' ? actual : 0, ...(selector === '' ? {} : { selector }) },
  };
}

function getPath(object: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = object;
  for (const field of path) value = isObject(value) && Object.hasOwn(value, field) ? value[field] : undefined;
  return value;
}

function setPath(object: JsonObject, path: readonly string[], value: Json): void {
  let parent = object;
  for (const field of path.slice(0, -1)) {
    const next = parent[field];
    if (isObject(next)) parent = next;
    else {
      const made: JsonObject = {};
      parent[field] = made;
      parent = made;
    }
  }
  const last = path[path.length - 1];
  if (last !== undefined) parent[last] = value;
}
