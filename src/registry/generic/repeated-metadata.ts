import type { ResourceDefinition } from '../../api/resource-definition.ts';
import type { FieldError } from '../../apimachinery/errors.ts';
import type { ObjectMeta } from '../../apimachinery/object.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../../apimachinery/validation/metadata.ts';
import type { Target } from '../registry.ts';
import { factsOf } from './resource-facts.ts';

/**
 * Upstream's update checks metadata for every kind, and then most kinds' own validation checks it again: each broken rule is listed as many times among
 * the causes (the message names it once). How often: [what an update may change, all the rules]; found by asking the stock server.
 */
const usual = [1, 1] as const;
const ofKind: Readonly<Record<string, readonly [update: number, whole: number]>> = {
  events: [0, 0],
  limitranges: [0, 1],
  persistentvolumeclaims: [1, 2],
  persistentvolumes: [0, 2],
  podtemplates: [1, 0],
  resourcequotas: [1, 0],
  'cronjobs.batch': [1, 0],
  'csidrivers.storage.k8s.io': [1, 0],
  'csinodes.storage.k8s.io': [0, 2],
  'deployments.apps': [1, 0],
  'endpointslices.discovery.k8s.io': [0, 1],
  'horizontalpodautoscalers.autoscaling': [1, 0],
  'flowschemas.flowcontrol.apiserver.k8s.io': [0, 1],
  'leases.coordination.k8s.io': [1, 0],
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': [0, 1],
  'poddisruptionbudgets.policy': [0, 0],
  'priorityclasses.scheduling.k8s.io': [1, 0],
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': [0, 1],
  'servicecidrs.networking.k8s.io': [1, 0],
  'statefulsets.apps': [1, 0],
  'validatingadmissionpolicies.admissionregistration.k8s.io': [0, 1],
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': [0, 1],
  'validatingwebhookconfigurations.admissionregistration.k8s.io': [0, 1],
  'volumeattachments.storage.k8s.io': [0, 2],
  'clusterrolebindings.rbac.authorization.k8s.io': [1, 2],
  'clusterroles.rbac.authorization.k8s.io': [1, 2],
  'rolebindings.rbac.authorization.k8s.io': [1, 2],
  'roles.rbac.authorization.k8s.io': [1, 2],
};
const onceUpdated = [1, 0] as const;
const never = [0, 0] as const;
const ofStatus: Readonly<Record<string, readonly [update: number, whole: number]>> = {
  'certificatesigningrequests.certificates.k8s.io': [1, 1],
  'cronjobs.batch': never,
  'poddisruptionbudgets.policy': never,
  'validatingadmissionpolicies.admissionregistration.k8s.io': never,
  'volumeattachments.storage.k8s.io': never,
};

/** Kinds whose own validation of a new object leaves metadata alone: it is checked after that found nothing, and takes any name that a path can hold. */
export function checksMetadataLast({ resource, group }: ResourceDefinition): boolean {
  return (resource === 'events' && group === '') || (resource === 'poddisruptionbudgets' && group === 'policy');
}

function timesChecked({ definition, subresource }: Target): readonly [update: number, whole: number] {
  const { storage } = factsOf(definition);
  if (subresource !== '') return ofStatus[storage] ?? onceUpdated;
  return definition.storageGroup !== undefined || !definition.builtIn ? onceUpdated : (ofKind[storage] ?? usual);
}

/** Names of finalizers are looked at where the kind's own validation looks at metadata, as often as it does. */
export function repeatedFinalizerErrors(target: Target, misnamed: readonly FieldError[]): FieldError[] {
  const [updates, wholes] = timesChecked(target);
  return Array.from({ length: updates + wholes }, () => misnamed).flat();
}

/** What the kind's own validation of an update says about metadata again. Empty when the first check found nothing. */
export function repeatedMetadataErrors(target: Target, meta: ObjectMeta, old: ObjectMeta): FieldError[] {
  const { namespaced } = factsOf(target.definition);
  const [updates, wholes] = timesChecked(target);
  const errors: FieldError[] = [];
  for (let i = 0; i < updates; i++) errors.push(...validateObjectMetaUpdate(meta, old));
  for (let i = 0; i < wholes; i++)
    errors.push(...validateObjectMeta(meta, { namespaced, validateName: () => [], field: 'metadata' }));
  return errors;
}
