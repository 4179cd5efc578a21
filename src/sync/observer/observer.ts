import type { KubeObject } from '../../apimachinery/object.ts';
import type { ReconcileQueue } from '../../controllers/framework/reconcile-queue.ts';
import { parseClusterName, rootCluster } from '../../logicalcluster/name.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import { pathOf, type PlacedKind, placedKinds } from '../kinds.ts';
import type { SyncLog } from '../log.ts';
import type { PhysicalError } from '../physical/api.ts';
import type { Connection } from '../physical/connections.ts';
import { labels } from '../vocabulary.ts';
import {
  formatWorkKey,
  parseWorkKey,
  readWork,
  type StoredWork,
  updateWorkStatus,
  type WorkKey,
} from '../work/work-store.ts';
import { workPath } from '../worker/apply.ts';
import { sourceOf } from '../worker/ownership.ts';
import { Coalescer } from './coalescer.ts';
import { reflect } from './reflector.ts';
import { driftedStatus, hasDrifted, lostStatus, observedStatus, readinessDigest } from './report.ts';

export type ObserverOptions = {
  readonly store: ObjectStore;
  readonly queue: Pick<ReconcileQueue, 'add'>;
  readonly connection: Connection;
  readonly controlPlaneUID: string;
  readonly log: SyncLog;
  readonly now?: () => Date;
};

/** What was last seen of a copy; `undefined` when it is gone. */
type Sight = { readonly kind: PlacedKind; readonly object: KubeObject | undefined };

type Copy = { readonly resource: string; readonly key: WorkKey; readonly digest: string; readonly uid: string };

/** At most one report a second and object. */
const pauseMs = 1000;
const maxRunning = 16;

/** Watches our copies in one physical cluster, and writes what it sees into their Works. Runs until `stop`. */
export class PhysicalClusterObserver {
  readonly connection: Connection;
  /** Resolves when everything there has been seen once. */
  readonly synced: Promise<void>;
  isSynced = false;
  readonly #options: ObserverOptions;
  readonly #stopping = new AbortController();
  readonly #running: Promise<unknown>;
  readonly #reports: Coalescer<Sight>;
  /** Copies there are, by the name of their Work, with what is urgent about each. */
  readonly #copies = new Map<string, Copy>();
  /** Names of Works by the uid of their copy: a copy is known again when somebody took its labels away. */
  readonly #byUID = new Map<string, string>();

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.connection = options.connection;
    this.#reports = new Coalescer((key, sight) => this.#report(key, sight), { pauseMs, maxRunning });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.synced = promise;
    const unseen = new Set(placedKinds);
    this.#running = Promise.all(
      placedKinds.map((kind) =>
        reflect(
          {
            api: this.connection.api,
            path: pathOf(kind, '', ''),
            labelSelector: `${labels.controlPlane}=${options.controlPlaneUID}`,
            metadataOnly: kind.role !== 'placed',
          },
          {
            onReplace: (objects) => {
              this.#replace(kind, objects);
              unseen.delete(kind);
              if (unseen.size > 0) return;
              this.isSynced = true;
              resolve();
            },
            onEvent: (type, object) => this.#see(kind, object, type === 'DELETED'),
            onError: (error) => this.#complain(kind, error),
          },
          this.#stopping.signal,
        ),
      ),
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#reports.close();
    await this.#running;
  }

  has(work: string): boolean {
    return this.#copies.has(work);
  }

  /** Looks whether the copy of an applied Work that no watch shows is really gone, and if so has it made again. */
  async confirmMissing({ key, work }: StoredWork): Promise<void> {
    const live = await this.connection.api.get(workPath(work));
    if (live === undefined) await this.#lost(key);
  }

  #complain(kind: PlacedKind, error: PhysicalError): void {
    const { log } = this.#options;
    log.debug({ err: error, physicalCluster: this.connection.name, resource: kind.resource }, 'cannot observe');
  }

  #replace(kind: PlacedKind, objects: readonly KubeObject[]): void {
    const present = new Set<string>();
    for (const object of objects) {
      present.add(this.#workOf(object) ?? '');
      this.#see(kind, object, false);
    }
    for (const [name, { resource, key, uid }] of this.#copies) {
      if (resource !== kind.resource || present.has(name)) continue;
      this.#copies.delete(name);
      this.#byUID.delete(uid);
      this.#reports.offer(formatWorkKey(key), { kind, object: undefined }, true);
    }
  }

  #workOf({ metadata }: KubeObject): string | undefined {
    return metadata.labels?.[labels.work] ?? this.#byUID.get(metadata.uid ?? '');
  }

  #see(kind: PlacedKind, object: KubeObject, deleted: boolean): void {
    const name = this.#workOf(object);
    if (name === undefined) return;
    const uid = object.metadata.uid ?? '';
    const known = this.#copies.get(name);
    // The annotation may be gone too, but not what we know from when it was there.
    const cluster = kind.namespaced
      ? parseClusterName(sourceOf(object.metadata.annotations)?.cluster ?? '')
      : rootCluster;
    const key = known?.key ?? (cluster === undefined ? undefined : { cluster, name });
    if (key === undefined) return;
    const digest = kind.role === 'placed' ? readinessDigest(object) : '';
    const urgent = deleted || known === undefined || known.digest !== digest;
    if (deleted) {
      this.#copies.delete(name);
      this.#byUID.delete(uid);
    } else {
      this.#copies.set(name, { resource: kind.resource, key, digest, uid });
      this.#byUID.set(uid, name);
    }
    this.#reports.offer(formatWorkKey(key), { kind, object: deleted ? undefined : object }, urgent);
  }

  async #report(text: string, { kind, object }: Sight): Promise<void> {
    const key = parseWorkKey(text);
    try {
      if (object === undefined) await this.#lost(key);
      else await this.#seen(key, kind, object);
    } catch (error) {
      // The next event, or the next audit, tells it again.
      if (!this.#stopping.signal.aborted) {
        this.#options.log.warn({ err: error, work: text }, 'what was observed could not be noted');
      }
    }
  }

  async #lost(key: WorkKey): Promise<void> {
    const { store, queue } = this.#options;
    const after = await updateWorkStatus(store, key, (work) =>
      this.#isMine(work.spec.physicalClusterUID) ? lostStatus(work) : undefined,
    );
    if (after !== undefined) queue.add(formatWorkKey(key));
  }

  async #seen(key: WorkKey, kind: PlacedKind, object: KubeObject): Promise<void> {
    const { store, now = (): Date => new Date() } = this.#options;
    const stored = await readWork(store, key);
    if (stored === undefined || !this.#isMine(stored.work.spec.physicalClusterUID)) return;
    // An event from before our last apply looks like a drift too: only a fresh look tells.
    const suspect = hasDrifted(stored.work, object) ? await this.connection.api.get(workPath(stored.work)) : undefined;
    await updateWorkStatus(store, key, (work) => {
      let status = work.status ?? {};
      if (suspect !== undefined && hasDrifted(work, suspect)) status = driftedStatus(work, suspect, now());
      const observed = kind.role === 'placed' ? observedStatus(suspect ?? object) : undefined;
      if (observed === undefined) return status;
      return { ...status, observed, observedGeneration: (suspect ?? object).metadata.generation ?? 0 };
    });
  }

  #isMine(physicalClusterUID: string): boolean {
    return physicalClusterUID === this.connection.uid;
  }
}
