import { notFound } from '../../apimachinery/errors.ts';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { storedText } from '../../storage/serialized-object.ts';
import type { CachedObject } from '../../storage/object-store.ts';
import { DerivedObject } from '../generic/derived-object.ts';
import type { Engine, RestStorage, RestStorageFactory } from '../generic/engine.ts';
import { validateListRequest, validateWatchRequest } from '../generic/list-options.ts';
import { structField, textField } from '../generic/object-fields.ts';
import { renderCached } from '../generic/rendered.ts';
import { parseResourceVersionParameter } from '../generic/resource-version.ts';
import { compileSelection } from '../generic/selection.ts';
import type { ListRequest, RequestContext, Target, WatchRequest, WatchSink } from '../registry.ts';
import { pathOf } from './resolve.ts';

const resource = 'logicalclusters.core.kcp.io';
const singleton = 'cluster';

/**
 * core.kcp.io logicalclusters: the one object `cluster`, which is a view of the cluster's record and of its Workspace. It never changes, so watches of it only
 * end with the cluster.
 */
export function logicalClusterStorage(options: { readonly externalUrl: string }): RestStorageFactory {
  return (engine) => new LogicalClusters(engine, options.externalUrl);
}

class LogicalClusters implements RestStorage {
  readonly #engine: Engine;
  readonly #externalUrl: string;
  constructor(engine: Engine, externalUrl: string) {
    this.#engine = engine;
    this.#externalUrl = externalUrl;
  }

  async get(ctx: RequestContext, target: Target): ReturnType<NonNullable<RestStorage['get']>> {
    if (target.name !== singleton) throw notFound({ group: 'core.kcp.io', resource: 'logicalclusters' }, target.name);
    return renderCached(target, await this.#view(ctx));
  }

  async list(ctx: RequestContext, target: Target, request: ListRequest): ReturnType<NonNullable<RestStorage['list']>> {
    validateListRequest(request);
    const items = await this.#selected(ctx, target, request);
    const resourceVersion = String(await this.#engine.store.fresh(ctx.cluster.shard));
    return { items: items.map((each) => renderCached(target, each)), metadata: { resourceVersion } };
  }

  async watch(ctx: RequestContext, target: Target, request: WatchRequest, sink: WatchSink): Promise<() => void> {
    validateWatchRequest(request);
    const asked = request.resourceVersion ?? '';
    const from = asked === '' ? 0 : parseResourceVersionParameter(asked);
    const items = await this.#selected(ctx, target, request);
    const { store } = this.#engine;
    const revision = Math.max(await store.fresh(ctx.cluster.shard), from);
    const isMissing = from < ctx.cluster.revision && (from === 0 || request.sendInitialEvents !== false);
    if (items.length > 0 && (isMissing || request.sendInitialEvents === true))
      sink.events(
        items.map((object) => ({ type: 'ADDED', object, revision: object.revision })),
        revision,
      );
    if (request.sendInitialEvents === true) sink.initialEventsEnd(revision);
    const handle = store.watch({
      cluster: ctx.cluster.name,
      resource,
      from: revision,
      shard: ctx.cluster.shard,
      onChanges: (_none, progress) => sink.events([], progress),
      onEnd: () => sink.end(undefined),
    });
    if ((await store.cluster(ctx.cluster.name))?.state !== 'Active') {
      handle.close();
      sink.end(undefined);
    }
    return () => handle.close();
  }

  async #selected(ctx: RequestContext, target: Target, request: ListRequest): Promise<readonly CachedObject[]> {
    const selection = compileSelection(target.definition, request);
    const view = await this.#view(ctx);
    return selection === undefined || selection.matches(view) ? [view] : [];
  }

  async #view(ctx: RequestContext): Promise<CachedObject> {
    const { cluster } = ctx;
    const path = await pathOf(this.#engine.store, cluster);
    const workspace = await this.#workspace(ctx);
    const object = describe(ctx, path, `${this.#externalUrl}/clusters/${path}`, workspace?.object);
    const key = { cluster: cluster.name, resource, namespace: '', name: singleton };
    return new DerivedObject(key, cluster.revision, storedText(object), {});
  }

  async #workspace({ cluster }: RequestContext): Promise<CachedObject | undefined> {
    if (cluster.parent === '') return undefined;
    const key = {
      cluster: cluster.parent,
      resource: 'workspaces.tenancy.kcp.io',
      namespace: '',
      name: cluster.workspace,
    };
    return this.#engine.store.getAny(key);
  }
}

function describe(ctx: RequestContext, path: string, url: string, workspace: KubeObject | undefined): KubeObject {
  const { cluster } = ctx;
  const type = structField(workspace, 'spec')?.['type'] as { name?: string; path?: string } | undefined;
  const typeText = cluster.parent === '' ? 'root:root' : `${type?.path ?? 'root'}:${type?.name ?? 'universal'}`;
  const owner: JsonObject = {
    apiVersion: 'tenancy.kcp.io/v1alpha1',
    resource: 'workspaces',
    name: cluster.workspace,
    cluster: cluster.parent,
    uid: workspace?.metadata.uid ?? '',
  };
  return {
    apiVersion: 'core.kcp.io/v1alpha1',
    kind: 'LogicalCluster',
    metadata: {
      name: singleton,
      uid: cluster.uid,
      creationTimestamp: cluster.createdAt,
      generation: 1,
      annotations: {
        'internal.tenancy.kcp.io/type': typeText,
        'kcp.io/cluster': cluster.name,
        'kcp.io/path': path,
      },
    },
    spec: cluster.parent === '' ? {} : { owner },
    status: { URL: url, phase: textField(structField(workspace, 'status'), 'phase') || 'Ready' },
  };
}
