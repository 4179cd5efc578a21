import { isObject, type Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { LoopbackClient } from '../../../client/client.ts';
import type { ObjectKey, ObjectStore } from '../../../storage/object-store.ts';
import { type Controller, visitEverywhere } from '../../framework/controller.ts';
import { formatObjectKey, parseObjectKey } from '../../framework/object-keys.ts';
import { deletionConditions } from './conditions.ts';
import { deleteNamespaceContent } from './content.ts';

const resource = 'namespaces';
const contentFinalizer = 'kubernetes';
/** Content that goes rings; this is for what nobody rings for (a lost event, a restart). */
const lookAgainMs = 15_000;
/** Deletions of content in one namespace are taken together. */
const gatherMs = 20;

export type NamespaceControllerOptions = {
  readonly store: Pick<ObjectStore, 'get' | 'list' | 'cluster' | 'countByResource' | 'listEverywhere'>;
  readonly client: Pick<LoopbackClient, 'delete' | 'update'>;
  readonly now?: () => Date;
};

/**
 * Ends namespaces: deletes what is in one that is being deleted, tells in its conditions what is left, and takes its finalizer away when nothing is. Content
 * that slipped into a namespace while it went is deleted behind it.
 */
export function createNamespaceController(options: NamespaceControllerOptions): Controller {
  const { store, client } = options;
  const now = options.now ?? (() => new Date());
  /** Namespaces whose content is on its way: the only ones whose content rings. */
  const waiting = new Set<string>();

  return {
    name: 'namespace',
    concurrency: 4,
    sweepAtStart: true,

    notice({ type, key, object }, enqueue) {
      if (key.resource === resource) {
        if (type === 'DELETED' || isBeingDeleted(object.text)) enqueue(formatObjectKey(key));
      } else if (type === 'DELETED' && key.namespace !== '' && waiting.size > 0) {
        const namespace = formatObjectKey({ cluster: key.cluster, resource, namespace: '', name: key.namespace });
        if (waiting.has(namespace)) enqueue(namespace, { delayMs: gatherMs });
      }
    },

    async sweep(context) {
      await visitEverywhere(store, resource, context, (object) => {
        if (isBeingDeleted(object.text)) context.enqueue(formatObjectKey(object.key));
      });
    },

    async reconcile(text, { signal, enqueue }) {
      const key = parseObjectKey(text);
      const { cluster } = key;
      waiting.delete(text);
      if ((await store.cluster(cluster))?.state !== 'Active') return;
      const found = await store.get(key);
      const deletion = { store, client, cluster, namespace: key.name, signal };
      if (found === undefined) {
        if ((await store.countByResource(cluster, key.name)).size > 0) await deleteNamespaceContent(deletion);
        return;
      }
      if (found.object.metadata.deletionTimestamp === undefined) return;
      if (!finalizersOf(found.object).includes(contentFinalizer)) return;
      waiting.add(text);
      const remains = await deleteNamespaceContent(deletion);
      const namespace = await writeStatus(client, key, found.object, remains, now());
      if (remains.objects.size > 0 || remains.errors.length > 0) {
        enqueue(text, { delayMs: lookAgainMs });
        return;
      }
      await finalize(client, key, namespace);
      waiting.delete(text);
    },
  };
}

async function writeStatus(
  client: Pick<LoopbackClient, 'update'>,
  { cluster, name }: ObjectKey,
  namespace: KubeObject,
  remains: Parameters<typeof deletionConditions>[1],
  now: Date,
): Promise<KubeObject> {
  const before = namespace.status as Json | undefined;
  const status = isObject(before) ? before : {};
  const conditions = deletionConditions(status.conditions, remains, now);
  if (conditions === undefined && status.phase === 'Terminating') return namespace;
  const changed = {
    ...namespace,
    status: { ...status, phase: 'Terminating', conditions: conditions ?? status.conditions },
  };
  return client.update({ cluster, resource, name }, changed, 'status');
}

async function finalize(
  client: Pick<LoopbackClient, 'update'>,
  { cluster, name }: ObjectKey,
  namespace: KubeObject,
): Promise<void> {
  const spec = namespace.spec as Json | undefined;
  const finalizers = finalizersOf(namespace).filter((finalizer) => finalizer !== contentFinalizer);
  const changed = { ...namespace, spec: { ...(isObject(spec) ? spec : {}), finalizers } };
  await client.update({ cluster, resource, name }, changed, 'finalize');
}

function finalizersOf(namespace: KubeObject): string[] {
  const spec = namespace.spec as Json | undefined;
  if (!isObject(spec) || !Array.isArray(spec.finalizers)) return [];
  return spec.finalizers.filter((finalizer) => typeof finalizer === 'string');
}

/** Cheap, and may be wrong in one direction: the text may be a label's. The reconciler looks. */
function isBeingDeleted(text: string): boolean {
  return text.includes('"deletionTimestamp"');
}
