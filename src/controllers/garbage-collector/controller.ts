import { storageResource } from '../../api/resource-definition.ts';
import { deepEqual, type Json } from '../../apimachinery/json.ts';
import { type ClusterName, rootCluster } from '../../logicalcluster/name.ts';
import type { CatalogSource } from '../../registry/registry.ts';
import type { CachedObject, Change, ClusterRecord, ObjectStore } from '../../storage/object-store.ts';
import { forEachConcurrently } from '../framework/concurrency.ts';
import { type Controller, type Enqueue, visitEverywhere } from '../framework/controller.ts';
import { formatObjectKey, parseObjectKey } from '../framework/object-keys.ts';
import { formatOwnerKey, parseOwnerKey } from './owner-keys.ts';
import { deleteExactly, type GarbageClient, removeFinalizer, setOwners } from './deletion.ts';
import {
  blockingReferences,
  foregroundFinalizer,
  hasFinalizer,
  isBeingDeleted,
  isDeletingDependents,
  orphanFinalizer,
  Owners,
} from './owners.ts';

export type GarbageCollectorOptions = {
  readonly store: Pick<ObjectStore, 'get' | 'cluster' | 'listDependents' | 'listEverywhere'>;
  readonly client: GarbageClient;
  readonly catalogs: CatalogSource;
};

const pageSize = 500;
const concurrency = 16;
/** For what nobody rings for. */
const lookAgainMs = 15_000;
/** Resources that own nothing, and go in great numbers. */
const childless = new Set(['events']);

/**
 * Kubernetes' garbage collector: objects whose owners are all gone are deleted; deletion in the foreground waits for dependents that block it; deletion with
 * orphans lets them go. Works on one object at a time with what storage says of it now, and remembers nothing.
 *
 * Keys: `<cluster>/<uid>`: an object is gone, look at its dependents. `<cluster>/<resource>/<namespace>/<name>`: look at this object. Six parts: an owner, named
 * as its dependent names it (see owner-keys.ts), may have waited for this.
 */
export function createGarbageCollector(options: GarbageCollectorOptions): Controller {
  return new GarbageCollector(options);
}

class GarbageCollector implements Controller {
  readonly name = 'garbage-collector';
  readonly concurrency = 16;
  readonly #store: GarbageCollectorOptions['store'];
  readonly #client: GarbageClient;
  readonly #catalogs: CatalogSource;
  readonly #owners: Owners;
  constructor({ store, client, catalogs }: GarbageCollectorOptions) {
    this.#store = store;
    this.#client = client;
    this.#catalogs = catalogs;
    this.#owners = new Owners(store, catalogs);
  }

  notice({ type, key, object, before }: Change, enqueue: Enqueue): void {
    if (type === 'DELETED') {
      const { uid } = object.object.metadata;
      if (uid !== undefined && !childless.has(key.resource)) enqueue(`${key.cluster}/${uid}`);
      for (const reference of blockingReferences(object)) enqueue(formatOwnerKey(key, reference));
    } else if (before === undefined) {
      if (concerns(object)) enqueue(formatObjectKey(key));
    } else if ((concerns(object) || concerns(before)) && ownershipChanged(object, before)) {
      enqueue(formatObjectKey(key));
      const blocked = blockingReferences(object);
      for (const reference of blockingReferences(before))
        if (!blocked.some(({ uid }) => uid === reference.uid)) enqueue(formatOwnerKey(key, reference));
    }
  }

