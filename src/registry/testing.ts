import { setTimeout } from 'node:timers/promises';
import { createAdmission } from '../admission/index.ts';
import type { AdmissionPlugin } from '../admission/admission.ts';
import { createAuthorizer } from '../authorization/chain.ts';
import { builtinDefinitions } from '../api/builtin.ts';
import { createDefaultContent } from '../api/default-content.ts';
import { structSchema, type } from '../api/own-types.ts';
import { allVerbs, type ResourceDefinition, type VersionDefinition } from '../api/resource-definition.ts';
import { ApiError } from '../apimachinery/errors.ts';
import { isObject, type Json, type JsonObject } from '../apimachinery/json.ts';
import { formatGroupResource, type KubeObject } from '../apimachinery/object.ts';
import { decodeObject } from '../apimachinery/schema/decode.ts';
import { systemUser } from '../client/loopback.ts';
import { rootCluster } from '../logicalcluster/name.ts';
import { createMemoryStore } from '../storage/memory/store.ts';
import type { ClusterRecord, ObjectStore } from '../storage/object-store.ts';
import { createCatalogSource } from './catalog.ts';
import { createRegistry } from './generic/registry.ts';
import { type StandardOptions, standardStorages } from './standard.ts';
import type {
  CatalogSource,
  DeleteOptions,
  PatchAnswer,
  PatchType,
  Registry,
  RequestContext,
  Target,
  UserInfo,
  WatchEvent,
  WatchRequest,
  WriteOptions,
} from './registry.ts';

/** A kind as a custom resource has it: spec, status and scale, no unconditional update, and a v2 that says `count` where the stored v1 says `size`. */
export const widgets: ResourceDefinition = {
  group: 'example.com',
  resource: 'widgets',
  singular: 'widget',
  kind: 'Widget',
  listKind: 'WidgetList',
  shortNames: [],
  categories: [],
  scope: 'Namespaced',
  verbs: allVerbs,
  versions: [
    widgetVersion('v1', 'size'),
    {
      ...widgetVersion('v2', 'count'),
      toStorage: (object) => renameSpecField(object, 'count', 'size'),
      fromStorage: (object) => renameSpecField(object, 'size', 'count'),
    },
  ],
  storageVersion: 'v1',
  strategy: { generation: 'spec' },
  status: {},
  scale: {
    specReplicasPath: ['spec', 'size'],
    statusReplicasPath: ['status', 'size'],
    selector: () => 'app=widget',
  },
  builtIn: false,
};

function widgetVersion(version: string, field: string): VersionDefinition {
  return {
    version,
    served: true,
    schema: structSchema({
      gvk: { group: 'example.com', version, kind: 'Widget' },
      fields: {
        spec: type.struct({ [field]: type.int32, color: type.string }),
        status: type.struct({ size: type.int32, phase: type.string }),
      },
    }),
    table: { columns: [], cells: () => [] },
  };
}

function renameSpecField(object: KubeObject, from: string, to: string): KubeObject {
  const spec = object['spec'] as Json | undefined;
  if (!isObject(spec) || spec[from] === undefined) return object;
  const { [from]: value, ...rest } = spec;
  return { ...object, spec: { ...rest, [to]: value } };
}

export type Fixture = {
  readonly store: ObjectStore;
  readonly registry: Registry;
  readonly catalogs: CatalogSource;
  readonly warnings: string[];
  /** A request's context; by default of system:masters in root. */
  ctx(options?: { user?: UserInfo; cluster?: ClusterRecord; signal?: AbortSignal }): RequestContext;
  target(
    resource: string,
    options?: { namespace?: string; name?: string; subresource?: string; version?: string },
  ): Target;
  /** Creates in namespace `default` unless it says otherwise. Gives the object as stored. */
  create(resource: string, object: JsonObject, options?: Partial<WriteOptions>): Promise<KubeObject>;
  get(resource: string, name: string, namespace?: string): Promise<KubeObject>;
  update(
    resource: string,
    object: KubeObject,
    options?: Partial<WriteOptions> & { subresource?: string },
  ): Promise<KubeObject>;
  patch(
    resource: string,
    name: string,
    type: PatchType,
    patch: Json,
    options?: Partial<WriteOptions> & {
      subresource?: string;
      force?: boolean;
      version?: string;
      strictErrors?: string[];
    },
  ): Promise<PatchAnswer>;
  delete(resource: string, name: string, options?: Partial<DeleteOptions>): ReturnType<Registry['delete']>;
  watch(resource: string, request: WatchRequest, options?: { namespace?: string; version?: string }): Promise<Watched>;
  readonly definitions: readonly ResourceDefinition[];
};

export type Watched = {
  readonly events: WatchEvent[];
  /** Revisions at which initial events ended, and errors that ended the watch, in order. */
  readonly marks: (number | ApiError | 'end')[];
  /** Resolves when all that is committed now has been delivered. */
  settled(): Promise<void>;
  readonly stop: () => void;
};

export const alice: UserInfo = { name: 'alice', uid: 'u1', groups: ['system:authenticated'], extra: {} };

/** A registry over the in-memory store, with all kinds, the standard admission chain and subresources. */
export function createFixture(
  options: {
    plugins?: readonly AdmissionPlugin[];
    definitions?: readonly ResourceDefinition[];
    standard?: Partial<StandardOptions>;
    store?: ObjectStore;
    now?: () => Date;
  } = {},
): Promise<Fixture> {
  return new FixtureBuilder(options).build();
}

