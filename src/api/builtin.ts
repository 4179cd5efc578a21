import { selfSubjectReviews } from './authentication.k8s.io/v1/selfsubjectreviews.ts';
import { accessReviews } from './authorization.k8s.io/v1/reviews.ts';
import { leases } from './coordination.k8s.io/v1/leases.ts';
import { logicalClusters } from './core.kcp.io/v1alpha1/logicalclusters.ts';
import { deployments } from './apps/v1/deployments.ts';
import { replicaSets } from './apps/v1/replicasets.ts';
import { configMaps } from './core/v1/configmaps.ts';
import { events } from './core/v1/events.ts';
import { namespaces } from './core/v1/namespaces.ts';
import { pods } from './core/v1/pods.ts';
import { secrets } from './core/v1/secrets.ts';
import { serviceAccounts } from './core/v1/serviceaccounts.ts';
import { services } from './core/v1/services.ts';
import { newEvents } from './events.k8s.io/v1/events.ts';
import { placementDefinitions } from './placement.atoll.dev/v1alpha1/index.ts';
import { clusterRoleBindings } from './rbac.authorization.k8s.io/v1/clusterrolebindings.ts';
import { clusterRoles } from './rbac.authorization.k8s.io/v1/clusterroles.ts';
import { roleBindings } from './rbac.authorization.k8s.io/v1/rolebindings.ts';
import { roles } from './rbac.authorization.k8s.io/v1/roles.ts';
import type { ResourceDefinition } from './resource-definition.ts';
import { workspaces } from './tenancy.kcp.io/v1alpha1/workspaces.ts';

/** The kinds of Kubernetes that Atoll serves, in the order of discovery: by group, then by name. One line a kind. */
export const kubernetesDefinitions: readonly ResourceDefinition[] = [
  configMaps,
  events,
  namespaces,
  pods,
  secrets,
  serviceAccounts,
  services,
  deployments,
  replicaSets,
  selfSubjectReviews,
  ...accessReviews,
  leases,
  newEvents,
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
];

/** The kinds of kcp that Atoll serves. */
export const kcpDefinitions: readonly ResourceDefinition[] = [logicalClusters, workspaces];

/** Every kind that is not made from a CustomResourceDefinition. */
export const builtinDefinitions: readonly ResourceDefinition[] = [
  ...kubernetesDefinitions,
  ...kcpDefinitions,
  ...placementDefinitions,
];
