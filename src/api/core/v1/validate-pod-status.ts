import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goString } from '../../../apimachinery/go-syntax.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ipAddress, ipFamily } from '../../../apimachinery/validation/ip.ts';
import {
  inclusiveRangeMessage,
  nameIsDns1123Subdomain,
  qualifiedName,
} from '../../../apimachinery/validation/names.ts';
import { invalidEach, requireUnchanged } from '../../field-path.ts';
import type { ContainerStatus, Pod } from './pod-status.ts';
import { validatePodAnnotationsUpdate } from './validate-pod-update.ts';

const systemConditions = new Set(['PodScheduled', 'Ready', 'Initialized']);

/** Errors of a write to a pod's status (ValidatePodStatusUpdate of pkg/apis/core/validation). */
export function validatePodStatusUpdate(object: KubeObject, before: KubeObject): FieldError[] {
  const pod = object as Pod;
  const old = before as Pod;
  const errors: FieldError[] = [];
  const { status = {}, spec = {} } = pod;
  const { status: oldStatus = {}, spec: oldSpec = {} } = old;
  validatePodAnnotationsUpdate(pod, old, errors);
  status.conditions?.forEach(({ type = '', observedGeneration = 0 }, index) => {
    const at = `status.conditions[${index}]`;
    if (observedGeneration < 0) {
      errors.push(fieldError.invalid(`${at}.observedGeneration`, observedGeneration, 'must be a non-negative integer'));
    }
    if (!systemConditions.has(type)) invalidEach(`${at}.Type`, type, qualifiedName(type), errors);
  });
  if ((spec.nodeName ?? '') !== (oldSpec.nodeName ?? '')) {
    errors.push(fieldError.forbidden('status.nodeName', 'may not be changed directly'));
  }
  const { nominatedNodeName: node = '', observedGeneration = 0 } = status;
  if (node !== '' && node !== oldStatus.nominatedNodeName) {
    invalidEach('status.nominatedNodeName', node, nameIsDns1123Subdomain(node, false), errors);
  }
  if (observedGeneration < 0) {
    errors.push(fieldError.invalid('status.observedGeneration', observedGeneration, 'must be a non-negative integer'));
  }
  requireUnchanged('status.qosClass', status.qosClass ?? '', oldStatus.qosClass ?? '', errors);
  const policy = oldSpec.restartPolicy ?? '';
  const sidecars = new Set(
    oldSpec.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name = '' }) => name),
  );
  const none = new Set<string>();
  const lists = [
    ['containerStatuses', policy, none],
    ['initContainerStatuses', policy, sidecars],
    ['ephemeralContainerStatuses', 'Never', none],
  ] as const;
  for (const [field, restarts, exempt] of lists) {
    validateTransitions(status[field] ?? [], oldStatus[field] ?? [], restarts, exempt, `status.${field}`, errors);
  }
  const podIps = status.podIPs?.map(({ ip = '' }) => ip) ?? [];
  validateAddresses(podIps, oldStatus.podIPs ?? [], 'PodIP', 'status.podIPs', errors);
  const hostIps = status.hostIPs?.map(({ ip = '' }) => ip) ?? [];
  if (hostIps.length > 0 && hostIps[0] !== (status.hostIP ?? '')) {
    errors.push(fieldError.invalid('status.hostIPs[0].ip', hostIps[0], 'must be equal to `hostIP`'));
  }
  validateAddresses(hostIps, oldStatus.hostIPs ?? [], 'HostIP', 'status.hostIPs', errors);
  for (const [field] of lists) validateUsers(status[field] ?? [], spec.os?.name ?? 'linux', `status.${field}`, errors);
  return errors;
}

/** A container that ended and must not be restarted stays ended. */
function validateTransitions(
  statuses: readonly ContainerStatus[],
  old: readonly ContainerStatus[],
  restartPolicy: string,
  exempt: ReadonlySet<string>,
  path: string,
  errors: FieldError[],
): void {
  if (restartPolicy === 'Always') return;
  old.forEach(({ name = '', state }, index) => {
    const terminated = state?.terminated;
    if (terminated === undefined || exempt.has(name)) return;
    if ((terminated.exitCode ?? 0) !== 0 && restartPolicy === 'OnFailure') return;
    const revived = statuses.some((status) => status.name === name && status.state?.terminated === undefined);
    if (!revived) return;
    const message = 'may not be transitioned to non-terminated state';
    errors.push(fieldError.forbidden(`${path}[${index}].state`, message));
  });
}

const maxId = 2147483647;

function validateUsers(statuses: readonly ContainerStatus[], os: string, path: string, errors: FieldError[]): void {
  statuses.forEach(({ user }, index) => {
    const linux = user?.linux;
    if (linux === undefined) return;
    const at = `${path}[${index}].user.linux`;
    if (os === 'windows') {
      errors.push(fieldError.forbidden(at, 'cannot be set for a windows pod'));
      return;
    }
    const check = (id: number, where: string): void => {
      if (id < 0 || id > maxId) errors.push(fieldError.invalid(where, id, inclusiveRangeMessage(0, maxId)));
    };
    check(linux.uid ?? 0, `${at}.uid`);
    check(linux.gid ?? 0, `${at}.gid`);
    linux.supplementalGroups?.forEach((id, group) => check(id, `${at}.supplementalGroups[${group}]`));
  });
}

function validateAddresses(
  addresses: readonly string[],
  old: readonly { ip?: string }[],
  type: 'PodIP' | 'HostIP',
  path: string,
  errors: FieldError[],
): void {
  addresses.forEach((ip, index) => {
    if (!old.some((known) => known.ip === ip)) invalidEach(`${path}[${index}]`, ip, ipAddress(ip), errors);
  });
  if (addresses.length < 2) return;
  const families = new Set(addresses.map(ipFamily));
  const broken = addresses.findIndex((ip) => ipFamily(ip) === undefined);
  if (broken >= 0) {
    const detail = `failed to check for dual stack with error:invalid IP[${broken}]: ${addresses[broken] ?? ''}`;
    errors.push({ type: 'InternalError', field: path, detail });
  }
  if (broken >= 0 || addresses.length > 2 || families.size < 2) {
    const shown = addresses.map((ip) => `core.${type}{IP:${goString(ip)}}`).join(', ');
    const message = 'may specify no more than one IP for each IP family';
    errors.push(fieldError.invalid(path, goSyntax(`[]core.${type}{${shown}}`), message));
  }
}
