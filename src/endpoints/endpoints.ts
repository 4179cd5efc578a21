import type { Logger } from 'pino';
import type { Descriptions } from '../apimachinery/openapi/v3.ts';
import type { AuditTrail } from '../audit/trail.ts';
import type { Authenticator } from '../authentication/authenticator.ts';
import type { ServiceAccountDiscovery } from '../authentication/service-account/discovery-documents.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { Config } from '../config/config.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Aggregator } from '../registry/aggregation.ts';
import type { Connector } from '../registry/connect/connector.ts';
import type { CatalogSource, Registry } from '../registry/registry.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { InFlight } from './filters/in-flight.ts';
import type { HealthChecks } from './health.ts';
import type { VersionInfo } from './version.ts';
import type { Watches } from './watches.ts';

/** What filters and handlers share: the layers below, and the little state an API process has. */
export type Endpoints = {
  readonly store: ObjectStore;
  readonly registry: Registry;
  readonly catalogs: CatalogSource;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly version: VersionInfo;
  readonly serviceAccountDiscovery: ServiceAccountDiscovery | undefined;
  /** Texts of types and fields for `kubectl explain`. */
  readonly descriptions: Descriptions | undefined;
  readonly connector: Connector;
  /** Undefined: nothing is aggregated. */
  readonly aggregator: Aggregator | undefined;
  /** Undefined: nothing is recorded. */
  readonly audit: AuditTrail | undefined;
  readonly health: HealthChecks;
  readonly inFlight: InFlight;
  readonly watches: Watches;
};
