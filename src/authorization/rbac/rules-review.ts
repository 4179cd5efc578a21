import type { PolicyRule } from '../../api/rbac.authorization.k8s.io/v1/rules.ts';
import type { UserInfo } from '../../registry/registry.ts';
import type { ClusterRecord } from '../../storage/object-store.ts';
import type { Policies } from './policies.ts';

/** Status of a SelfSubjectRulesReview. */
export type RulesReview = {
  readonly resourceRules: readonly PolicyRule[];
  readonly nonResourceRules: readonly PolicyRule[];
  readonly incomplete: boolean;
  readonly evaluationError: string | undefined;
};

/** What RBAC lets the user do in a namespace of the logical cluster ('': cluster-wide only). */
export async function reviewRules(
  policies: Policies,
  user: UserInfo,
  cluster: Pick<ClusterRecord, 'name' | 'shard'>,
  namespace: string,
): Promise<RulesReview> {
  const { rules, error } = (await policies.fresh(cluster)).rulesFor(user, namespace);
  return {
    resourceRules: rules.filter(({ resources }) => resources !== undefined && resources.length > 0),
    nonResourceRules: rules.filter(
      ({ nonResourceURLs }) => nonResourceURLs !== undefined && nonResourceURLs.length > 0,
    ),
    incomplete: false,
    evaluationError: error,
  };
}
