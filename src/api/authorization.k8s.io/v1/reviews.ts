import { reviewResource } from '../../review.ts';
import type { ResourceDefinition } from '../../resource-definition.ts';

const group = 'authorization.k8s.io';
const version = 'v1';

/** What may somebody do: the four access reviews. */
export const accessReviews: readonly ResourceDefinition[] = [
  reviewResource({ group, version, kind: 'LocalSubjectAccessReview', scope: 'Namespaced' }),
  reviewResource({ group, version, kind: 'SelfSubjectAccessReview', scope: 'Cluster' }),
  reviewResource({ group, version, kind: 'SelfSubjectRulesReview', scope: 'Cluster' }),
  reviewResource({ group, version, kind: 'SubjectAccessReview', scope: 'Cluster' }),
];
