import type { ResourceDefinition } from '../../api/resource-definition.ts';
import { storageResource } from '../../api/resource-definition.ts';
import { type OwnerReference, parseApiVersion } from '../../apimachinery/object.ts';
import type { Catalog, CatalogSource } from '../../registry/registry.ts';
import type { NamedOwner } from './owner-keys.ts';
import type { CachedObject, ClusterRecord, ObjectStore } from '../../storage/object-store.ts';

export const orphanFinalizer = 'orphan';
export const foregroundFinalizer = 'foregroundDeletion';

/** What an object's owner references mean now. */
export type Ownership =
  | {
      readonly known: true;
      /** The owner lives. */
      readonly solid: readonly OwnerReference[];
      /** There is no such object, or another one with its name. */
      readonly dangling: readonly OwnerReference[];
      /** The owner is being deleted in the foreground: it waits for its dependents to go. */
      readonly waiting: readonly OwnerReference[];
    }
  /** A reference that cannot be judged: nothing may be concluded from the others. */
  | { readonly known: false; readonly why: string };

/** Objects looked at in search of a circle. */
const maxCircle = 500;

/** Finds owners by kind in the catalog of the dependent's logical cluster. */
export class Owners {
  readonly #store: Pick<ObjectStore, 'get'>;
  readonly #catalogs: CatalogSource;
  readonly #kinds = new WeakMap<Catalog, ReadonlyMap<string, ResourceDefinition>>();

  constructor(store: Pick<ObjectStore, 'get'>, catalogs: CatalogSource) {
    this.#store = store;
    this.#catalogs = catalogs;
  }

  /**
   * Judges all references of `dependent`. An owner of a namespaced kind is looked for in the dependent's namespace, others cluster-wide; a dependent without
   * namespace cannot have an owner in one (upstream never collects such an object), and of a kind that is not served nothing is known.
   */
  async judge(
    cluster: ClusterRecord,
    dependent: CachedObject,
    references: readonly OwnerReference[],
  ): Promise<Ownership> {
    const kinds = this.#kindsOf(await this.#catalogs.catalogFor(cluster));
    const solid: OwnerReference[] = [];
    const dangling: OwnerReference[] = [];
    const waiting: OwnerReference[] = [];
    for (const reference of references) {
      const { group } = parseApiVersion(reference.apiVersion);
      const definition = kinds.get(`${group}/${reference.kind}`);
      if (definition === undefined)
        return { known: false, why: `${reference.apiVersion} ${reference.kind} is not served` };
      if (definition.scope === 'Namespaced' && dependent.key.namespace === '')
        return { known: false, why: `an object without namespace refers to the namespaced ${reference.kind}` };
      const owner = await this.#get(cluster, definition, dependent.key.namespace, reference.name);
      if (owner?.object.metadata.uid !== reference.uid) dangling.push(reference);
      else if (isDeletingDependents(owner)) waiting.push(reference);
      else solid.push(reference);
    }
    return { known: true, solid, dangling, waiting };
  }

  /**
   * The references by which `object` waits for itself: it blocks an owner that is being deleted in the foreground, which blocks another such owner, and so on
   * back to the object.
   */
  async waitingInCircle(cluster: ClusterRecord, object: CachedObject): Promise<readonly OwnerReference[]> {
    const circular: OwnerReference[] = [];
    for (const reference of blockingReferences(object))
      if (await this.#leadsTo(cluster, object, reference)) circular.push(reference);
    return circular;
  }

  async #leadsTo(cluster: ClusterRecord, start: CachedObject, first: OwnerReference): Promise<boolean> {
    const goal = start.object.metadata.uid;
    const seen = new Set<string>();
    const next = [{ from: start, reference: first }];
    for (let step = next.pop(); step !== undefined && seen.size < maxCircle; step = next.pop()) {
      const { from, reference } = step;
      if (reference.uid === goal) return true;
      if (seen.has(reference.uid)) continue;
      seen.add(reference.uid);
      const { group } = parseApiVersion(reference.apiVersion);
      const owner = await this.find(cluster, from.key.namespace, { ...reference, group });
      if (owner?.object.metadata.uid !== reference.uid || !isDeletingDependents(owner)) continue;
      for (const another of blockingReferences(owner)) next.push({ from: owner, reference: another });
    }
    return false;
  }

  /** An owner by name, as a dependent in `namespace` names it. */
  async find(
    cluster: ClusterRecord,
    namespace: string,
    { group, kind, name }: NamedOwner,
  ): Promise<CachedObject | undefined> {
    const definition = this.#kindsOf(await this.#catalogs.catalogFor(cluster)).get(`${group}/${kind}`);
    return definition && this.#get(cluster, definition, namespace, name);
  }

  #get(
    cluster: ClusterRecord,
    definition: ResourceDefinition,
    namespace: string,
    name: string,
  ): Promise<CachedObject | undefined> {
    return this.#store.get({
      cluster: cluster.name,
      resource: storageResource(definition),
      namespace: definition.scope === 'Namespaced' ? namespace : '',
      name,
    });
  }

  #kindsOf(catalog: Catalog): ReadonlyMap<string, ResourceDefinition> {
    let kinds = this.#kinds.get(catalog);
    if (kinds === undefined) {
      kinds = new Map(catalog.definitions.map((definition) => [`${definition.group}/${definition.kind}`, definition]));
      this.#kinds.set(catalog, kinds);
    }
    return kinds;
  }
}

/** The references to owners that wait for this object when they are deleted in the foreground. */
export function blockingReferences({ object, text }: CachedObject): readonly OwnerReference[] {
  if (!text.includes('"ownerReferences"')) return [];
  return (object.metadata.ownerReferences ?? []).filter((reference) => reference.blockOwnerDeletion === true);
}

export function isBeingDeleted({ object }: CachedObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** Being deleted in the foreground: goes when its dependents are gone. */
export function isDeletingDependents(object: CachedObject): boolean {
  return isBeingDeleted(object) && hasFinalizer(object, foregroundFinalizer);
}

export function hasFinalizer({ object }: CachedObject, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) === true;
}
