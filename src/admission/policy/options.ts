import type { ReviewAuthorizer } from '../../registry/authorization/reviews.ts';
import type { CatalogSource } from '../../registry/registry.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type { ConfigurationIndex } from '../dynamic/configuration-index.ts';

/** What the plugins for policies need. */
export type PolicyOptions = {
  readonly store: ObjectStore;
  readonly configurations: ConfigurationIndex;
  readonly catalogs: CatalogSource;
  /** Whether MutatingAdmissionPolicies are served; default: no, as in stock. */
  readonly mutatingPolicies?: boolean;
  /** What expressions may ask. */
  readonly authorizer: Pick<ReviewAuthorizer, 'authorize'>;
};
