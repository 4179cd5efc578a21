import { reviewResource } from '../../review.ts';
import type { ResourceDefinition } from '../../resource-definition.ts';

/** Who am I. */
export const selfSubjectReviews: ResourceDefinition = reviewResource({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  scope: 'Cluster',
});