  async sweep(context: Parameters<NonNullable<Controller['sweep']>>[0]): Promise<void> {
    const root = await this.#store.cluster(rootCluster);
    if (root === undefined) return;
    const { definitions } = await this.#catalogs.catalogFor(root);
    const deletable = definitions.filter(({ verbs }) => verbs.includes('delete'));
    for (const resource of new Set(deletable.map(storageResource))) {
      await visitEverywhere(this.#store, resource, context, (object) => {
        if (concerns(object)) context.enqueue(formatObjectKey(object.key));
      });
    }
  }

  async reconcile(text: string, { enqueue }: { readonly enqueue: Enqueue }): Promise<void> {
    const parts = text.split('/');
    const cluster = await this.#store.cluster(parts[0] as ClusterName);
    if (cluster?.state !== 'Active') return;
    if (parts.length === 2) return this.#ownerGone(cluster, parts[1] ?? '', text, enqueue);
    if (parts.length === 6) return this.#lookAtOwner(cluster, text, enqueue);
    const object = await this.#store.get(parseObjectKey(text));
    if (object === undefined) return;
    if (isBeingDeleted(object)) {
      if (hasFinalizer(object, orphanFinalizer)) await this.#orphanDependents(object);
      else if (hasFinalizer(object, foregroundFinalizer)) await this.#awaitDependents(cluster, object, enqueue);
      return;
    }
    await this.#judge(cluster, object, enqueue);
  }

  async #ownerGone(cluster: ClusterRecord, uid: string, text: string, enqueue: Enqueue): Promise<void> {
    const dependents = await this.#store.listDependents(cluster.name, uid, pageSize);
    for (const { key } of dependents) enqueue(formatObjectKey(key));
    // The rest shows when these are gone, or no longer name the owner.
    if (dependents.length === pageSize) enqueue(text, { delayMs: 1000 });
  }

  /** A dependent that blocked its owner is gone, or blocks no more. */
  async #lookAtOwner(cluster: ClusterRecord, text: string, enqueue: Enqueue): Promise<void> {
    const { namespace, reference } = parseOwnerKey(text);
    const owner = await this.#owners.find(cluster, namespace, reference);
    if (owner !== undefined && isDeletingDependents(owner)) await this.#awaitDependents(cluster, owner, enqueue);
  }

  /** Deletes the object when no owner is left to keep it; takes references away that mean nothing any more. */
  async #judge(cluster: ClusterRecord, object: CachedObject, enqueue: Enqueue): Promise<void> {
    const references = object.object.metadata.ownerReferences ?? [];
    if (references.length === 0) return;
    const ownership = await this.#owners.judge(cluster, object, references);
    if (!ownership.known) return;
    const { solid, dangling, waiting } = ownership;
    if (solid.length > 0) {
      if (dangling.length + waiting.length > 0) await setOwners(this.#client, object, solid);
      for (const reference of waiting) enqueue(formatOwnerKey(object.key, reference));
      return;
    }
    // An owner waits for this object: so it must wait for its own dependents, if it has any.
    if (waiting.length > 0 && (await this.#dependentsOf(object, 1)).length > 0)
      return deleteExactly(this.#client, object, 'Foreground');
    const policy = hasFinalizer(object, orphanFinalizer)
      ? 'Orphan'
      : hasFinalizer(object, foregroundFinalizer)
        ? 'Foreground'
        : 'Background';
    await deleteExactly(this.#client, object, policy);
  }

  async #orphanDependents(object: CachedObject): Promise<void> {
    const { uid } = object.object.metadata;
    await forEachConcurrently(await this.#dependentsOf(object), concurrency, (dependent) =>
      setOwners(
        this.#client,
        dependent,
        (dependent.object.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid),
      ),
    );
    await removeFinalizer(this.#client, object, orphanFinalizer);
  }

  /**
   * Foreground: goes on when no dependent blocks, else sees to it that the dependents are looked at. Each that goes rings for its owner. Objects that wait for
   * each other in a circle would wait for ever: whoever finds itself in one stops blocking its owners there.
   */
  async #awaitDependents(cluster: ClusterRecord, object: CachedObject, enqueue: Enqueue): Promise<void> {
    const dependents = await this.#dependentsOf(object);
    const blocking = dependents.filter((dependent) => blocks(dependent, object));
    if (blocking.length === 0) {
      await removeFinalizer(this.#client, object, foregroundFinalizer);
      return;
    }
    for (const dependent of dependents) if (!isBeingDeleted(dependent)) enqueue(formatObjectKey(dependent.key));
    enqueue(formatObjectKey(object.key), { delayMs: lookAgainMs });
    if (!blocking.some(isDeletingDependents)) return;
    const circular = await this.#owners.waitingInCircle(cluster, object);
    if (circular.length === 0) return;
    const references = object.object.metadata.ownerReferences ?? [];
    await setOwners(
      this.#client,
      object,
      references.map((each) => (circular.includes(each) ? { ...each, blockOwnerDeletion: false } : each)),
    );
    for (const reference of circular) enqueue(formatOwnerKey(object.key, reference));
  }

  /** All of them (asks for more as long as there may be more), or the first `enough`. */
  async #dependentsOf({ key, object }: CachedObject, enough?: number): Promise<readonly CachedObject[]> {
    for (let limit = enough ?? pageSize; ; limit *= 10) {
      const dependents = await this.#store.listDependents(key.cluster, object.metadata.uid ?? '', limit);
      if (dependents.length < limit || enough !== undefined) return dependents;
    }
  }
}

function blocks(dependent: CachedObject, owner: CachedObject): boolean {
  return blockingReferences(dependent).some(({ uid }) => uid === owner.object.metadata.uid);
}

/** Told from the text, without parsing most objects: may say yes too often, never no too often. */
function concerns({ text }: CachedObject): boolean {
  return text.includes('"ownerReferences"') || text.includes('"deletionTimestamp"');
}

function ownershipChanged({ object }: CachedObject, { object: before }: CachedObject): boolean {
  const { ownerReferences, finalizers, deletionTimestamp } = object.metadata;
  const old = before.metadata;
  return (
    deletionTimestamp !== old.deletionTimestamp ||
    !deepEqual(ownerReferences as Json | undefined, old.ownerReferences as Json | undefined) ||
    !deepEqual(finalizers, old.finalizers)
  );
}
