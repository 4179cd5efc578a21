import { type Crd, crdResource } from '../../../api/apiextensions.k8s.io/v1/types.ts';
import {
  automanagedLabel,
  customResourceApiService,
  localPriority,
} from '../../../api/apiregistration.k8s.io/v1/local-services.ts';
import { type ApiService, apiServiceResource } from '../../../api/apiregistration.k8s.io/v1/types.ts';
import { ApiError } from '../../../apimachinery/errors.ts';
import type { LoopbackClient } from '../../../client/client.ts';
import type { ClusterName } from '../../../logicalcluster/name.ts';
import type { CachedObject, ObjectStore } from '../../../storage/object-store.ts';
import { type Controller, visitEverywhere } from '../../framework/controller.ts';

export type LocalServicesControllerOptions = {
  readonly store: Pick<ObjectStore, 'get' | 'list' | 'cluster' | 'listEverywhere'>;
  readonly client: Pick<LoopbackClient, 'create' | 'update' | 'delete'>;
};

/**
 * Keeps one APIService without a Service for each group version that CustomResourceDefinitions serve, as kube-apiserver's autoregistration does: only those
 * that it has labelled are its own. Who serves the group version otherwise, or has taken the label away, is left alone.
 */
export function createLocalServicesController({ store, client }: LocalServicesControllerOptions): Controller {
  const ringForAll = (object: CachedObject | undefined, enqueue: (key: string) => void): void => {
    if (object?.key.resource === crdResource) {
      for (const name of servedNames(object.object as Crd)) enqueue(`${object.key.cluster}/${name}`);
    } else if (object !== undefined && isOwn(object)) enqueue(`${object.key.cluster}/${object.key.name}`);
  };
  return {
    name: 'local-apiservices',
    concurrency: 4,
    notice({ key, object, before }, enqueue) {
      if (key.resource !== crdResource && key.resource !== apiServiceResource) return;
      ringForAll(before, enqueue);
      ringForAll(object, enqueue);
    },
    async sweep(context) {
      for (const resource of [crdResource, apiServiceResource])
        await visitEverywhere(store, resource, context, (object) => ringForAll(object, context.enqueue));
    },
    async reconcile(text) {
      const slash = text.indexOf('/');
      const cluster = text.slice(0, slash) as ClusterName;
      const name = text.slice(slash + 1);
      if ((await store.cluster(cluster))?.state !== 'Active') return;
      const { items } = await store.list({ cluster, resource: crdResource, at: { mode: 'fresh' } });
      const isServed = items.some(({ object }) => servedNames(object as Crd).includes(name));
      const found = await store.get({ cluster, resource: apiServiceResource, namespace: '', name });
      const ref = { cluster, resource: apiServiceResource };
      if (found === undefined) {
        if (isServed) await client.create(ref, customResourceApiService(name)).catch(ignoreOvertaken);
        return;
      }
      if (!isOwn(found)) return;
      const { uid = '', resourceVersion = '' } = found.object.metadata;
      if (!isServed) {
        await client.delete({ ...ref, name }, { preconditions: { uid, resourceVersion } }).catch(ignoreOvertaken);
      } else if (!isAsMade(found.object as ApiService)) {
        const { metadata, ...rest } = customResourceApiService(name);
        const kept = { ...found.object.metadata, ...metadata };
        await client.update({ ...ref, name }, { ...rest, metadata: kept }).catch(ignoreOvertaken);
      }
    },
  };
}

/** Names of the APIServices of a definition's served versions. */
function servedNames({ spec }: Crd): string[] {
  const { group = '', versions = [] } = spec ?? {};
  return versions.filter(({ served }) => served).map(({ name }) => `${name}.${group}`);
}

function isOwn({ labels }: CachedObject): boolean {
  return labels[automanagedLabel] === 'true';
}

function isAsMade({ metadata, spec }: ApiService): boolean {
  const made = customResourceApiService(metadata.name ?? '') as ApiService;
  return (
    (spec?.service ?? null) === null &&
    spec?.group === made.spec?.group &&
    spec?.version === made.spec?.version &&
    spec?.groupPriorityMinimum === localPriority.group &&
    spec.versionPriority === localPriority.version &&
    (spec.caBundle ?? '') === '' &&
    spec.insecureSkipTLSVerify !== true
  );
}

/** Whoever was quicker rings again. */
function ignoreOvertaken(error: unknown): void {
  if (!(error instanceof ApiError) || (error.code !== 404 && error.code !== 409)) throw error;
}
