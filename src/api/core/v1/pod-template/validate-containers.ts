import { type FieldError, fieldError, goSyntax } from '../../../../apimachinery/errors.ts';
import { dns1123Label, portName, portNumber } from '../../../../apimachinery/validation/names.ts';
import { invalidEach, requireOneOf } from '../../../field-path.ts';
import type { Container, ContainerPort, EphemeralContainer, PodSpec, VolumeMount } from './types.ts';
import { validateEnv, validateEnvFrom } from './validate-env.ts';
import { validateNoBacksteps, validateRelativePath } from './validate-paths.ts';
import { validateHooksAndProbes } from './validate-probes.ts';
import { validateResourceRequirements } from './validate-resources.ts';
import { validateSecurityContext } from './validate-security.ts';
import type { VolumesByName } from './validate-volumes.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];
const pullPolicies = ['Always', 'IfNotPresent', 'Never'];
const resizable = ['cpu', 'memory'];
const messagePolicies = ['File', 'FallbackToLogsOnError'];

/** Errors of the regular, init and ephemeral containers of a pod, in this order. */
export function validateContainers(spec: PodSpec, volumes: VolumesByName, path: string, errors: FieldError[]): void {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = spec;
  const at = `${path}.containers`;
  if (containers.length === 0) errors.push(fieldError.required(at));
  const names = new Set<string>();
  containers.forEach((container, index) => validateRegular(container, spec, volumes, names, `${at}[${index}]`, errors));
  validateHostPorts(containers, at, errors);
  const initNames = new Set(containers.map(({ name = '' }) => name));
  initContainers.forEach((container, index) => {
    validateInit(container, spec, volumes, initNames, `${path}.initContainers`, index, errors);
  });
  const others = new Set([...containers, ...initContainers].map(({ name = '' }) => name));
  const taken = new Set(others);
  ephemeralContainers.forEach((container, index) => {
    const here = `${path}.ephemeralContainers[${index}]`;
    validateEphemeral(container, spec, volumes, others, taken, here, errors);
  });
}

function validateRegular(
  container: Container,
  spec: PodSpec,
  volumes: VolumesByName,
  names: Set<string>,
  path: string,
  errors: FieldError[],
): void {
  validateCommon(container, spec, volumes, path, errors);
  claimName(container, names, path, errors);
  validateHooksAndProbes(container, spec.terminationGracePeriodSeconds, path, errors);
  if (container.restartPolicy !== undefined) {
    errors.push(fieldError.forbidden(`${path}.restartPolicy`, 'may not be set for non-init containers'));
  }
}

function claimName({ name = '' }: Container, names: Set<string>, path: string, errors: FieldError[]): void {
  if (names.has(name)) errors.push(fieldError.duplicate(`${path}.name`, name));
  else names.add(name);
}

/** An init container that never stops (a sidecar) may have what regular containers have; others end before the pod starts. */
function validateInit(
  container: Container,
  spec: PodSpec,
  volumes: VolumesByName,
  names: Set<string>,
  listPath: string,
  index: number,
  errors: FieldError[],
): void {
  const path = `${listPath}[${index}]`;
  const { name = '', restartPolicy } = container;
  validateCommon(container, spec, volumes, path, errors);
  if (restartPolicy !== undefined && restartPolicy !== 'Always') {
    errors.push(fieldError.notSupported(`${path}.restartPolicy`, restartPolicy, ['Always']));
  }
  if (names.has(name)) errors.push(fieldError.duplicate(`${path}.name`, name));
  else if (name !== '') names.add(name);
  validateHostPorts([container], listPath, errors);
  if (restartPolicy === 'Always') {
    validateHooksAndProbes(container, spec.terminationGracePeriodSeconds, path, errors);
    return;
  }
  for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    if (container[field] === undefined) continue;
    const message = 'may not be set for init containers without restartPolicy=Always';
    errors.push(fieldError.forbidden(`${path}.${field}`, message));
  }
}

/** In the order of upstream's struct. */
const notForEphemeral = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

function validateEphemeral(
  container: EphemeralContainer,
  spec: PodSpec,
  volumes: VolumesByName,
  others: ReadonlySet<string>,
  names: Set<string>,
  path: string,
  errors: FieldError[],
): void {
  const message = 'cannot be set for an Ephemeral Container';
  validateCommon(container, spec, volumes, path, errors);
  validateImageSpacing(container, path, errors);
  claimName(container, names, path, errors);
  const { targetContainerName: target = '' } = container;
  if (target !== '' && !others.has(target)) {
    errors.push(fieldError.notFound(`${path}.targetContainerName`, target));
  }
  for (const field of notForEphemeral) {
    const value = container[field];
    if (value === undefined || (typeof value === 'object' && Object.keys(value).length === 0)) continue;
    errors.push(fieldError.forbidden(`${path}.${field}`, message));
  }
  container.volumeMounts?.forEach(({ subPath = '', subPathExpr = '' }, index) => {
    const at = `${path}.volumeMounts[${index}]`;
    if (subPath !== '') errors.push(fieldError.forbidden(`${at}.subPath`, message));
    if (subPathExpr !== '') errors.push(fieldError.forbidden(`${at}.subPathExpr`, message));
  });
}

