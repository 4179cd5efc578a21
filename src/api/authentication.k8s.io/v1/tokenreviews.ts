import { reviewResource } from '../../review.ts';
import type { ResourceDefinition } from '../../resource-definition.ts';

/** Whose token is this. */
export const tokenReviews: ResourceDefinition = reviewResource({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  scope: 'Cluster',
});
