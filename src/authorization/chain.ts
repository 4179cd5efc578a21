import type { ClusterName } from '../logicalcluster/name.ts';
import type { Explanation } from '../registry/authorization/access-explanations.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { decideWithoutPolicy } from './always-allow.ts';
import { type Attributes, type Authorizer, type Decision, workspaceAccessNotPermitted } from './authorizer.ts';
import { explain } from './explain.ts';
import { Policies, type PolicyStore } from './rbac/policies.ts';
import { type RulesReview, reviewRules } from './rbac/rules-review.ts';
import { mayEnter } from './workspace-access.ts';

/** The server's authorizer, and what reviews and admission ask it. */
export interface ClusterAuthorizer extends Authorizer {
  /** For SelfSubjectRulesReview. */
  rulesFor(user: UserInfo, cluster: ClusterName, namespace: string): Promise<RulesReview>;
  /** The same decision as `authorize`, with who made it, what allowed it, or what is missing. */
  explain(attributes: Attributes): Promise<Explanation>;
  /** The RBAC of logical clusters, for the checks of those who write it. */
  readonly policies: Policies;
}

export type AuthorizerStore = PolicyStore & Pick<ObjectStore, 'cluster'>;

const accessDenied: Decision = { outcome: 'deny', reason: workspaceAccessNotPermitted };

/**
 * kcp's chain, first definite answer first: system:masters and public paths; access to the logical cluster (a denial hides it); RBAC inside it. All
 * decisions are made on RBAC that is as new as the call, so a grant that was revoked before is never honoured, on any replica. Of an authorized
 * request the policy is read once.
 */
export function createAuthorizer({ store }: { readonly store: AuthorizerStore }): ClusterAuthorizer {
  const policies = new Policies(store);
  return {
    policies,
    async authorize(attributes) {
      const early = decideWithoutPolicy(attributes);
      if (early !== undefined) return early;
      const policy = await policies.fresh(attributes.cluster);
      if (!mayEnter(attributes.user, policy)) return accessDenied;
      return policy.decide(attributes.user, attributes);
    },
    async explain(attributes) {
      return explain(await policies.fresh(attributes.cluster), attributes);
    },
    async rulesFor(user, cluster, namespace) {
      const record = await store.cluster(cluster);
      if (record !== undefined) return reviewRules(policies, user, record, namespace);
      return { resourceRules: [], nonResourceRules: [], incomplete: true, evaluationError: 'no such logical cluster' };
    },
  };
}
