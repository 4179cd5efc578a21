import { type ApiService, apiServiceResource, availability } from '../../../api/apiregistration.k8s.io/v1/types.ts';
import { ApiError } from '../../../apimachinery/errors.ts';
import type { LoopbackClient } from '../../../client/client.ts';
import type { FrontProxy } from '../../../client/front-proxy/front-proxy.ts';
import type { ObjectStore } from '../../../storage/object-store.ts';
import { type Controller, visitEverywhere } from '../../framework/controller.ts';
import { formatObjectKey, parseObjectKey } from '../../framework/object-keys.ts';
import { checkApiService } from './check.ts';

/** Backends are asked again this often, as kube-aggregator resyncs. */
const everyMs = 30_000;
const concurrency = 16;
const concerns = new Set(['services', 'endpoints', 'endpointslices.discovery.k8s.io']);

export type ApiServiceControllerOptions = {
  readonly store: Pick<ObjectStore, 'get' | 'getAny' | 'listEverywhere'>;
  readonly client: Pick<LoopbackClient, 'patch'>;
  readonly frontProxy: FrontProxy;
  readonly now?: () => Date;
};

/** Keeps the condition `Available` of APIServices that other servers serve. Clusters without such cost nothing. */
export function createApiServiceController(options: ApiServiceControllerOptions): Controller {
  const { store, client, frontProxy, now = () => new Date() } = options;
  /** Keys of remote APIServices by logical cluster: what a change of a Service may concern. */
  const remote = new Map<string, Set<string>>();
  const forget = (cluster: string, key: string): void => {
    const keys = remote.get(cluster);
    keys?.delete(key);
    if (keys?.size === 0) remote.delete(cluster);
  };
  return {
    name: 'apiservice',
    concurrency,
    sweepAtStart: true,
    notice({ key }, enqueue) {
      if (key.resource === apiServiceResource) enqueue(formatObjectKey(key));
      else if (concerns.has(key.resource)) for (const known of remote.get(key.cluster) ?? []) enqueue(known);
    },
    sweep: (context) =>
      visitEverywhere(store, apiServiceResource, context, ({ key }) => context.enqueue(formatObjectKey(key))),
    async reconcile(text, { signal, enqueue }) {
      const key = parseObjectKey(text);
      const service = (await store.get(key))?.object as ApiService | undefined;
      if (service === undefined || (service.spec?.service ?? undefined) === undefined) {
        forget(key.cluster, text);
        if (service === undefined || availability(service) !== undefined) return;
      } else {
        remote.set(key.cluster, (remote.get(key.cluster) ?? new Set()).add(text));
        enqueue(text, { delayMs: everyMs });
      }
      const found = await checkApiService(store, frontProxy, key.cluster, service, signal);
      const last = availability(service);
      if (
        last !== undefined &&
        last.status === found.status &&
        last.reason === found.reason &&
        last.message === found.message
      )
        return;
      const lastTransitionTime =
        last?.status === found.status ? last.lastTransitionTime : `${now().toISOString().slice(0, 19)}Z`;
      const others = (service.status?.conditions ?? []).filter(({ type }) => type !== 'Available');
      const condition = {
        type: 'Available',
        status: found.status,
        lastTransitionTime,
        reason: found.reason,
        message: found.message,
      };
      const { resourceVersion } = service.metadata;
      await client
        .patch(
          { cluster: key.cluster, resource: apiServiceResource, name: key.name },
          { metadata: { resourceVersion }, status: { conditions: [...others, condition] } },
          'status',
        )
        .catch(ignoreGone);
    },
  };
}

/** An object that is gone needs no condition; one that changed rings again. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof ApiError) || (error.code !== 404 && error.code !== 409)) throw error;
}
