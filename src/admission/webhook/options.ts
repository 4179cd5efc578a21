import type { ReviewAuthorizer } from '../../registry/authorization/reviews.ts';
import type { WebhookCaller } from '../../registry/webhooks.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type { ConfigurationIndex } from '../dynamic/configuration-index.ts';
import type { CatalogSource } from '../../registry/registry.ts';

/** What both plugins for webhooks need. */
export type WebhookOptions = {
  readonly store: ObjectStore;
  readonly configurations: ConfigurationIndex;
  readonly catalogs: CatalogSource;
  /** What match conditions may ask. */
  readonly authorizer: Pick<ReviewAuthorizer, 'authorize'>;
  /** Absent: every call fails. */
  readonly webhooks?: WebhookCaller;
};
