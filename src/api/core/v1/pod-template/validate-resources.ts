import { type FieldError, fieldError, goSyntax } from '../../../../apimachinery/errors.ts';
import { compareQuantity, formatQuantity, parseQuantity, type Quantity } from '../../../../apimachinery/quantity.ts';
import { qualifiedName } from '../../../../apimachinery/validation/names.ts';
import { atKey, negativeMessage } from '../../../field-path.ts';
import type { ResourceList, ResourceRequirements } from './types.ts';

const nano = 1_000_000_000n;
const containerResources = new Set(['cpu', 'memory', 'ephemeral-storage']);
const countedObjects = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
];
const standardResources = new Set([
  ...containerResources,
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'storage',
  'requests.storage',
  ...countedObjects,
]);
const integerResources = new Set(countedObjects);
const hugePages = 'hugepages-';

/** Names without a domain, and those of kubernetes.io, are Kubernetes' own. */
export function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

/** Resources of devices and the like, which somebody else defines: `example.com/gpu`. */
export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith('requests.')) return false;
  return qualifiedName(`requests.${name}`).length === 0;
}

/** Errors of the name of any resource, at `path`; they show it without quotes. Gives false when there were some. */
export function validateResourceName(name: string, path: string, errors: FieldError[]): boolean {
  const messages = qualifiedName(name);
  for (const message of messages) errors.push(fieldError.invalid(path, goSyntax(name), message));
  if (messages.length > 0) return false;
  const huge = name.startsWith(hugePages) || name.startsWith(`requests.${hugePages}`);
  if (!name.includes('/') && !standardResources.has(name) && !huge) {
    errors.push(fieldError.invalid(path, goSyntax(name), 'must be a standard resource type or fully qualified'));
    return false;
  }
  return true;
}

/** Errors of the name of a resource that a container may ask for. */
export function validateContainerResourceName(name: string, path: string, errors: FieldError[]): void {
  validateResourceName(name, path, errors);
  if (!name.includes('/')) {
    if (!containerResources.has(name) && !name.startsWith(hugePages)) {
      errors.push(fieldError.invalid(path, goSyntax(name), 'must be a standard resource for containers'));
    }
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.push(fieldError.invalid(path, goSyntax(name), "doesn't follow extended resource name standard"));
  }
}

/** Errors of an amount: not negative, and whole where things are counted. */
export function validateResourceAmount(name: string, quantity: Quantity, path: string, errors: FieldError[]): void {
  if (quantity.nano < 0n) errors.push(fieldError.invalid(path, formatQuantity(quantity), negativeMessage));
  if ((integerResources.has(name) || isExtendedResource(name)) && quantity.nano % nano !== 0n) {
    errors.push(fieldError.invalid(path, goSyntax(formatQuantity(quantity)), 'must be an integer'));
  }
}

function validateHugePages(name: string, quantity: Quantity, path: string, errors: FieldError[]): void {
  const size = pageSize(name);
  if (size !== undefined && (quantity.nano / nano) % size === 0n) return;
  const text = formatQuantity(quantity);
  errors.push(fieldError.invalid(path, text, `${text} is not positive integer multiple of ${name}`));
}

function pageSize(name: string): bigint | undefined {
  try {
    const { nano: size } = parseQuantity(name.slice(hugePages.length));
    return size > 0n && size % nano === 0n ? size / nano : undefined;
  } catch {
    return undefined;
  }
}

type Seen = { computed: boolean; hugePages: boolean };

function validateList(list: ResourceList, path: string, seen: Seen, errors: FieldError[], each?: Each): void {
  for (const name of Object.keys(list)) {
    const at = atKey(path, name);
    const quantity = parseQuantity(String(list[name]));
    validateContainerResourceName(name, at, errors);
    validateResourceAmount(name, quantity, at, errors);
    each?.(name, quantity);
    if (name.startsWith(hugePages)) {
      seen.hugePages = true;
      validateHugePages(name, quantity, at, errors);
    }
    if (name === 'cpu' || name === 'memory') seen.computed = true;
  }
}

type Each = (name: string, quantity: Quantity) => void;

/** Errors of what a container asks for and may use: known names, sane amounts, requests within limits. */
export function validateResourceRequirements(
  requirements: ResourceRequirements,
  path: string,
  errors: FieldError[],
): void {
  const { limits = {}, requests = {} } = requirements;
  const seen: Seen = { computed: false, hugePages: false };
  validateList(limits, `${path}.limits`, seen, errors);
  validateList(requests, `${path}.requests`, seen, errors, (name, quantity) => {
    const mayOvercommit = isNativeResource(name) && !name.startsWith(hugePages);
    if (!Object.hasOwn(limits, name)) {
      if (!mayOvercommit) {
        errors.push(fieldError.required(`${path}.limits`, 'Limit must be set for non overcommitable resources'));
      }
      return;
    }
    const limit = parseQuantity(String(limits[name]));
    const order = compareQuantity(quantity, limit);
    const rule = order !== 0 && !mayOvercommit ? 'equal to' : order > 0 ? 'less than or equal to' : undefined;
    if (rule === undefined) return;
    const message = `must be ${rule} ${name} limit of ${formatQuantity(limit)}`;
    errors.push(fieldError.invalid(`${path}.requests`, formatQuantity(quantity), message));
  });
  if (seen.hugePages && !seen.computed) {
    errors.push(fieldError.forbidden(path, 'HugePages require cpu or memory'));
  }
}