class FixtureBuilder {
  readonly #options: NonNullable<Parameters<typeof createFixture>[0]>;
  constructor(options: NonNullable<Parameters<typeof createFixture>[0]>) {
    this.#options = options;
  }

  async build(): Promise<Fixture> {
    const { plugins = [], standard = {}, now } = this.#options;
    const store =
      this.#options.store ??
      createMemoryStore({ defaults: createDefaultContent({ caCertificatePem: 'certificate' }), progressMs: 2 });
    const definitions = [...(this.#options.definitions ?? []), ...builtinDefinitions, widgets];
    const catalogs = createCatalogSource({ definitions, resources: ['*'] });
    const registry = createRegistry({
      store,
      catalogs,
      admission: createAdmission({ store, catalogs, authorizer: createAuthorizer({ store }), plugins }),
      ...standardStorages({ store, externalUrl: 'https://atoll.test', ...standard }),
      ...(now === undefined ? {} : { now }),
    });
    const root = await store.cluster(rootCluster);
    if (root === undefined) throw new Error('there is no root');
    return assemble(store, registry, catalogs, definitions, root);
  }
}

function assemble(
  store: ObjectStore,
  registry: Registry,
  catalogs: CatalogSource,
  definitions: readonly ResourceDefinition[],
  root: ClusterRecord,
): Fixture {
  const warnings: string[] = [];
  const neverAborted = new AbortController().signal;
  const target: Fixture['target'] = (resource, { namespace, name = '', subresource = '', version } = {}) => {
    const definition = definitions.find((each) => formatGroupResource(each) === resource);
    if (definition === undefined) throw new Error(`no definition of ${resource}`);
    const served = definition.versions.find((each) => each.version === (version ?? definition.storageVersion));
    if (served === undefined) throw new Error(`no version ${version} of ${resource}`);
    const scoped = definition.scope === 'Namespaced' ? (namespace ?? 'default') : '';
    return { definition, version: served, namespace: scoped, name, subresource };
  };
  const ctx: Fixture['ctx'] = ({ user = systemUser, cluster = root, signal = neverAborted } = {}) => ({
    cluster,
    user,
    signal,
    warn: (text) => void warnings.push(text),
    defaultFieldManager: 'test',
  });
  const writing = (options: Partial<WriteOptions> = {}): WriteOptions => ({
    dryRun: false,
    fieldValidation: 'Strict',
    ...options,
  });
  const decoded = (at: Target, object: JsonObject): KubeObject => decodeObject(object, at.version.schema).object;
  return {
    store,
    registry,
    catalogs,
    definitions,
    warnings,
    ctx,
    target,
    async create(resource, object, options) {
      const { namespace } = (object['metadata'] ?? {}) as { namespace?: string };
      const at = target(resource, namespace === undefined ? {} : { namespace });
      return (await registry.create(ctx(), at, decoded(at, object), writing(options))).object();
    },
    async get(resource, name, namespace) {
      const at = target(resource, namespace === undefined ? { name } : { name, namespace });
      return (await registry.get(ctx(), at, {})).object();
    },
    async update(resource, object, { subresource = '', ...options } = {}) {
      const { name = '', namespace } = object.metadata;
      const at = target(resource, { name, subresource, ...(namespace === undefined ? {} : { namespace }) });
      const own = decoded(at, object as JsonObject);
      return (await registry.update(ctx(), at, own, writing(options))).object.object();
    },
    patch(resource, name, patchType, patch, { subresource = '', force, version, strictErrors = [], ...options } = {}) {
      const at = target(resource, { name, subresource, ...(version === undefined ? {} : { version }) });
      const request = {
        type: patchType,
        patch: patch as JsonObject,
        strictErrors,
        ...(force === undefined ? {} : { force }),
      };
      return registry.patch(ctx(), at, request, writing(options));
    },
    delete: (resource, name, options = {}) =>
      registry.delete(ctx(), target(resource, { name }), { dryRun: false, ...options }),
    watch: (resource, request, options) => watchInto(store, registry, ctx(), target(resource, options), request),
  };
}

async function watchInto(
  store: ObjectStore,
  registry: Registry,
  ctx: RequestContext,
  target: Target,
  request: WatchRequest,
): Promise<Watched> {
  const events: WatchEvent[] = [];
  const marks: Watched['marks'] = [];
  let seen = 0;
  const stop = await registry.watch(ctx, target, request, {
    events(batch, progress) {
      events.push(...batch);
      seen = progress;
    },
    initialEventsEnd(revision) {
      marks.push(revision);
    },
    end(error) {
      marks.push(error ?? 'end');
      seen = Number.POSITIVE_INFINITY;
    },
  });
  return {
    events,
    marks,
    stop,
    async settled() {
      const revision = await store.fresh();
      // Changes to something else: progress past them means that all before them has been delivered.
      while (seen < revision) {
        const key = { cluster: ctx.cluster.name, resource: 'markers.test', namespace: '', name: crypto.randomUUID() };
        await store.commit([{ op: 'create', key, text: '{"kind":"Marker","apiVersion":"test/v1","metadata":{}}' }]);
        await setTimeout(3);
      }
    },
  };
}

/** For assert.rejects: an ApiError with this code whose message is, or matches, `message`. */
export function apiError(code: number, message: string | RegExp): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof ApiError)) throw error;
    const fits = typeof message === 'string' ? error.message === message : message.test(error.message);
    if (error.code !== code || !fits) throw new Error(`${error.code} ${error.message}`, { cause: error });
    return true;
  };
}
