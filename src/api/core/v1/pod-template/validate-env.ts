import { type FieldError, fieldError } from '../../../../apimachinery/errors.ts';
import { canonicalQuantity } from '../../../../apimachinery/quantity.ts';
import {
  configMapKey,
  nameIsDns1123Subdomain,
  qualifiedName,
  relaxedEnvVarName,
} from '../../../../apimachinery/validation/names.ts';
import { invalidEach } from '../../../field-path.ts';
import type { EnvFromSource, EnvVar, KeySelector, ObjectFieldSelector, ResourceFieldSelector } from './types.ts';

const envFieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

/** Paths that a downward API volume may show. */
export const volumeFieldPaths: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** Paths that a pod understands at all. */
const knownFieldPaths = new Set([
  ...envFieldPaths,
  ...volumeFieldPaths,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);

const resourceFields = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

/** Errors of a container's environment variables. */
export function validateEnv(vars: readonly EnvVar[], path: string, errors: FieldError[]): void {
  vars.forEach((variable, index) => {
    const { name = '' } = variable;
    const at = `${path}[${index}]`;
    if (name === '') errors.push(fieldError.required(`${at}.name`));
    else invalidEach(`${at}.name`, name, relaxedEnvVarName(name), errors);
    validateValueFrom(variable, `${at}.valueFrom`, errors);
  });
}

function validateValueFrom({ value = '', valueFrom }: EnvVar, path: string, errors: FieldError[]): void {
  if (valueFrom === undefined) return;
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  let sources = 0;
  if (fieldRef !== undefined) {
    sources++;
    validateFieldRef(fieldRef, envFieldPaths, `${path}.fieldRef`, errors);
  }
  if (resourceFieldRef !== undefined) {
    sources++;
    validateResourceFieldRef(resourceFieldRef, false, `${path}.resourceFieldRef`, errors);
  }
  if (configMapKeyRef !== undefined) {
    sources++;
    validateKeySelector(configMapKeyRef, `${path}.configMapKeyRef`, errors);
  }
  if (secretKeyRef !== undefined) {
    sources++;
    validateKeySelector(secretKeyRef, `${path}.secretKeyRef`, errors);
  }
  if (sources === 0) {
    const message = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`';
    errors.push(fieldError.invalid(path, '', message));
  } else if (value !== '') {
    errors.push(fieldError.invalid(path, '', 'may not be specified when `value` is not empty'));
  } else if (sources > 1) {
    errors.push(fieldError.invalid(path, '', 'may not have more than one field specified at a time'));
  }
}

/** Errors of a reference to a field of the pod; `allowed` lists the paths (sorted). Labels and annotations may have a subscript. */
export function validateFieldRef(
  selector: ObjectFieldSelector,
  allowed: readonly string[],
  path: string,
  errors: FieldError[],
): void {
  const { apiVersion = '', fieldPath: asked = '' } = selector;
  if (apiVersion === '') {
    errors.push(fieldError.required(`${path}.apiVersion`));
    return;
  }
  if (asked === '') {
    errors.push(fieldError.required(`${path}.fieldPath`));
    return;
  }
  const subscript = /^(.+?)\['(.*)'\]$/s.exec(asked);
  const problem = conversionProblem(apiVersion, asked, subscript?.[1]);
  if (problem !== undefined) {
    errors.push(fieldError.invalid(`${path}.fieldPath`, asked, `error converting fieldPath: ${problem}`));
  } else if (subscript !== null) {
    const key = subscript[2] ?? '';
    const annotation = subscript[1] === 'metadata.annotations';
    const name = annotation ? key.toLowerCase() : key;
    invalidEach(path, name, qualifiedName(name), errors);
  } else {
    const converted = asked === 'spec.host' ? 'spec.nodeName' : asked;
    if (!allowed.includes(converted)) {
      errors.push(fieldError.notSupported(`${path}.fieldPath`, converted, allowed));
    }
  }
}

function conversionProblem(apiVersion: string, asked: string, subscripted: string | undefined): string | undefined {
  if (apiVersion !== 'v1') return `unsupported pod version: ${apiVersion}`;
  if (subscripted !== undefined) {
    return subscripted === 'metadata.annotations' || subscripted === 'metadata.labels'
      ? undefined
      : `field label does not support subscript: ${asked}`;
  }
  return knownFieldPaths.has(asked) || asked === 'spec.host' ? undefined : `field label not supported: ${asked}`;
}

const sizeDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

/** Errors of a reference to a container's resources. A volume must name the container. */
export function validateResourceFieldRef(
  selector: ResourceFieldSelector,
  inVolume: boolean,
  path: string,
  errors: FieldError[],
): void {
  const { containerName = '', resource = '', divisor = '0' } = selector;
  if (inVolume && containerName === '') errors.push(fieldError.required(`${path}.containerName`));
  else if (resource === '') errors.push(fieldError.required(`${path}.resource`));
  else if (!resourceFields.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource)) {
    errors.push(fieldError.notSupported(`${path}.resource`, resource, resourceFields));
  }
  const unit = canonicalQuantity(String(divisor));
  if (unit === '0') return;
  const kind = /^(?:limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-)/.exec(resource)?.[1];
  if (kind === undefined || unit === undefined) return;
  if (kind === 'cpu') {
    if (unit === '1m' || unit === '1') return;
    const message = "only divisor's values 1m and 1 are supported with the cpu resource";
    errors.push(fieldError.invalid(`${path}.divisor`, resource, message));
  } else if (!sizeDivisors.includes(unit)) {
    const what = kind === 'memory' ? 'memory' : kind === 'ephemeral-storage' ? 'local ephemeral storage' : 'hugepages';
    const message = `only divisor's values ${sizeDivisors.join(', ')} are supported with the ${what} resource`;
    errors.push(fieldError.invalid(`${path}.divisor`, resource, message));
  }
}

function validateKeySelector({ name = '', key = '' }: KeySelector, path: string, errors: FieldError[]): void {
  invalidEach(`${path}.name`, name, nameIsDns1123Subdomain(name, false), errors);
  if (key === '') errors.push(fieldError.required(`${path}.key`));
  else invalidEach(`${path}.key`, key, configMapKey(key), errors);
}

/** Errors of the ConfigMaps and Secrets that become environment variables whole. */
export function validateEnvFrom(sources: readonly EnvFromSource[], path: string, errors: FieldError[]): void {
  sources.forEach(({ prefix = '', configMapRef, secretRef }, index) => {
    const at = `${path}[${index}]`;
    if (prefix !== '') invalidEach(`${at}.prefix`, prefix, relaxedEnvVarName(prefix), errors);
    if (configMapRef !== undefined) validateSourceName(configMapRef.name ?? '', `${at}.configMapRef.name`, errors);
    if (secretRef !== undefined) validateSourceName(secretRef.name ?? '', `${at}.secretRef.name`, errors);
    if (configMapRef === undefined && secretRef === undefined) {
      errors.push(fieldError.invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (configMapRef !== undefined && secretRef !== undefined) {
      errors.push(fieldError.invalid(path, '', 'may not have more than one field specified at a time'));
    }
  });
}

function validateSourceName(name: string, path: string, errors: FieldError[]): void {
  if (name === '') errors.push(fieldError.required(path));
  else invalidEach(path, name, nameIsDns1123Subdomain(name, true), errors);
}
