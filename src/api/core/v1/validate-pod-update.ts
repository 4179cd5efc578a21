import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { deepCopy, deepEqual, type Json, type JsonObject } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { inclusiveRangeMessage } from '../../../apimachinery/validation/names.ts';
import { validateNodeChoiceUpdate } from './validate-node-choice-update.ts';
import { atKey } from '../../field-path.ts';
import type { Pod } from './pod-status.ts';
import type { Container, PodSpec, Toleration } from './pod-template/types.ts';
import { appArmorPrefix, mirrorAnnotation } from './pod-template/validate-pod-annotations.ts';

const updatable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
];
const maxInt32 = 2147483647;

/** Annotations that a node has acted upon never change. */
export function validatePodAnnotationsUpdate(pod: Pod, old: Pod, errors: FieldError[]): void {
  const { annotations = {} } = pod.metadata;
  const { annotations: before = {} } = old.metadata;
  const refuse = (key: string, what: string, mirror: string): void => {
    const path = atKey('metadata.annotations', key);
    if (key.startsWith(appArmorPrefix)) errors.push(fieldError.forbidden(path, `may not ${what} AppArmor annotations`));
    if (key === mirrorAnnotation) errors.push(fieldError.forbidden(path, `may not ${mirror} mirror pod annotation`));
  };
  for (const key of Object.keys(before)) {
    if (annotations[key] !== before[key]) refuse(key, 'remove or update', 'remove or update');
  }
  for (const key of Object.keys(annotations)) if (!Object.hasOwn(before, key)) refuse(key, 'add', 'add');
}

/** Errors of changes to a pod: almost nothing of its spec may change (ValidatePodUpdate of pkg/apis/core/validation). */
export function validatePodUpdate(object: KubeObject, before: KubeObject): FieldError[] {
  const pod = object as Pod;
  const old = before as Pod;
  const errors: FieldError[] = [];
  validatePodAnnotationsUpdate(pod, old, errors);
  const { spec = {} } = pod;
  const { spec: oldSpec = {} } = old;
  for (const field of ['containers', 'initContainers'] as const) {
    const path = `spec.${field}`;
    if ((spec[field]?.length ?? 0) !== (oldSpec[field]?.length ?? 0)) {
      errors.push(fieldError.forbidden(path, 'pod updates may not add or remove containers'));
      return errors;
    }
  }
  if (!validateDeadline(spec, oldSpec, errors)) return errors;
  validateAddedTolerations(spec.tolerations ?? [], oldSpec.tolerations ?? [], errors);
  const gates = new Set(oldSpec.schedulingGates?.map(({ name = '' }) => name));
  spec.schedulingGates?.forEach(({ name = '' }, index) => {
    if (gates.has(name)) return;
    const message = `only deletion is allowed, but found new scheduling gate '${name}'`;
    errors.push(fieldError.forbidden(`spec.schedulingGates[${index}].name`, message));
  });
  const gated = (oldSpec.schedulingGates?.length ?? 0) > 0;
  if (gated) validateNodeChoiceUpdate(spec, oldSpec, errors);
  if (!deepEqual(withUpdatableFieldsOf(spec, oldSpec), oldSpec as JsonObject)) {
    const message = `pod updates may not change fields other than ${updatable.join(',')}\n`;
    errors.push(fieldError.forbidden('spec', message));
  }
  return errors;
}

/** False when upstream looks no further. */
function validateDeadline(spec: PodSpec, old: PodSpec, errors: FieldError[]): boolean {
  const path = 'spec.activeDeadlineSeconds';
  const { activeDeadlineSeconds: deadline } = spec;
  const { activeDeadlineSeconds: before } = old;
  if (deadline === undefined) {
    if (before !== undefined) {
      errors.push(fieldError.invalid(path, null, 'must not update from a positive integer to nil value'));
    }
    return true;
  }
  if (deadline < 0 || deadline > maxInt32) {
    errors.push(fieldError.invalid(path, deadline, inclusiveRangeMessage(0, maxInt32)));
    return false;
  }
  if (before !== undefined && before < deadline) {
    errors.push(fieldError.invalid(path, deadline, 'must be less than or equal to previous value'));
    return false;
  }
  return true;
}

function validateAddedTolerations(
  tolerations: readonly Toleration[],
  old: readonly Toleration[],
  errors: FieldError[],
): void {
  for (const { tolerationSeconds: _old, ...known } of old) {
    const kept = tolerations.some(({ tolerationSeconds: _new, ...rest }) => deepEqual(rest, known));
    if (kept) continue;
    const message = 'existing toleration can not be modified except its tolerationSeconds';
    errors.push(fieldError.forbidden('spec.tolerations', message));
    return;
  }
}

/** The new spec with the old values of everything that may change: what is left to differ is not allowed. */
function withUpdatableFieldsOf(spec: PodSpec, old: PodSpec): JsonObject {
  const munged = deepCopy(spec as Json) as PodSpec;
  restoreImages(munged.containers, old.containers);
  restoreImages(munged.initContainers, old.initContainers);
  if ((old.schedulingGates?.length ?? 0) > 0) restoreNodeChoice(munged, old);
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && munged.terminationGracePeriodSeconds === 1) {
    munged.terminationGracePeriodSeconds = old.terminationGracePeriodSeconds ?? 0;
  }
  const result = munged as JsonObject;
  for (const field of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations'] as const) {
    const value = (old as JsonObject)[field];
    if (value === undefined) delete result[field];
    else result[field] = value;
  }
  return result;
}

function restoreImages(containers: Container[] | undefined, old: Container[] | undefined): void {
  containers?.forEach((container, index) => {
    const image = old?.[index]?.image;
    if (image === undefined) delete container.image;
    else container.image = image;
  });
}

/** A pod that is not to be scheduled yet may choose its nodes anew: how, validateNodeChoiceUpdate says. */
function restoreNodeChoice(spec: PodSpec, old: PodSpec): void {
  if (old.nodeSelector === undefined) delete spec.nodeSelector;
  else spec.nodeSelector = old.nodeSelector;
  const before = old.affinity?.nodeAffinity;
  if (deepEqual(spec.affinity?.nodeAffinity as Json | undefined, before as Json | undefined)) return;
  const { affinity } = spec;
  if (affinity === undefined) spec.affinity = { nodeAffinity: before as NonNullable<typeof before> };
  else if (old.affinity === undefined && affinity.podAffinity === undefined && affinity.podAntiAffinity === undefined)
    delete spec.affinity;
  else if (before === undefined) delete affinity.nodeAffinity;
  else affinity.nodeAffinity = before;
}
