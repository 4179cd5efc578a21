import { isObject, type Json } from '../../apimachinery/json.ts';
import type { ReconcileQueue } from '../../controllers/framework/reconcile-queue.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import { references } from '../render/closure.ts';
import { workName } from '../render/names.ts';
import { allWorks, formatWorkKey, isPending, listWorks, readWork, type StoredWork } from '../work/work-store.ts';

/** The other works in the same namespace of the same physical cluster, and what they mean for the order of things. */
export class Neighbours {
  readonly #store: ObjectStore;
  readonly #queue: Pick<ReconcileQueue, 'add'>;

  constructor(store: ObjectStore, queue: Pick<ReconcileQueue, 'add'>) {
    this.#store = store;
    this.#queue = queue;
  }

  /** The works that `stored` refers to and that are still to be applied; those that failed for reasons of their own hold nobody up. */
  async pendingDependencies({ key, work }: StoredWork): Promise<readonly StoredWork[]> {
    const { source, desired, physicalClusterUID } = work.spec;
    const spec: Json = isObject(desired.spec) ? desired.spec : {};
    if (!isObject(spec.template)) return [];
    const { workspaceUID, namespaceUID } = source;
    const found = await Promise.all(
      references(spec.template).map(({ resource, name }) =>
        readWork(this.#store, {
          cluster: key.cluster,
          name: workName({ workspaceUID, namespaceUID, resource, name, physicalClusterUID }),
        }),
      ),
    );
    return found
      .filter((other) => other !== undefined)
      .filter(
        ({ work: other }) =>
          isPending(other) && other.spec.tombstoneAt === undefined && other.status?.lastError === undefined,
      );
  }

  /** Whether something to be removed may still be in use: a work of a higher tier has not come to rest. */
  async isInUse(stored: StoredWork): Promise<boolean> {
    const { tier } = stored.work.spec;
    return tier > 0 && (await this.#others(stored)).some(({ work }) => work.spec.tier > tier && isPending(work));
  }

  /** Rings for what waits to be removed until `stored`, which came to rest, and everything else of its tier did so. */
  async ringUnused(stored: StoredWork): Promise<void> {
    const { tier } = stored.work.spec;
    const waiting: StoredWork[] = [];
    for (const other of await this.#others(stored)) {
      if (!isPending(other.work)) continue;
      if (other.work.spec.tier >= tier) return;
      if (other.work.spec.tombstoneAt !== undefined) waiting.push(other);
    }
    for (const { key } of waiting) this.#queue.add(formatWorkKey(key));
  }

  /** Rings for everything that is pending in a physical cluster: it answers again. */
  async ringAll(physicalClusterUID: string): Promise<void> {
    for await (const { key, work } of allWorks(this.#store)) {
      if (work.spec.physicalClusterUID === physicalClusterUID && isPending(work)) this.#queue.add(formatWorkKey(key));
    }
  }

  async #others({ key, work }: StoredWork): Promise<readonly StoredWork[]> {
    const { physicalClusterUID, targetNamespace } = work.spec;
    return (await listWorks(this.#store, key.cluster)).filter(
      (other) =>
        other.key.name !== key.name &&
        other.work.spec.physicalClusterUID === physicalClusterUID &&
        other.work.spec.targetNamespace === targetNamespace,
    );
  }
}
