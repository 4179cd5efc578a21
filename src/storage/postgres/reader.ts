import { textArray } from '../../pg/arrays.ts';
import type { Queryable, Row } from '../../pg/connection.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import { Collection } from '../cache/collection.ts';
import type { Loaded } from '../cache/collections.ts';
import { SerializedObject } from '../cache/serialized.ts';
import { type ObjectKey, RevisionCompacted } from '../object-store.ts';
import type { Sealing } from '../sealing.ts';
import type { KnownCluster } from './clusters.ts';
import { compareKeys, type DefaultObjects } from './default-objects.ts';
import type { Resources } from './resources.ts';
import {
  countBehind,
  countInCluster,
  countInNamespace,
  dependents,
  everywhere,
  getObject,
  loadCollection,
  pageAt,
  pageNow,
} from './statements.ts';

export type ReaderOptions = {
  /** Short statements, pipelined. */
  readonly fast: Queryable;
  /** Statements that may give much. */
  readonly bulk: Queryable;
  readonly resources: Resources;
  readonly defaults: DefaultObjects;
  readonly sealing: Sealing;
};

export type PageQuery = {
  readonly shard: number;
  readonly cluster: KnownCluster;
  readonly resource: string;
  readonly namespace: string;
  readonly after: { readonly namespace: string; readonly name: string } | undefined;
  readonly rows: number;
  /** State at that revision; the current one when undefined. */
  readonly at: number | undefined;
};

export type Page = {
  readonly items: readonly SerializedObject[];
  /** Revision of the state that the page shows. */
  readonly revision: number;
  /** Where the next page begins; undefined on the last one. */
  readonly next: { readonly namespace: string; readonly name: string } | undefined;
};

