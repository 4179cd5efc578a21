import { builtinSchema } from '../../api/builtin-types.ts';
import { isCustom, type ResourceDefinition, type ScaleSubresource } from '../../api/resource-definition.ts';
import { fieldError, invalid, methodNotSupported, notFound } from '../../apimachinery/errors.ts';
import { deepCopy, isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import {
  applyManaged,
  type FieldManagerContext,
  parentManagedFields,
  type ReplicasPaths,
  scaleManagedFields,
  trackUpdate,
} from '../../apimachinery/managedfields/index.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { AdmissionAttributes } from '../admission.ts';
import { checkApplyManager, checkConfiguredKind } from '../generic/apply.ts';
import { checkRevision, checkUid, prepareChangedObject } from '../generic/changed-object.ts';
import { currentView } from '../generic/derived-object.ts';
import { type Engine, keyOf, type RestStorage, type RestStorageFactory } from '../generic/engine.ts';
import { guaranteedWrite } from '../generic/guaranteed-write.ts';
import { checkName } from '../generic/metadata.ts';
import { structField } from '../generic/object-fields.ts';
import { patchDocument } from '../generic/patch-document.ts';
import { renderObject } from '../generic/rendered.ts';
import { apiVersionOf, factsOf } from '../generic/resource-facts.ts';
import { asAttempt, type UpdateAnswer } from '../generic/update.ts';
import { fromStorageVersion } from '../generic/versions.ts';
import type { PatchRequest, RequestContext, Target, WriteOptions } from '../registry.ts';

const scaleKind = { group: 'autoscaling', kind: 'Scale' };
const scaleApiVersion = 'autoscaling/v1';
const scaleSchema = 'io.k8s.api.autoscaling.v1.Scale';

/** The scale subresource of every resource that declares one: an autoscaling/v1 Scale as another view of the object. */
export const scaleStorage: RestStorageFactory = (engine) => new ScaleStorage(engine);

/** Makes the Scale that a request wants of the present one. Both carry the managedFields of a Scale. */
type ScaleChange = (scale: KubeObject) => KubeObject;

class ScaleStorage implements RestStorage {
  readonly #engine: Engine;
  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async get(ctx: RequestContext, target: Target): ReturnType<NonNullable<RestStorage['get']>> {
    const current = await this.#engine.store.get(keyOf(ctx, target));
    if (current === undefined) throw notFound(factsOf(target.definition).gr, target.name);
    const { conversion } = target.definition;
    return renderObject(
      viewOf(target, conversion === undefined ? current.object : await currentView(ctx, target, current)),
    );
  }

  /** PUT of a Scale: sets the replicas. */
  update(ctx: RequestContext, target: Target, sent: KubeObject, options: WriteOptions): Promise<UpdateAnswer> {
    checkName(sent.metadata, target.name);
    return this.#write(ctx, target, options, (scale) => this.#tracked(ctx, scale, sent, options));
  }

  async patch(
    ctx: RequestContext,
    target: Target,
    request: PatchRequest,
    options: WriteOptions,
  ): ReturnType<NonNullable<RestStorage['patch']>> {
    if (request.type === 'apply') return this.#apply(ctx, target, request, options);
    const validation = { mode: options.fieldValidation, warn: (text: string) => ctx.warn(text) };
    return this.#write(ctx, target, options, (scale) => {
      const patched = patchDocument(scale, builtinSchema(scaleSchema), request, validation);
      checkName(patched.metadata, target.name);
      return this.#tracked(ctx, scale, patched, options);
    });
  }

  /** Applied to the Scale, whose replicas belong to whoever owns those of the object. */
  #apply(ctx: RequestContext, target: Target, request: PatchRequest, options: WriteOptions): Promise<UpdateAnswer> {
    checkApplyManager(options);
    const config = request.patch as JsonObject;
    checkConfiguredKind(config, scaleApiVersion, scaleKind.kind);
    return this.#write(ctx, target, options, (live) => {
      const manager = options.fieldManager ?? '';
      const { object } = applyManaged({
        ...this.#manager(manager),
        live,
        config: config as KubeObject,
        force: request.force === true,
      });
      checkName(object.metadata, target.name);
      return object;
    });
  }

  #manager(manager: string): FieldManagerContext {
    const schema = builtinSchema(scaleSchema);
    return { schema, apiVersion: scaleApiVersion, manager, subresource: 'scale', now: this.#engine.now() };
  }

  #tracked(ctx: RequestContext, live: KubeObject, updated: KubeObject, options: WriteOptions): KubeObject {
    const manager = this.#manager(options.fieldManager ?? ctx.defaultFieldManager);
    const managedFields = trackUpdate({ ...manager, live, updated });
    const { managedFields: _sent, ...metadata } = updated.metadata;
    return { ...updated, metadata: managedFields === undefined ? metadata : { ...metadata, managedFields } };
  }

  /** Sets the object's replicas, and who owns them, to what `change` makes of its Scale. */
  async #write(ctx: RequestContext, target: Target, options: WriteOptions, change: ScaleChange): Promise<UpdateAnswer> {
    const { gr } = factsOf(target.definition);
    const { specReplicasPath } = scaleOf(target);
    const paths = replicasPaths(target.definition);
    const { object } = await guaranteedWrite(this.#engine.store, keyOf(ctx, target), gr, async (current) => {
      if (current === undefined) throw notFound(gr, target.name);
      const parent = deepCopy(
        fromStorageVersion(target.definition, target.version, await currentView(ctx, target, current)) as Json,
      ) as KubeObject;
      const entries = parent.metadata.managedFields;
      const owners = scaleManagedFields(entries, paths);
      const scale = viewOf(target, parent);
      const next = change(
        owners === undefined ? scale : { ...scale, metadata: { ...scale.metadata, managedFields: owners } },
      );
      const admission = await admitScale(this.#engine, ctx, target, scale, next, options);
      checkUid(target, next.metadata.uid, parent.metadata.uid ?? '');
      if ((next.metadata.resourceVersion ?? '') !== '') checkRevision(target, next, current);
      setPath(
        parent as JsonObject,
        specReplicasPath,
        checkReplicas(target, structField(next, 'spec')?.['replicas'] ?? 0),
      );
      const apiVersion = apiVersionOf(target.definition, target.version);
      const merged = parentManagedFields(entries, next.metadata.managedFields, apiVersion, paths);
      if (merged === undefined) delete parent.metadata.managedFields;
      else parent.metadata.managedFields = merged;
      const changed = await prepareChangedObject(
        { ...this.#engine, admission },
        ctx,
        target,
        parent,
        current,
        options,
        true,
      );
      return asAttempt(target, changed, current, options);
    });
    return { object: renderObject(viewOf(target, object.object())), created: false };
  }
}

