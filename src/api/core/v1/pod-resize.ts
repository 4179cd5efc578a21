import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { deepCopy, deepEqual, type Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { compareQuantity, parseQuantity } from '../../../apimachinery/quantity.ts';
import { keepMetadataForStatus } from '../../metadata-for-status.ts';
import type { Pod } from './pod-status.ts';
import { podQosClass } from './pod-template/qos.ts';
import type { Container, PodSpec, ResourceList } from './pod-template/types.ts';
import { mirrorAnnotation } from './pod-template/validate-pod-annotations.ts';

/*
 * pods/resize: the cpu and memory of containers that run may change, and nothing else (upstream: pkg/registry/core/pod/strategy.go, ValidatePodResize).
 */

const lists = ['containers', 'initContainers'] as const;

/** The old containers with the new resources and resize policies; undefined when the containers are not the same ones. */
function resized(containers: readonly Container[], old: readonly Container[]): Container[] | undefined {
  if (containers.some(({ name }, index) => name !== old[index]?.name)) return undefined;
  return old.map((container, index) => {
    const { resources: _old, resizePolicy: _policy, ...rest } = container;
    const { resources, resizePolicy } = containers[index] ?? {};
    return {
      ...rest,
      ...(resources === undefined ? {} : { resources }),
      ...(resizePolicy === undefined ? {} : { resizePolicy }),
    };
  });
}

/** Keeps everything but the resources of containers. */
export function prepareResize(object: KubeObject, before: KubeObject): void {
  const pod = object as Pod;
  const old = deepCopy(before as Json) as Pod;
  const spec = pod.spec ?? {};
  const oldSpec = old.spec ?? {};
  const sameCounts = lists.every((list) => (spec[list]?.length ?? 0) === (oldSpec[list]?.length ?? 0));
  if (!sameCounts) return;
  const next: PodSpec = { ...oldSpec };
  for (const list of lists) {
    const given = spec[list];
    if (given !== undefined) next[list] = resized(given, oldSpec[list] ?? []) ?? given;
  }
  pod.spec = next;
  if (old.status === undefined) delete pod.status;
  else pod.status = old.status;
  keepMetadataForStatus(object, before);
}

/** Errors of a resize. `validatePod` checks the pod as it would be. */
export function validateResize(
  object: KubeObject,
  before: KubeObject,
  validatePod: (object: KubeObject) => FieldError[],
): FieldError[] {
  const { spec = {} } = object as Pod;
  const { spec: old = {}, status: oldStatus, metadata } = before as Pod;
  if (metadata.annotations?.[mirrorAnnotation] !== undefined) {
    return [fieldError.forbidden('', 'static pods cannot be resized')];
  }
  if (old.os?.name === 'windows') return [fieldError.forbidden('', 'windows pods cannot be resized')];
  const errors = validatePod(object);
  if ((oldStatus?.qosClass || podQosClass(old)) !== podQosClass(spec)) {
    const message = 'Pod QOS Class may not change as a result of resizing';
    errors.push(fieldError.invalid('spec', (object as Pod).status?.qosClass ?? '', message));
  }
  if (!supportsResize(before as Pod)) {
    errors.push(fieldError.forbidden('spec', 'Pod running on node without support for resize'));
  }
  if (!validateOrder(spec, old, errors)) return errors;
  old.initContainers?.forEach((container, index) => {
    if (container.restartPolicy !== 'Always') return;
    validateContainer(spec.initContainers?.[index], container, `spec.initContainers[${index}].resources`, errors);
  });
  old.containers?.forEach((container, index) => {
    validateContainer(spec.containers?.[index], container, `spec.containers[${index}].resources`, errors);
  });
  old.containers?.forEach((container, index) => {
    if (onlyComputeChanged(spec.containers?.[index], container)) return;
    errors.push(fieldError.forbidden('spec', 'only cpu and memory resources are mutable'));
  });
  old.initContainers?.forEach((container, index) => {
    const next = spec.initContainers?.[index];
    if (container.restartPolicy !== 'Always') {
      if (deepEqual(next as Json, container as Json)) return;
      errors.push(fieldError.forbidden('spec', 'resources for non-sidecar init containers are immutable'));
    } else if (!onlyComputeChanged(next, container)) {
      errors.push(fieldError.forbidden('spec', 'only cpu and memory resources for sidecar containers are mutable'));
    }
  });
  return errors;
}

/** A node that can resize reports the resources of what it runs. */
function supportsResize({ status }: Pod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || (running as { resources?: unknown }).resources !== undefined;
}

function validateOrder(spec: PodSpec, old: PodSpec, errors: FieldError[]): boolean {
  const before = errors.length;
  for (const list of lists) {
    const path = `spec.${list}`;
    if ((spec[list]?.length ?? 0) !== (old[list]?.length ?? 0)) {
      errors.push(fieldError.forbidden(path, `${list} may not be added or removed on resize`));
      continue;
    }
    old[list]?.forEach(({ name }, index) => {
      if (spec[list]?.[index]?.name === name) return;
      errors.push(fieldError.forbidden(`${path}[${index}].name`, `${list} may not be renamed or reordered on resize`));
    });
  }
  return errors.length === before;
}

function validateContainer(next: Container | undefined, old: Container, path: string, errors: FieldError[]): void {
  for (const field of ['requests', 'limits'] as const) {
    const given = next?.resources?.[field] ?? {};
    const removed = Object.keys(old.resources?.[field] ?? {}).some((name) => !Object.hasOwn(given, name));
    if (removed) {
      errors.push(fieldError.forbidden(`${path}.${field}`, `resource ${field} cannot be removed`));
    }
  }
  const policy = next?.resizePolicy?.find(({ resourceName }) => resourceName === 'memory')?.restartPolicy ?? '';
  if (policy !== '' && policy !== 'NotRequired') return;
  const memory = next?.resources?.limits?.['memory'];
  const oldMemory = old.resources?.limits?.['memory'];
  if (memory === undefined) return;
  const refuse = (what: string): void => {
    const message = `memory limits cannot be ${what} unless resizePolicy is RestartContainer`;
    errors.push(fieldError.forbidden(`${path}.limits[memory]`, message));
  };
  if (oldMemory === undefined) refuse('added');
  else if (compareQuantity(parseQuantity(memory), parseQuantity(oldMemory)) < 0) refuse('decreased');
}

function withComputeOf(given: ResourceList | undefined, old: ResourceList | undefined): ResourceList | undefined {
  if (old === undefined) return undefined;
  const { cpu: _cpu, memory: _memory, ...rest } = given ?? {};
  const result: ResourceList = { ...rest };
  for (const name of ['cpu', 'memory']) {
    const amount = old[name];
    if (amount !== undefined) result[name] = amount;
  }
  return result;
}

function onlyComputeChanged(next: Container | undefined, old: Container): boolean {
  if (next === undefined) return false;
  const { resources, ...rest } = next;
  const { resources: oldResources, ...oldRest } = old;
  const limits = withComputeOf(resources?.limits, oldResources?.limits);
  const requests = withComputeOf(resources?.requests, oldResources?.requests);
  return (
    deepEqual(rest as Json, oldRest as Json) &&
    deepEqual(limits ?? {}, oldResources?.limits ?? {}) &&
    deepEqual(requests ?? {}, oldResources?.requests ?? {})
  );
}
