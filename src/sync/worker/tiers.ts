import type { ReconcileQueue } from '../../controllers/framework/reconcile-queue.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import { allWorks, formatWorkKey, isPending, listWorks, type StoredWork } from '../work/work-store.ts';

/** The order of works in one namespace of one physical cluster: lower tiers are applied first and deleted last. */
export class Tiers {
  readonly #store: ObjectStore;
  readonly #queue: Pick<ReconcileQueue, 'add'>;

  constructor(store: ObjectStore, queue: Pick<ReconcileQueue, 'add'>) {
    this.#store = store;
    this.#queue = queue;
  }

  /**
   * Whether others come first. To be applied: what is lower and still to be applied, unless it failed for reasons of its own. To be removed: everything
   * higher that is not at rest, because it may still use this.
   */
  async isBlocked(stored: StoredWork): Promise<boolean> {
    const { tier, tombstoneAt } = stored.work.spec;
    if (tier === 0) return false;
    for (const { work } of await this.#neighbours(stored)) {
      if (!isPending(work)) continue;
      if (tombstoneAt !== undefined) {
        if (work.spec.tier > tier) return true;
      } else if (work.spec.tier < tier && work.spec.tombstoneAt === undefined && work.status?.lastError === undefined) {
        return true;
      }
    }
    return false;
  }

  /** Rings for those that waited for `stored`: it is applied, or failed, or (as its tombstone says) gone. */
  async ringNext(stored: StoredWork): Promise<void> {
    const { tier, tombstoneAt } = stored.work.spec;
    if (tier === 0) return;
    for (const { key, work } of await this.#neighbours(stored)) {
      const waits = tombstoneAt === undefined ? work.spec.tier > tier : work.spec.tier < tier;
      if (waits && isPending(work)) this.#queue.add(formatWorkKey(key));
    }
  }

  /** Rings for everything that is pending in a physical cluster: it answers again. */
  async ringAll(physicalClusterUID: string): Promise<void> {
    for await (const { key, work } of allWorks(this.#store)) {
      if (work.spec.physicalClusterUID === physicalClusterUID && isPending(work)) this.#queue.add(formatWorkKey(key));
    }
  }

  /** The other works in the same namespace of the same physical cluster. */
  async #neighbours({ key, work }: StoredWork): Promise<readonly StoredWork[]> {
    const { physicalClusterUID, targetNamespace } = work.spec;
    return (await listWorks(this.#store, key.cluster)).filter(
      (other) =>
        other.key.name !== key.name &&
        other.work.spec.physicalClusterUID === physicalClusterUID &&
        other.work.spec.targetNamespace === targetNamespace,
    );
  }
}