/** Pods, but not templates, refuse image names with spaces around them. */
export function validateImageSpacing({ image = '' }: Container, path: string, errors: FieldError[]): void {
  if (image.trim().length !== image.length) {
    errors.push(fieldError.invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  }
}

function validateCommon(
  container: Container,
  spec: PodSpec,
  volumes: VolumesByName,
  path: string,
  errors: FieldError[],
): void {
  const { name = '', image = '' } = container;
  if (name === '') errors.push(fieldError.required(`${path}.name`));
  else invalidEach(`${path}.name`, name, dns1123Label(name), errors);
  if (image === '') errors.push(fieldError.required(`${path}.image`));
  requireOneOf(`${path}.terminationMessagePolicy`, container.terminationMessagePolicy, messagePolicies, errors);
  validatePorts(container.ports ?? [], `${path}.ports`, errors);
  validateEnv(container.env ?? [], `${path}.env`, errors);
  validateEnvFrom(container.envFrom ?? [], `${path}.envFrom`, errors);
  validateMounts(container, volumes, `${path}.volumeMounts`, errors);
  validateDevices(container, volumes, `${path}.volumeDevices`, errors);
  requireOneOf(`${path}.imagePullPolicy`, container.imagePullPolicy, pullPolicies, errors);
  validateResourceRequirements(container.resources ?? {}, `${path}.resources`, errors);
  validateResizePolicy(container, spec.restartPolicy, `${path}.resizePolicy`, errors);
  validateSecurityContext(container.securityContext, spec.hostUsers !== false, `${path}.securityContext`, errors);
}

function validatePorts(ports: readonly ContainerPort[], path: string, errors: FieldError[]): void {
  const names = new Set<string>();
  ports.forEach(({ name = '', containerPort = 0, hostPort = 0, protocol = '' }, index) => {
    const at = `${path}[${index}]`;
    if (name !== '') {
      const messages = portName(name);
      invalidEach(`${at}.name`, name, messages, errors);
      if (messages.length === 0) {
        if (names.has(name)) errors.push(fieldError.duplicate(`${at}.name`, name));
        else names.add(name);
      }
    }
    if (containerPort === 0) errors.push(fieldError.required(`${at}.containerPort`));
    else validateNumber(containerPort, `${at}.containerPort`, errors);
    if (hostPort !== 0) validateNumber(hostPort, `${at}.hostPort`, errors);
    requireOneOf(`${at}.protocol`, protocol, protocols, errors);
  });
}

function validateNumber(port: number, path: string, errors: FieldError[]): void {
  for (const message of portNumber(port)) errors.push(fieldError.invalid(path, port, message));
}

function validateHostPorts(containers: readonly Container[], path: string, errors: FieldError[]): void {
  const taken = new Set<string>();
  containers.forEach((container, index) => {
    container.ports?.forEach(({ hostPort = 0, hostIP = '', protocol = '' }, port) => {
      if (hostPort === 0) return;
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) errors.push(fieldError.duplicate(`${path}[${index}].ports[${port}].hostPort`, key));
      else taken.add(key);
    });
  });
}

function validateMounts(container: Container, volumes: VolumesByName, path: string, errors: FieldError[]): void {
  const { volumeMounts = [], volumeDevices = [] } = container;
  const points = new Set<string>();
  volumeMounts.forEach((mount, index) => {
    const { name = '', mountPath = '', subPath = '', subPathExpr = '' } = mount;
    const at = `${path}[${index}]`;
    if (name === '') errors.push(fieldError.required(`${at}.name`));
    if (!volumes.has(name)) errors.push(fieldError.notFound(`${at}.name`, name));
    if (mountPath === '') errors.push(fieldError.required(`${at}.mountPath`));
    if (points.has(mountPath)) errors.push(fieldError.invalid(`${at}.mountPath`, mountPath, 'must be unique'));
    points.add(mountPath);
    if (volumeDevices.some((device) => (device.name ?? '') === name)) {
      errors.push(fieldError.invalid(`${at}.name`, name, 'must not already exist in volumeDevices'));
    }
    if (volumeDevices.some((device) => (device.devicePath ?? '') === mountPath)) {
      const message = 'must not already exist as a path in volumeDevices';
      errors.push(fieldError.invalid(`${at}.mountPath`, mountPath, message));
    }
    if (subPath !== '') validateRelativePath(subPath, `${path}.subPath`, errors);
    if (subPathExpr !== '') {
      if (subPath !== '') {
        const message = 'subPathExpr and subPath are mutually exclusive';
        errors.push(fieldError.invalid(`${at}.subPathExpr`, subPathExpr, message));
      }
      validateRelativePath(subPathExpr, `${path}.subPathExpr`, errors);
    }
    validatePropagation(mount, container, path, errors);
  });
}