/** Reads objects from the database, default content laid over them. */
export class Reader {
  readonly #options: ReaderOptions;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  async get(cluster: KnownCluster, key: ObjectKey): Promise<SerializedObject | undefined> {
    const { resources, fast, defaults } = this.#options;
    const resource = resources.known(key.resource) ?? (await resources.find(key.resource));
    const [row] =
      resource === undefined ? [] : await fast.query(getObject, [cluster.id, resource, key.namespace, key.name]);
    if (row !== undefined) return row[1] === null ? undefined : this.#stored(key, row[0], row[1]);
    const text = defaults.text(cluster.record, key.resource, key.namespace, key.name);
    return text === undefined ? undefined : new SerializedObject(key, cluster.record.revision, text);
  }

  #stored(key: ObjectKey, revision: string | null | undefined, body: string | null | undefined): SerializedObject {
    return new SerializedObject(key, Number(revision), this.#options.sealing.open(key, body ?? ''));
  }

  /** A whole collection in one snapshot, unless it is larger than `maxBytes`. */
  async load(shard: number, cluster: KnownCluster, resource: string, maxBytes: number): Promise<Loaded> {
    const { resources, bulk, defaults } = this.#options;
    const rows = await resources.reading(resource, (id) =>
      bulk.query(loadCollection, [shard, cluster.id, id, maxBytes]),
    );
    const revision = Number(rows[0]?.[0]);
    if (Number(rows[0]?.[1]) > maxBytes) return 'tooBig';
    const collection = new Collection(revision);
    const record = cluster.record;
    for (const text of defaults.all(record, resource)) collection.set(defaults.object(record, resource, text));
    for (const [, , namespace, name, objectRevision, body] of rows) {
      if (namespace == null || name == null) continue;
      if (body == null) collection.remove(namespace, name);
      else {
        const key = { cluster: record.name, resource, namespace, name };
        collection.set(this.#stored(key, objectRevision, body));
      }
    }
    return { collection, revision };
  }

  /** One page of a collection, from one snapshot. Throws `RevisionCompacted`. */
  async page(query: PageQuery): Promise<Page> {
    const { shard, cluster, resource, namespace, after, rows: limit, at } = query;
    const rows = await this.#options.resources.reading(resource, (id) =>
      this.#options.bulk.query(at === undefined ? pageNow : pageAt, [
        shard,
        cluster.id,
        id,
        namespace,
        after?.namespace ?? '',
        after?.name ?? '',
        limit,
        ...(at === undefined ? [] : [at]),
      ]),
    );
    const value = Number(rows[0]?.[0]);
    const oldest = Number(rows[0]?.[1]);
    if (at !== undefined && at < oldest) throw new RevisionCompacted(at, oldest);
    const found = rows.filter((row) => row[3] !== null);
    const last = found.length < limit ? undefined : found.at(-1);
    const next = last === undefined ? undefined : { namespace: last[2] ?? '', name: last[3] ?? '' };
    const revision = at ?? value;
    return { items: this.#overlay(query, found, next, revision), revision, next };
  }

  /** How many objects there were behind a key at a revision that the log still reaches back to. */
  async countBehind(query: Omit<PageQuery, 'shard' | 'rows' | 'at'> & { at: number }): Promise<number> {
    const { cluster, resource, namespace, after, at } = query;
    const { resources, bulk, defaults } = this.#options;
    const shown = (at < cluster.record.revision ? [] : defaults.all(cluster.record, resource)).filter(
      (text) =>
        (namespace === '' || text.namespace === namespace) && (after === undefined || compareKeys(text, after) > 0),
    );
    const [row] = await resources.reading(resource, (id) =>
      bulk.query(countBehind, [
        cluster.id,
        id,
        namespace,
        after?.namespace ?? '',
        after?.name ?? '',
        at,
        textArray(shown.map((text) => text.namespace)),
        textArray(shown.map((text) => text.name)),
      ]),
    );
    return Number(row?.[0]);
  }

  /** Rows (sorted, tombstones included) and the default objects that no row hides, up to where the page ends. */
  #overlay(query: PageQuery, rows: readonly Row[], end: Page['next'], revision: number): readonly SerializedObject[] {
    const { resource, namespace, after } = query;
    const record = query.cluster.record;
    const items: SerializedObject[] = [];
    const hidden = new Set<string>();
    for (const row of rows) {
      const key = { cluster: record.name, resource, namespace: row[2] ?? '', name: row[3] ?? '' };
      hidden.add(`${key.namespace}\0${key.name}`);
      if (row[5] != null) items.push(this.#stored(key, row[4], row[5]));
    }
    if (revision < record.revision) return items;
    const shown = this.#options.defaults
      .all(record, resource)
      .filter(
        (text) =>
          (namespace === '' || text.namespace === namespace) &&
          (after === undefined || compareKeys(text, after) > 0) &&
          (end === undefined || compareKeys(text, end) <= 0) &&
          !hidden.has(`${text.namespace}\0${text.name}`),
      );
    if (shown.length === 0) return items;
    items.push(...shown.map((text) => this.#options.defaults.object(record, resource, text)));
    return items.sort((a, b) => compareKeys(a.key, b.key));
  }

  /** Stored objects of a resource in all clusters of a shard, by cluster name. */
  async everywhere(
    shard: number,
    resource: string,
    after: ObjectKey | undefined,
    limit: number,
  ): Promise<readonly SerializedObject[]> {
    const id = await this.#options.resources.find(resource);
    if (id === undefined) return [];
    const { cluster = '', namespace = '', name: from = '' } = after ?? {};
    const rows = await this.#options.bulk.query(everywhere, [shard, id, cluster, namespace, from, limit]);
    return rows.map((row) => {
      const key = { cluster: row[0] as ClusterName, resource, namespace: row[1] ?? '', name: row[2] ?? '' };
      return this.#stored(key, row[3], row[4]);
    });
  }

  /** Stored objects that name this owner. */
  async dependents(cluster: KnownCluster, ownerUid: string, limit: number): Promise<readonly SerializedObject[]> {
    const rows = await this.#options.bulk.query(dependents, [cluster.id, ownerUid, limit]);
    return rows.map(([resource, namespace, name, revision, body]) => {
      const key = {
        cluster: cluster.record.name,
        resource: resource ?? '',
        namespace: namespace ?? '',
        name: name ?? '',
      };
      return this.#stored(key, revision, body);
    });
  }

  async countByResource(cluster: KnownCluster, namespace: string): Promise<ReadonlyMap<string, number>> {
    const rows =
      namespace === ''
        ? await this.#options.bulk.query(countInCluster, [cluster.id])
        : await this.#options.bulk.query(countInNamespace, [cluster.id, namespace]);
    return new Map(rows.map(([resource, count]) => [resource ?? '', Number(count)]));
  }
}