/**
 * Asks those who change what is admitted about a Scale, which they may do in place. Gives the admission of the write that comes of it: the object itself is
 * nobody's business, and the Scale that it then shows is what is validated.
 */
async function admitScale(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  oldObject: KubeObject,
  object: KubeObject,
  options: WriteOptions,
): Promise<Engine['admission']> {
  const attributes: AdmissionAttributes = {
    ctx,
    target,
    operation: 'UPDATE',
    name: target.name,
    object,
    oldObject,
    dryRun: options.dryRun,
    kind: { ...scaleKind, version: 'v1' },
    options,
  };
  const admitting = engine.admission.admit(attributes);
  if (admitting !== undefined) await admitting;
  return {
    admit: () => undefined,
    validate: ({ object: changed }) =>
      engine.admission.validate(
        changed === undefined ? attributes : { ...attributes, object: viewOf(target, changed) },
      ),
    commit: (write) => engine.admission.commit?.(write),
  };
}

/** All versions keep the replicas in the same place. */
function replicasPaths(definition: ResourceDefinition): ReplicasPaths {
  const path = definition.scale?.specReplicasPath ?? [];
  return Object.fromEntries(definition.versions.map((version) => [apiVersionOf(definition, version), path]));
}

/** @throws 405 when the resource declares no scale. */
function scaleOf(target: Target): ScaleSubresource {
  const { scale } = target.definition;
  if (scale === undefined) throw methodNotSupported(factsOf(target.definition).gr, 'scale');
  return scale;
}

/** @throws 422 unless it is a number of replicas. */
function checkReplicas(target: Target, replicas: Json): number {
  // Custom resources say themselves how they are wrong.
  const checkedLater = isCustom(target.definition);
  if (typeof replicas === 'number' && Number.isInteger(replicas) && (replicas >= 0 || checkedLater)) return replicas;
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
