import { type ApiService, apiServiceResource, availability } from '../../../api/apiregistration.k8s.io/v1/types.ts';
import { ApiError } from '../../../apimachinery/errors.ts';
import type { LoopbackClient } from '../../../client/client.ts';
import type { FrontProxy } from '../../../client/front-proxy/front-proxy.ts';
import type { ObjectStore } from '../../../storage/object-store.ts';
import { type Controller, visitEverywhere } from '../../framework/controller.ts';
import { formatObjectKey, parseObjectKey } from '../../framework/object-keys.ts';
import { checkApiService } from './check.ts';

/** Backends are asked again this often, as kube-aggregator resyncs; those that do not answer sooner at first. */
const everyMs = 30_000;
const firstRetryMs = 500;
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
  /** Remote APIServices by logical cluster and key, and how often in a row each has not answered: what a change of a Service may concern. */
  const remote = new Map<string, Map<string, number>>();
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
      else if (concerns.has(key.resource)) for (const known of remote.get(key.cluster)?.keys() ?? []) enqueue(known);
    },
    sweep: (context) =>
      visitEverywhere(store, apiServiceResource, context, ({ key }) => context.enqueue(formatObjectKey(key))),
    async reconcile(text, { signal, enqueue }) {
      const key = parseObjectKey(text);
      const service = (await store.get(key))?.object as ApiService | undefined;
      if (service === undefined || !isRemote(service)) {
        forget(key.cluster, text);
        if (service === undefined || availability(service) !== undefined) return;
      } else if (remote.get(key.cluster)?.has(text) !== true)
        remote.set(key.cluster, (remote.get(key.cluster) ?? new Map<string, number>()).set(text, 0));
      const found = await checkApiService(store, frontProxy, key.cluster, service, signal);
      if (isRemote(service)) {
        const known = remote.get(key.cluster);
        const failures = found.reason === 'FailedDiscoveryCheck' ? (known?.get(text) ?? 0) + 1 : 0;
        known?.set(text, failures);
        enqueue(text, { delayMs: failures === 0 ? everyMs : Math.min(everyMs, firstRetryMs * 2 ** (failures - 1)) });
      }
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

function isRemote({ spec }: ApiService): boolean {
  return (spec?.service ?? undefined) !== undefined;
}

/** An object that is gone needs no condition; one that changed rings again. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof ApiError) || (error.code !== 404 && error.code !== 409)) throw error;
}
