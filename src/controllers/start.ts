import type { Logger } from 'pino';
import type { LoopbackClient } from '../client/client.ts';
import type { FrontProxy } from '../client/front-proxy/front-proxy.ts';
import type { CatalogSource } from '../registry/registry.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { createPolicyStatusController } from './admissionregistration.k8s.io/policy-status/controller.ts';
import { createCustomResourceDefinitionController } from './apiextensions.k8s.io/customresourcedefinition/controller.ts';
import { createApiServiceController } from './apiregistration.k8s.io/apiservice/controller.ts';
import { createLocalServicesController } from './apiregistration.k8s.io/local-services/controller.ts';
import { createCertificateCleaner } from './certificates.k8s.io/signing/cleaner.ts';
import { createSigningController, type RequestSigner } from './certificates.k8s.io/signing/controller.ts';
import { createEventController } from './core/event/controller.ts';
import { createNamespaceController } from './core/namespace/controller.ts';
import { createResourceQuotaController } from './core/resourcequota/controller.ts';
import { createRootCaController } from './core/root-ca/controller.ts';
import { createServiceAccountController } from './core/serviceaccount/controller.ts';
import {
  createServiceAccountTokenController,
  type ServiceAccountTokenControllerOptions,
} from './core/service-account-token/controller.ts';
import {
  createClaimProtectionController,
  createVolumeProtectionController,
} from './core/storage-protection/controller.ts';
import type { Controller } from './framework/controller.ts';
import { runControllers, type RunnerOptions } from './framework/runner.ts';
import { createGarbageCollector } from './garbage-collector/controller.ts';
import { createAggregationController } from './rbac.authorization.k8s.io/clusterrole/aggregation-controller.ts';
import { createPurgeController } from './tenancy.kcp.io/workspace/purge-controller.ts';

export type ControllersOptions = {
  readonly store: ObjectStore;
  /** In the name of a member of system:masters. */
  readonly client: LoopbackClient;
  /** Tells the garbage collector which resource an owner's kind is. */
  readonly catalogs: CatalogSource;
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
  /** Asks aggregated API servers whether they are there; without it nobody keeps the conditions of APIServices. */
  readonly frontProxy?: FrontProxy;
  /** Signs certificates for logical clusters; without it approved requests wait. */
  readonly signer?: RequestSigner;
  /** What kube-root-ca.crt holds in every namespace. */
  readonly caCertificatePem: string;
  /** Makes the tokens that Secrets hold; without it such Secrets stay empty. */
  readonly issueToken?: ServiceAccountTokenControllerOptions['issueToken'];
  readonly timing?: RunnerOptions['timing'];
};

/** All controllers of the control plane. */
export function createControllers(options: ControllersOptions): readonly Controller[] {
  return [
    createNamespaceController(options),
    createGarbageCollector(options),
    createServiceAccountController(options),
    createRootCaController(options),
    createAggregationController(options),
    createEventController(options),
    createClaimProtectionController(options),
    createVolumeProtectionController(options),
    createPurgeController(options),
    createCustomResourceDefinitionController(options),
    createLocalServicesController(options),
    createResourceQuotaController(options),
    createPolicyStatusController(options),
    createCertificateCleaner(options),
    ...(options.signer === undefined ? [] : [createSigningController({ ...options, signer: options.signer })]),
    ...(options.issueToken === undefined
      ? []
      : [createServiceAccountTokenController({ ...options, issueToken: options.issueToken })]),
    ...(options.frontProxy === undefined
      ? []
      : [createApiServiceController({ ...options, frontProxy: options.frontProxy })]),
  ];
}

/** Runs the controllers on this replica while it holds their lock. `stop` resolves when nothing of them runs any more. */
export function startControllers(options: ControllersOptions): { stop(): Promise<void> } {
  const { store, log, timing } = options;
  return runControllers({
    name: 'controllers',
    store,
    log,
    controllers: createControllers(options),
    ...(timing === undefined ? {} : { timing }),
  });
}
