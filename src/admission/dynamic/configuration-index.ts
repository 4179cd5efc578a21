import type { ClusterName } from '../../logicalcluster/name.ts';
import type { ClusterRecord, ObjectKey, ObjectStore } from '../../storage/object-store.ts';

/** What the index asks of storage. */
export type IndexedStore = Pick<ObjectStore, 'watch' | 'listEverywhere' | 'revision' | 'fresh'>;

const pageSize = 500;
const retryMs = 1000;
/** The shard that is followed; logical clusters of others are looked up. */
const followedShard = 'root';

/** The objects of one resource, by logical cluster: name and the revision at which each was last heard of. */
type Holders = Map<ClusterName, Map<string, number>>;

/**
 * Which logical clusters have webhook configurations or policies at all. It is what lets a write elsewhere go on without looking anything up: a name and a
 * number for each configuration, and nothing for logical clusters that have none.
 *
 * One for each server process. It begins to follow the change log when it is first asked; until it has caught up, every logical cluster may have some.
 */
export class ConfigurationIndex {
  readonly #store: IndexedStore;
  readonly #resources = new Map<string, { holders: Holders; ready: boolean }>();

  constructor(store: IndexedStore) {
    this.#store = store;
  }

  /** False: there is none, as far as this process knows the log. */
  mayHave({ name, shard }: ClusterRecord, resource: string): boolean {
    let known = this.#resources.get(resource);
    if (known === undefined) {
      known = { holders: new Map(), ready: false };
      this.#resources.set(resource, known);
      void this.#follow(resource, known);
    }
    return !known.ready || shard !== followedShard || known.holders.has(name);
  }

  /** This process has just written one. */
  heardOf(key: ObjectKey, revision: number): void {
    const known = this.#resources.get(key.resource);
    if (known !== undefined) note(known.holders, key, revision);
  }

  async #follow(resource: string, known: { holders: Holders; ready: boolean }): Promise<void> {
    const again = (): void => {
      known.ready = false;
      setTimeout(() => void this.#follow(resource, known), retryMs).unref();
    };
    try {
      const from = await this.#store.fresh();
      this.#store.watch({
        cluster: '*',
        resource,
        from,
        onChanges: (changes) => {
          for (const { type, key, revision } of changes)
            if (type === 'DELETED') forget(known.holders, key, revision);
            else note(known.holders, key, revision);
        },
        onEnd: (reason) => {
          if (reason !== 'closed') again();
        },
      });
      await this.#scan(resource, known.holders);
      known.ready = true;
    } catch {
      again();
    }
  }

  async #scan(resource: string, holders: Holders): Promise<void> {
    let after: ObjectKey | undefined;
    do {
      const page = await this.#store.listEverywhere({
        resource,
        limit: pageSize,
        ...(after === undefined ? {} : { after }),
      });
      for (const { key, revision } of page) note(holders, key, revision);
      after = page.length < pageSize ? undefined : page.at(-1)?.key;
    } while (after !== undefined);
  }
}

function note(holders: Holders, { cluster, name }: ObjectKey, revision: number): void {
  const names = holders.get(cluster);
  if (names === undefined) holders.set(cluster, new Map([[name, revision]]));
  else names.set(name, Math.max(revision, names.get(name) ?? 0));
}

/** What was made anew after the deletion stays. */
function forget(holders: Holders, { cluster, name }: ObjectKey, revision: number): void {
  const names = holders.get(cluster);
  if (names === undefined || (names.get(name) ?? 0) > revision) return;
  names.delete(name);
  if (names.size === 0) holders.delete(cluster);
}
