import { type FieldError, fieldError } from '../../../../apimachinery/errors.ts';
import type { Container, PodSpec } from './types.ts';

/** All containers of a pod with their paths: init, regular, ephemeral, as upstream visits them. */
export function containersWithPaths(spec: PodSpec, path: string): { container: Container; path: string }[] {
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((field) =>
    (spec[field] ?? []).map((container, index) => ({ container, path: `${path}.${field}[${index}]` })),
  );
}

/** Windows pods with host process containers: all containers are such, and on the host's network. */
export function validateHostProcess(spec: PodSpec, path: string, errors: FieldError[]): void {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  let count = 0;
  const containers = containersWithPaths(spec, path);
  for (const { container, path: at } of containers) {
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const message = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      errors.push(fieldError.invalid(`${at}.securityContext.windowsOptions.hostProcess`, own, message));
    }
    if (own ?? ofPod ?? false) count++;
  }
  if (count === 0) return;
  if (count !== containers.length) {
    const message = 'If pod contains any hostProcess containers then all containers must be HostProcess containers';
    errors.push(fieldError.invalid(path, '', message));
  }
  if (spec.hostNetwork !== true) {
    const message = 'hostNetwork must be true if pod contains any hostProcess containers';
    errors.push(fieldError.invalid(`${path}.hostNetwork`, false, message));
  }
}

const windowsMessage = 'cannot be set for a windows pod';

/** Pod fields that mean nothing on Windows, in the order of upstream's errors; true: part of securityContext. */
const notOnWindows: readonly (readonly [string, boolean])[] = [
  ['appArmorProfile', true],
  ['seLinuxOptions', true],
  ['hostUsers', false],
  ['hostPID', false],
  ['hostIPC', false],
  ['seccompProfile', true],
  ['fsGroup', true],
  ['fsGroupChangePolicy', true],
  ['sysctls', true],
  ['shareProcessNamespace', false],
  ['runAsUser', true],
  ['runAsGroup', true],
  ['supplementalGroups', true],
  ['supplementalGroupsPolicy', true],
  ['seLinuxChangePolicy', true],
];
const notInWindowsContainers = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const;

/** Errors of a pod that says which operating system it is for. */
export function validateOs(spec: PodSpec, path: string, errors: FieldError[]): void {
  if (spec.os === undefined) return;
  const { name = '' } = spec.os;
  if (name === '') errors.push(fieldError.required(`${path}.os.name`, 'cannot be empty'));
  else if (name === 'linux') validateLinux(spec, path, errors);
  else if (name === 'windows') validateWindows(spec, path, errors);
  else errors.push(fieldError.notSupported(`${path}.os`, name, ['linux', 'windows']));
}

function validateLinux(spec: PodSpec, path: string, errors: FieldError[]): void {
  const message = 'windows options cannot be set for a linux pod';
  if (spec.securityContext?.windowsOptions !== undefined) {
    errors.push(fieldError.forbidden(`${path}.securityContext.windowsOptions`, message));
  }
  for (const { container, path: at } of containersWithPaths(spec, path)) {
    if (container.securityContext?.windowsOptions === undefined) continue;
    errors.push(fieldError.forbidden(`${at}.securityContext.windowsOptions`, message));
  }
}

function validateWindows(spec: PodSpec, path: string, errors: FieldError[]): void {
  for (const [field, inContext] of notOnWindows) {
    const owner = (inContext ? spec.securityContext : spec) as Readonly<Record<string, unknown>> | undefined;
    const value = owner?.[field];
    const unset = value === undefined || ((field === 'hostPID' || field === 'hostIPC') && value === false);
    if (unset || (field === 'sysctls' && Array.isArray(value) && value.length === 0)) continue;
    errors.push(fieldError.forbidden(`${path}.${inContext ? 'securityContext.' : ''}${field}`, windowsMessage));
  }
  for (const { container, path: at } of containersWithPaths(spec, path)) {
    for (const field of notInWindowsContainers) {
      if (container.securityContext?.[field] === undefined) continue;
      errors.push(fieldError.forbidden(`${at}.securityContext.${field}`, windowsMessage));
    }
  }
}
