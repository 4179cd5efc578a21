import type { ApiError } from '../../../apimachinery/errors.ts';
import type { ClusterRecord, ObjectKey, ObjectStore, WriteItem, WriteOutcome } from '../../../storage/object-store.ts';
import type { CatalogSource } from '../../registry.ts';
import { type Charge, deltaOf, isOverdue, refusalOf } from './charge.ts';
import { NamespaceLedger } from './namespace-ledger.ts';
import { needsCount, namesTracked, type Quota, quotaOf, quotaResource } from './quota.ts';
import { recount } from './recount.ts';

/** A write that quotas may concern. */
export type ChargedWrite = {
  readonly charge: Charge;
  /** Of the object. */
  readonly key: ObjectKey;
  /** What to commit; the object itself is the last. */
  readonly items: readonly WriteItem[];
  /** The error that says why quotas refuse it. */
  readonly refuse: (why: string) => ApiError;
};

/** The quotas of a namespace, by name, and the guard that commits decided on them have to name. */
export type View = { readonly guard: number; readonly quotas: readonly Quota[] };

const noQuotas: readonly Quota[] = [];
/** Of a logical cluster that has never had a quota. */
const nothing: View = { guard: 0, quotas: noQuotas };

export type QuotaLedgerOptions = {
  readonly store: Pick<ObjectStore, 'commit' | 'guard' | 'list' | 'peek'>;
  readonly catalogs: Pick<CatalogSource, 'catalogFor'>;
};

/**
 * Keeps `status.used` of every ResourceQuota equal to what there is, by changing it in the commit that changes what it counts.
 *
 * Why it is exact, whatever other replicas do at the same time:
 * - A write that changes what a quota has counted changes the quota in the same atomic group, by compare-and-set. So of two writes that both read the same
 *   balance one fails, and is decided anew.
 * - A write that sees no quota that concerns it is committed under the logical cluster's guard. Every commit that makes a quota, or changes the spec of one,
 *   raises the guard. So a replica that has not heard of a quota cannot write past it: its commit fails, it looks again, and finds the quota.
 * - A quota that is new, or whose spec has changed, has not been counted yet (stock enforces nothing until its controller has counted). Whoever sees such a
 *   quota first counts what is there and commits the count together with its own write, by compare-and-set on the quota. Everybody who writes since the
 *   quota was made has to do the same, so nothing can slip between the count and its commit. The controller does it too, for quotas under which nobody writes.
 * - What is removed is released in the commit that removes it, so usage never waits for a controller.
 *
 * Writes of one namespace queue up here and are committed together, one change of each quota for all of them: otherwise all but one of those that are
 * under way would lose their compare-and-set. Nothing is kept of a namespace in which nothing is under way.
 */
export class QuotaLedger {
  readonly #options: QuotaLedgerOptions;
  readonly #namespaces = new Map<string, NamespaceLedger>();

  constructor(options: QuotaLedgerOptions) {
    this.#options = options;
  }

  /** What is known without a wait; undefined when something has to be looked up first. */
  viewAtHand({ name }: ClusterRecord, namespace: string): View | undefined {
    const guard = this.#options.store.guard(name);
    if (typeof guard !== 'number') return undefined;
    if (guard === 0) return nothing;
    const items = this.#options.store.peek(name, quotaResource, namespace);
    return items === undefined ? undefined : { guard, quotas: items.map((item) => quotaOf(item)) };
  }

  /** The view at hand, or one that is as new as the call. */
  async view(cluster: ClusterRecord, namespace: string, isFresh: boolean): Promise<View> {
    const { store } = this.#options;
    // The guard first: what raised it is in the quotas that are read afterwards.
    const guard = await store.guard(cluster.name);
    if (guard === 0 && !isFresh) return nothing;
    const mode = isFresh ? 'fresh' : 'any';
    const { items } = await store.list({ cluster: cluster.name, resource: quotaResource, namespace, at: { mode } });
    return { guard, quotas: items.map((item) => quotaOf(item)) };
  }

  /** Counts anew where nobody has yet, or where time has changed what was counted; else what the status says. */
  async balanceOf(cluster: ClusterRecord, quota: Quota, charges: readonly Charge[]): Promise<Quota['used']> {
    const isKnown = charges.every(
      (charge) => !needsCount(quota, namesTracked(quota, charge.evaluator)) && !isOverdue(charge),
    );
    if (isKnown) return quota.used;
    const { store, catalogs } = this.#options;
    return recount(store, await catalogs.catalogFor(cluster), quota, charges[0]?.now ?? Date.now());
  }

  /**
   * Commits a write together with what it changes in the quotas of its namespace.
   * @throws the refusal when a quota does not allow it; 503 when too many writes wait.
   */
  commit(cluster: ClusterRecord, namespace: string, write: ChargedWrite): Promise<readonly WriteOutcome[]> {
    const key = `${cluster.name}\0${namespace}`;
    let ledger = this.#namespaces.get(key);
    if (ledger === undefined) {
      ledger = new NamespaceLedger({
        store: this.#options.store,
        view: (isFresh) => this.view(cluster, namespace, isFresh),
        balanceOf: (quota, charges) => this.balanceOf(cluster, quota, charges),
        onIdle: () => this.#namespaces.delete(key),
      });
      this.#namespaces.set(key, ledger);
    }
    return ledger.commit(write);
  }

  /** Why the quotas of a namespace refuse a write that is only tried; undefined when they do not. */
  async refusalOf(cluster: ClusterRecord, namespace: string, charge: Charge): Promise<string | undefined> {
    for (const isFresh of [false, true]) {
      const { quotas } = await this.view(cluster, namespace, isFresh);
      const balances = [];
      for (const quota of quotas) {
        const charges = deltaOf(quota, charge) === undefined ? [] : [charge];
        balances.push({ quota, used: await this.balanceOf(cluster, quota, charges) });
      }
      const why = refusalOf(charge, balances);
      // A refusal is believed only of what is as new as the request.
      if (why === undefined || isFresh) return why;
    }
    return undefined;
  }
}
