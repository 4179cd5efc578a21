import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { deepCopy, deepEqual, type Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { keepMetadataForStatus } from '../../metadata-for-status.ts';
import type { Pod } from './pod-status.ts';
import { mirrorAnnotation } from './pod-template/validate-pod-annotations.ts';

/** Keeps everything but the ephemeral containers. */
export function prepareEphemeralContainers(object: KubeObject, before: KubeObject): void {
  const pod = object as Pod;
  const old = deepCopy(before as Json) as Pod;
  const given = pod.spec?.ephemeralContainers;
  const { ephemeralContainers: _old, ...rest } = old.spec ?? {};
  pod.spec = { ...rest, ...(given === undefined ? {} : { ephemeralContainers: given }) };
  if (old.status === undefined) delete pod.status;
  else pod.status = old.status;
  keepMetadataForStatus(object, before);
}

/** Errors of the new list: ephemeral containers join a pod, and neither change nor leave it. `validatePod` checks the pod as it would be. */
export function validateEphemeralContainers(
  object: KubeObject,
  before: KubeObject,
  validatePod: (object: KubeObject) => FieldError[],
): FieldError[] {
  const old = before as Pod;
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined) {
    return [fieldError.forbidden('', 'static pods do not support ephemeral containers')];
  }
  const errors = validatePod(object);
  const path = 'spec.ephemeralContainers';
  const containers = (object as Pod).spec?.ephemeralContainers ?? [];
  for (const container of old.spec?.ephemeralContainers ?? []) {
    const { name = '' } = container;
    const next = containers.findLast((each) => each.name === name);
    const existing = `existing ephemeral containers ${JSON.stringify(name)}`;
    if (next === undefined) errors.push(fieldError.forbidden(path, `${existing} may not be removed\n`));
    else if (!deepEqual(next as Json, container as Json)) {
      errors.push(fieldError.forbidden(path, `${existing} may not be changed\n`));
    }
  }
  return errors;
}