function validatePropagation(mount: VolumeMount, container: Container, path: string, errors: FieldError[]): void {
  const { mountPropagation, recursiveReadOnly, readOnly } = mount;
  if (mountPropagation !== undefined) {
    const at = `${path}.mountPropagation`;
    const supported = ['Bidirectional', 'HostToContainer', 'None'];
    if (!supported.includes(mountPropagation)) errors.push(fieldError.notSupported(at, mountPropagation, supported));
    if (mountPropagation === 'Bidirectional' && container.securityContext?.privileged !== true) {
      const message = 'Bidirectional mount propagation is available only to privileged containers';
      errors.push(fieldError.forbidden(at, message));
    }
  }
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return;
  const at = `${path}.recursiveReadOnly`;
  if (recursiveReadOnly !== 'Enabled' && recursiveReadOnly !== 'IfPossible') {
    errors.push(fieldError.notSupported(at, recursiveReadOnly, ['Disabled', 'Enabled', 'IfPossible']));
    return;
  }
  if (readOnly !== true) errors.push(fieldError.forbidden(at, 'may only be specified when readOnly is true'));
  if (mountPropagation !== undefined && mountPropagation !== 'None') {
    errors.push(fieldError.forbidden(at, 'may only be specified when mountPropagation is None or not specified'));
  }
}

function validateDevices(container: Container, volumes: VolumesByName, path: string, errors: FieldError[]): void {
  const { volumeMounts = [], volumeDevices = [] } = container;
  const paths = new Set<string>();
  const names = new Set<string>();
  volumeDevices.forEach(({ name = '', devicePath = '' }, index) => {
    const at = `${path}[${index}]`;
    const invalidName = (message: string): void => {
      errors.push(fieldError.invalid(`${at}.name`, name, message));
    };
    const invalidPath = (message: string): void => {
      errors.push(fieldError.invalid(`${at}.devicePath`, devicePath, message));
    };
    const volume = volumes.get(name);
    if (name === '') errors.push(fieldError.required(`${at}.name`));
    if (names.has(name)) invalidName('must be unique');
    if (volume === undefined) errors.push(fieldError.notFound(`${at}.name`, name));
    else if (!volume.isClaim) {
      invalidName('can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode');
    }
    if (devicePath === '') errors.push(fieldError.required(`${at}.devicePath`));
    if (paths.has(devicePath)) invalidPath('must be unique');
    const backsteps: FieldError[] = [];
    validateNoBacksteps(devicePath, '', backsteps);
    if (backsteps.length > 0) invalidPath("can not contain backsteps ('..')");
    else paths.add(devicePath);
    if (volumeMounts.some((mount) => (mount.name ?? '') === name))
      invalidName('must not already exist in volumeMounts');
    if (volumeMounts.some((mount) => (mount.mountPath ?? '') === devicePath)) {
      invalidPath('must not already exist as a path in volumeMounts');
    }
    if (name !== '') names.add(name);
  });
}

function validateResizePolicy(
  container: Container,
  podRestartPolicy: string | undefined,
  path: string,
  errors: FieldError[],
): void {
  const seen = new Set<string>();
  container.resizePolicy?.forEach(({ resourceName = '', restartPolicy = '' }, index) => {
    if (seen.has(resourceName)) errors.push(fieldError.duplicate(`${path}[${index}]`, goSyntax(resourceName)));
    seen.add(resourceName);
    if (resourceName === '') errors.push(fieldError.required(path));
    else if (!resizable.includes(resourceName)) {
      errors.push(fieldError.notSupported(path, goSyntax(resourceName), resizable));
    }
    requireOneOf(path, restartPolicy, ['NotRequired', 'RestartContainer'], errors);
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      const message = "must be 'NotRequired' when `restartPolicy` is 'Never'";
      errors.push(fieldError.invalid(path, restartPolicy, message));
    }
  });
}
