import type { KubeObject } from '../../apimachinery/object.ts';
import type { ClusterRecord } from '../../storage/object-store.ts';
import { type Configurations, type ConfigurationSource, followConfigurations } from '../dynamic/configurations.ts';
import { type Binding, policyBinding } from './binding.ts';
import type { PolicyFrame } from './policy.ts';

export type Bound<P> = { readonly policy: P; readonly bindings: readonly Binding[] };

const none: readonly never[] = [];

/** The policies of logical clusters that bindings put to work, with these. */
export class BoundPolicies<P extends PolicyFrame> {
  readonly #policies: Configurations<P>;
  readonly #bindings: Configurations<Binding>;
  /** Joined once for each state of both collections. */
  readonly #joined = new WeakMap<readonly P[], { readonly bindings: readonly Binding[]; readonly bound: Bound<P>[] }>();

  constructor(source: ConfigurationSource, policies: string, bindings: string, compile: (object: KubeObject) => P) {
    this.#policies = followConfigurations(source, policies, compile);
    this.#bindings = followConfigurations(source, bindings, policyBinding);
  }

  /** At once when this process knows them, above all when there are none. */
  of(cluster: ClusterRecord): readonly Bound<P>[] | Promise<readonly Bound<P>[]> {
    // Bindings first: a policy without one does nothing.
    const bindings = this.#bindings(cluster);
    if (bindings instanceof Promise) return this.#wait(cluster, bindings);
    if (bindings.length === 0) return none;
    const policies = this.#policies(cluster);
    return policies instanceof Promise
      ? policies.then((list) => this.#join(list, bindings))
      : this.#join(policies, bindings);
  }

  async #wait(cluster: ClusterRecord, bindings: Promise<readonly Binding[]>): Promise<readonly Bound<P>[]> {
    return this.#join(await this.#policies(cluster), await bindings);
  }

  #join(policies: readonly P[], bindings: readonly Binding[]): readonly Bound<P>[] {
    if (policies.length === 0 || bindings.length === 0) return none;
    const known = this.#joined.get(policies);
    if (known?.bindings === bindings) return known.bound;
    const byPolicy = Map.groupBy(bindings, ({ policyName }) => policyName);
    const bound = policies.flatMap((policy) => {
      const own = byPolicy.get(policy.name);
      return own === undefined ? [] : [{ policy, bindings: own }];
    });
    this.#joined.set(policies, { bindings, bound });
    return bound;
  }
}
