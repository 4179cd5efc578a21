import { accessDefinitions } from './access.atoll.dev/v1alpha1/index.ts';
import { validatingAdmissionPolicies } from './admissionregistration.k8s.io/v1/validatingadmissionpolicies.ts';
import { validatingAdmissionPolicyBindings } from './admissionregistration.k8s.io/v1/validatingadmissionpolicybindings.ts';
import {
  mutatingWebhookConfigurations,
  validatingWebhookConfigurations,
} from './admissionregistration.k8s.io/v1/webhooks.ts';
import { customResourceDefinitions } from './apiextensions.k8s.io/v1/customresourcedefinitions.ts';
import { apiServices } from './apiregistration.k8s.io/v1/apiservices.ts';
import { controllerRevisions } from './apps/v1/controllerrevisions.ts';
import { daemonSets } from './apps/v1/daemonsets.ts';
import { deployments } from './apps/v1/deployments.ts';
import { replicaSets } from './apps/v1/replicasets.ts';
import { statefulSets } from './apps/v1/statefulsets.ts';
import { selfSubjectReviews } from './authentication.k8s.io/v1/selfsubjectreviews.ts';
import { tokenReviews } from './authentication.k8s.io/v1/tokenreviews.ts';
import { accessReviews } from './authorization.k8s.io/v1/reviews.ts';
import { horizontalPodAutoscalers } from './autoscaling/v2/horizontalpodautoscalers.ts';
import { cronJobs } from './batch/v1/cronjobs.ts';
import { jobs } from './batch/v1/jobs.ts';
import { certificateSigningRequests } from './certificates.k8s.io/v1/certificatesigningrequests.ts';
import { leases } from './coordination.k8s.io/v1/leases.ts';
import { logicalClusters } from './core.kcp.io/v1alpha1/logicalclusters.ts';
import { bindings } from './core/v1/bindings.ts';
import { componentStatuses } from './core/v1/componentstatuses.ts';
import { configMaps } from './core/v1/configmaps.ts';
import { endpoints } from './core/v1/endpoints.ts';
import { events } from './core/v1/events.ts';
import { limitRanges } from './core/v1/limitranges.ts';
import { namespaces } from './core/v1/namespaces.ts';
import { nodes } from './core/v1/nodes.ts';
import { persistentVolumeClaims } from './core/v1/persistentvolumeclaims.ts';
import { persistentVolumes } from './core/v1/persistentvolumes.ts';
import { pods } from './core/v1/pods.ts';
import { podTemplates } from './core/v1/podtemplates.ts';
import { replicationControllers } from './core/v1/replicationcontrollers.ts';
import { resourceQuotas } from './core/v1/resourcequotas.ts';
import { secrets } from './core/v1/secrets.ts';
import { serviceAccounts } from './core/v1/serviceaccounts.ts';
import { services } from './core/v1/services.ts';
import { endpointSlices } from './discovery.k8s.io/v1/endpointslices.ts';
import { newEvents } from './events.k8s.io/v1/events.ts';
import { flowSchemas } from './flowcontrol.apiserver.k8s.io/v1/flowschemas.ts';
import { priorityLevelConfigurations } from './flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations.ts';
import { ingressClasses } from './networking.k8s.io/v1/ingressclasses.ts';
import { ingresses } from './networking.k8s.io/v1/ingresses.ts';
import { ipAddresses } from './networking.k8s.io/v1/ipaddresses.ts';
import { networkPolicies } from './networking.k8s.io/v1/networkpolicies.ts';
import { serviceCidrs } from './networking.k8s.io/v1/servicecidrs.ts';
import { runtimeClasses } from './node.k8s.io/v1/runtimeclasses.ts';
import { placementDefinitions } from './placement.atoll.dev/v1alpha1/index.ts';
import { podDisruptionBudgets } from './policy/v1/poddisruptionbudgets.ts';
import { clusterRoleBindings } from './rbac.authorization.k8s.io/v1/clusterrolebindings.ts';
import { clusterRoles } from './rbac.authorization.k8s.io/v1/clusterroles.ts';
import { roleBindings } from './rbac.authorization.k8s.io/v1/rolebindings.ts';
import { roles } from './rbac.authorization.k8s.io/v1/roles.ts';
import type { ResourceDefinition } from './resource-definition.ts';
import { priorityClasses } from './scheduling.k8s.io/v1/priorityclasses.ts';
import { csiDrivers } from './storage.k8s.io/v1/csidrivers.ts';
import { csiNodes } from './storage.k8s.io/v1/csinodes.ts';
import { csiStorageCapacities } from './storage.k8s.io/v1/csistoragecapacities.ts';
import { storageClasses } from './storage.k8s.io/v1/storageclasses.ts';
import { volumeAttachments } from './storage.k8s.io/v1/volumeattachments.ts';
import { workspaceAuthenticationConfigurations } from './tenancy.kcp.io/v1alpha1/workspaceauthenticationconfigurations.ts';
import { workspaces } from './tenancy.kcp.io/v1alpha1/workspaces.ts';
import { workspaceTypes } from './tenancy.kcp.io/v1alpha1/workspacetypes.ts';

/** The kinds of Kubernetes that Atoll serves, in the order of discovery: groups as stock's, then by name. One line a kind. */
export const kubernetesDefinitions: readonly ResourceDefinition[] = [
  bindings,
  componentStatuses,
  configMaps,
  endpoints,
  events,
  limitRanges,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  podTemplates,
  replicationControllers,
  resourceQuotas,
  secrets,
  serviceAccounts,
  services,
  apiServices,
  controllerRevisions,
  daemonSets,
  deployments,
  replicaSets,
  statefulSets,
  newEvents,
  selfSubjectReviews,
  tokenReviews,
  ...accessReviews,
  horizontalPodAutoscalers,
  cronJobs,
  jobs,
  certificateSigningRequests,
  ingressClasses,
  ingresses,
  ipAddresses,
  networkPolicies,
  serviceCidrs,
  podDisruptionBudgets,
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  storageClasses,
  volumeAttachments,
  mutatingWebhookConfigurations,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
  customResourceDefinitions,
  priorityClasses,
  leases,
  runtimeClasses,
  endpointSlices,
  flowSchemas,
  priorityLevelConfigurations,
];

/** The kinds of kcp that Atoll serves. */
export const kcpDefinitions: readonly ResourceDefinition[] = [
  logicalClusters,
  workspaceAuthenticationConfigurations,
  workspaces,
  workspaceTypes,
];

/** Every kind that is not made from a CustomResourceDefinition. */
export const builtinDefinitions: readonly ResourceDefinition[] = [
  ...kubernetesDefinitions,
  ...kcpDefinitions,
  ...placementDefinitions,
  ...accessDefinitions,
];
