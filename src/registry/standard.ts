import { crdResource } from '../api/apiextensions.k8s.io/v1/types.ts';
import { apiServiceResource } from '../api/apiregistration.k8s.io/v1/types.ts';
import { ipAddressResource } from '../api/networking.k8s.io/v1/ipaddress-types.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { apiServiceHooks } from './apiregistration/hooks.ts';
import { type TokenReviewer, tokenReviewStorage } from './authentication/token-review.ts';
import { selfSubjectReviewStorage } from './authentication/self-subject-review.ts';
import { accessExplanations, type AccessExplainer } from './authorization/access-explanations.ts';
import { authorizationReviews, type ReviewAuthorizer } from './authorization/reviews.ts';
import { scaleStorage } from './autoscaling/scale.ts';
import type { BuiltInCatalogs } from './catalog.ts';
import { componentStatusStorage } from './core/componentstatuses.ts';
import { namespaceFinalizeStorage } from './core/namespaces/finalize.ts';
import { namespaceHooks } from './core/namespaces/hooks.ts';
import { bindingStorage, podBindingStorage } from './core/pods/binding.ts';
import { podEvictionStorage } from './core/pods/eviction.ts';
import { podHooks } from './core/pods/hooks.ts';
import { serviceAccountTokenStorage, type TokenIssuer } from './core/serviceaccounts/token.ts';
import { serviceHooks } from './core/services/hooks.ts';
import { defaultServiceRanges, type ServiceRanges } from './core/services/ranges.ts';
import { customResourceDefinitionHooks } from './customresources/hooks.ts';
import type { RestStorageFactory } from './generic/engine.ts';
import type { ResourceHooks } from './generic/hooks.ts';
import { ipAddressHooks } from './networking/ip-addresses.ts';
import { logicalClusterStorage } from './tenancy/logical-clusters.ts';
import { workspaceHooks } from './tenancy/workspaces.ts';

export type StandardOptions = {
  readonly store: ObjectStore;
  /** Base URL that clients use, without a trailing slash. */
  readonly externalUrl: string;
  /** Absent: no ServiceAccount tokens are issued. */
  readonly tokenIssuer?: TokenIssuer;
  /** What Services get their addresses and node ports from. Default: stock's ranges. */
  readonly serviceRanges?: ServiceRanges;
  /** Absent: no token reviews. */
  readonly tokenReviewer?: TokenReviewer;
  /** Absent: no access reviews. */
  readonly authorizer?: ReviewAuthorizer & Partial<AccessExplainer>;
  /** Absent: CustomResourceDefinitions are objects like any other and define nothing. */
  readonly builtIn?: BuiltInCatalogs;
};

/** `subresources` and `hooks` of createRegistry for everything that Atoll serves itself. */
export function standardStorages(options: StandardOptions): {
  readonly subresources: Readonly<Record<string, RestStorageFactory>>;
  readonly hooks: Readonly<Record<string, ResourceHooks>>;
} {
  const { store, externalUrl, tokenIssuer, tokenReviewer, authorizer, builtIn } = options;
  return {
    subresources: {
      '*/scale': scaleStorage,
      bindings: bindingStorage,
      componentstatuses: componentStatusStorage,
      'namespaces/finalize': namespaceFinalizeStorage,
      'pods/binding': podBindingStorage,
      'pods/eviction': podEvictionStorage,
      ...(tokenIssuer === undefined ? {} : { 'serviceaccounts/token': serviceAccountTokenStorage(tokenIssuer) }),
      'logicalclusters.core.kcp.io': logicalClusterStorage({ externalUrl }),
      ...(tokenReviewer === undefined
        ? {}
        : {
            'tokenreviews.authentication.k8s.io': tokenReviewStorage(
              tokenReviewer,
              (cluster) => `${externalUrl}/clusters/${cluster}`,
            ),
          }),
      'selfsubjectreviews.authentication.k8s.io': selfSubjectReviewStorage,
      ...(authorizer === undefined
        ? {}
        : {
            ...authorizationReviews(authorizer),
            ...accessExplanations(authorizer),
          }),
    },
    hooks: {
      namespaces: namespaceHooks,
      pods: podHooks,
      [ipAddressResource]: ipAddressHooks(store),
      services: serviceHooks({ store, ranges: options.serviceRanges ?? defaultServiceRanges }),
      'workspaces.tenancy.kcp.io': workspaceHooks({
        store,
        externalUrl,
        ...(authorizer === undefined ? {} : { authorizer }),
      }),
      ...(builtIn === undefined
        ? {}
        : {
            [crdResource]: customResourceDefinitionHooks(store, builtIn),
            [apiServiceResource]: apiServiceHooks(builtIn),
          }),
    },
  };
}
