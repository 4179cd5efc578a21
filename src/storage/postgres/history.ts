import type { Queryable, Row } from '../../pg/connection.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import type { HistoryFilter, HistoryPage } from '../hub.ts';
import { RevisionCompacted } from '../object-store.ts';
import type { StoredChange } from '../ring.ts';
import type { Sealing } from '../sealing.ts';
import { readChange, readHead } from './change-rows.ts';
import type { Clusters } from './clusters.ts';
import type { Resources } from './resources.ts';
import { history } from './statements.ts';

export type HistoryOptions = {
  readonly connection: Queryable;
  readonly clusters: Clusters;
  readonly resources: Resources;
  readonly sealing: Sealing;
};

/** The changes of a page, and up to where nothing that the filter accepts is left out. */
export type StoredHistoryPage = HistoryPage & { readonly changes: readonly StoredChange[] };

/** Reads the change log for those who are further back than this process remembers. */
export class History {
  readonly #options: HistoryOptions;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** Up to `limit` changes after `from`, in order, from one snapshot. Throws `RevisionCompacted`. */
  async read(shard: number, filter: HistoryFilter, from: number, limit: number): Promise<StoredHistoryPage> {
    const { connection, clusters, resources } = this.#options;
    const [oneCluster, oneResource] = [filter.cluster !== '*', filter.resource !== '*'];
    const cluster = oneCluster ? await clusters.find(filter.cluster as ClusterName) : undefined;
    const page = (resource: number): Promise<readonly Row[]> =>
      connection.query(history(oneCluster, oneResource, filter.namespace !== ''), [
        shard,
        from,
        limit,
        cluster?.id ?? -1,
        // A resource that was never stored has no changes, and -1 matches none.
        resource === 0 ? -1 : resource,
        filter.namespace,
      ]);
    const rows = await (oneResource ? resources.reading(filter.resource, page) : page(0));
    const { value, oldest } = readHead(rows);
    if (from < oldest) throw new RevisionCompacted(from, oldest);
    const found = rows.filter((row) => row[3] !== null);
    await resources.learn(found.map((row) => Number(row[6])));
    const known = await clusters.byIds(found.map((row) => Number(row[5])));
    const changes: StoredChange[] = [];
    for (const row of found) {
      const name = known.get(Number(row[5]))?.record.name;
      // The changes of a purged cluster concern nobody.
      if (name !== undefined)
        changes.push(readChange(row, name, resources.name(Number(row[6])) ?? '', this.#options.sealing));
    }
    const last = found.at(-1);
    return { changes, through: found.length < limit || last === undefined ? value : Number(last[3]) };
  }
}
