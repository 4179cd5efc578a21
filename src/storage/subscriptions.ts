import type { Change } from './object-store.ts';
import type { StoredChange } from './ring.ts';
import type { Subscription } from './subscription.ts';

/** Subscriptions that see exactly the same changes, and the changes that wait for them. */
export class Group {
  readonly members = new Set<Subscription>();
  /** Made when the first change of a tick arrives; handed to every member as it is. */
  batch: Change[] | undefined;
}

/** All subscriptions with the same (cluster, resource), by namespace ('' sees all). */
type Scope = Map<string, Group>;

/** Finds the groups that a change concerns with a few map look-ups, however many subscriptions there are. `*` is a key like any other. */
export class Subscriptions {
  readonly #scopes = new Map<string, Map<string, Scope>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(subscription: Subscription): void {
    const { cluster, resource, namespace } = subscription;
    const group = entry(
      entry(
        entry(this.#scopes, cluster, () => new Map<string, Scope>()),
        resource,
        () => new Map<string, Group>(),
      ),
      namespace,
      () => new Group(),
    );
    if (group.members.has(subscription)) return;
    group.members.add(subscription);
    this.#count++;
  }

  remove(subscription: Subscription): void {
    const { cluster, resource, namespace } = subscription;
    const resources = this.#scopes.get(cluster);
    const scope = resources?.get(resource);
    const group = scope?.get(namespace);
    if (resources === undefined || scope === undefined || !group?.members.delete(subscription)) return;
    this.#count--;
    if (group.members.size > 0) return;
    scope.delete(namespace);
    if (scope.size > 0) return;
    resources.delete(resource);
    if (resources.size === 0) this.#scopes.delete(cluster);
  }

  /** True when somebody watches the collection itself (wildcards do not count). */
  watches(cluster: string, resource: string): boolean {
    return this.#scopes.get(cluster)?.has(resource) === true;
  }

  /** Sorts a change into the batches of the groups that it concerns; groups whose batch begins are appended to `touched`. */
  collect(change: StoredChange, touched: Group[]): void {
    const { cluster, resource, namespace } = change.key;
    const own = this.#scopes.get(cluster);
    if (own !== undefined) {
      collectScope(own.get(resource), namespace, change, touched);
      collectScope(own.get('*'), namespace, change, touched);
    }
    const wild = this.#scopes.get('*');
    if (wild !== undefined) {
      collectScope(wild.get(resource), namespace, change, touched);
      collectScope(wild.get('*'), namespace, change, touched);
    }
  }

  /** Calls `visit` with every subscription of a cluster; it may remove the one that it is given. */
  visitCluster(cluster: string, visit: (subscription: Subscription) => void): void {
    for (const scope of this.#scopes.get(cluster)?.values() ?? []) {
      for (const group of scope.values()) for (const subscription of group.members) visit(subscription);
    }
  }

  visitAll(visit: (subscription: Subscription) => void): void {
    for (const cluster of this.#scopes.keys()) this.visitCluster(cluster, visit);
  }
}

function collectScope(scope: Scope | undefined, namespace: string, change: Change, touched: Group[]): void {
  if (scope === undefined) return;
  collectGroup(scope.get(''), change, touched);
  if (namespace !== '') collectGroup(scope.get(namespace), change, touched);
}

function collectGroup(group: Group | undefined, change: Change, touched: Group[]): void {
  if (group === undefined) return;
  if (group.batch !== undefined) group.batch.push(change);
  else {
    group.batch = [change];
    touched.push(group);
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
