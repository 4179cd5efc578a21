import { randomUUID } from 'node:crypto';
import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goQuantity } from '../../../apimachinery/go-syntax.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { compareQuantity, formatQuantity, parseQuantity, type Quantity } from '../../../apimachinery/quantity.ts';
import { defaultTable } from '../../../apimachinery/table.ts';
import { qualifiedName } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { atKey } from '../../field-path.ts';
import type { ResourceList } from './pod-template/types.ts';
import {
  isNativeResource,
  validateContainerResourceName,
  validateResourceName,
} from './pod-template/validate-resources.ts';

type Limit = {
  type?: string;
  max?: ResourceList;
  min?: ResourceList;
  default?: ResourceList;
  defaultRequest?: ResourceList;
  maxLimitRequestRatio?: ResourceList;
};
type LimitRange = KubeObject & { spec?: { limits?: Limit[] } };

/** For containers, what is not said follows from what is: default limits from the maximum, default requests from limits and minimum. */
function applyDefaults(object: KubeObject): void {
  for (const limit of (object as LimitRange).spec?.limits ?? []) {
    if (limit.type !== 'Container') continue;
    const defaults = { ...limit.max, ...limit.default };
    const requests = { ...limit.min, ...defaults, ...limit.defaultRequest };
    if (Object.keys(defaults).length > 0) limit.default = defaults;
    if (Object.keys(requests).length > 0) limit.defaultRequest = requests;
  }
}

const types = new Set(['Pod', 'Container', 'PersistentVolumeClaim']);

function validate(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  (object as LimitRange).spec?.limits?.forEach((limit, index) => {
    const { type = '' } = limit;
    const path = `spec.limits[${index}]`;
    const messages = qualifiedName(type);
    for (const message of messages) errors.push(fieldError.invalid(`${path}.type`, type, message));
    if (messages.length === 0 && !type.includes('/') && !types.has(type)) {
      const message = 'must be a standard limit type or fully qualified';
      errors.push(fieldError.invalid(`${path}.type`, type, message));
    }
    if (seen.has(type)) errors.push(fieldError.duplicate(`${path}.type`, type));
    seen.add(type);
    validateNames(limit, path, errors);
    validateOrder(limit, path, errors);
  });
  return errors;
}

function validateNames(limit: Limit, path: string, errors: FieldError[]): void {
  const { type, max = {}, min = {} } = limit;
  const names = (field: 'max' | 'min' | 'default' | 'defaultRequest' | 'maxLimitRequestRatio'): void => {
    for (const name of Object.keys(limit[field] ?? {})) {
      const at = atKey(`${path}.${field}`, name);
      if (type === 'Pod' || type === 'Container') validateContainerResourceName(name, at, errors);
      else validateResourceName(name, at, errors);
    }
  };
  names('max');
  names('min');
  for (const field of ['default', 'defaultRequest'] as const) {
    if (type !== 'Pod') names(field);
    else if (Object.keys(limit[field] ?? {}).length > 0) {
      errors.push(fieldError.forbidden(`${path}.${field}`, "may not be specified when `type` is 'Pod'"));
    }
  }
  if (type === 'PersistentVolumeClaim' && min.storage === undefined && max.storage === undefined) {
    const message = 'either minimum or maximum storage value is required, but neither was provided';
    errors.push(fieldError.required(`${path}.limits`, message));
  }
  names('maxLimitRequestRatio');
}

/** Minimum, default request, default and maximum of a resource must not contradict each other. */
function validateOrder(limit: Limit, path: string, errors: FieldError[]): void {
  const pod = limit.type === 'Pod';
  const lists = {
    min: limit.min ?? {},
    max: limit.max ?? {},
    default: pod ? {} : (limit.default ?? {}),
    defaultRequest: pod ? {} : (limit.defaultRequest ?? {}),
    maxLimitRequestRatio: limit.maxLimitRequestRatio ?? {},
  };
  const names = new Set(Object.values(lists).flatMap((list) => Object.keys(list)));
  for (const name of names) {
    const amount = (list: keyof typeof lists): Quantity | undefined =>
      Object.hasOwn(lists[list], name) ? parseQuantity(String(lists[list][name])) : undefined;
    const check = (
      low: Quantity | undefined,
      high: Quantity | undefined,
      field: keyof typeof lists,
      bad: Quantity | undefined,
      message: (low: string, high: string) => string,
    ): void => {
      if (low === undefined || high === undefined || bad === undefined || compareQuantity(low, high) <= 0) return;
      const text = message(formatQuantity(low), formatQuantity(high));
      errors.push(fieldError.invalid(atKey(`${path}.${field}`, name), goSyntax(goQuantity(formatQuantity(bad))), text));
    };
    const min = amount('min');
    const max = amount('max');
    const limits = amount('default');
    const requests = amount('defaultRequest');
    check(min, max, 'min', min, (a, b) => `min value ${a} is greater than max value ${b}`);
    check(
      min,
      requests,
      'defaultRequest',
      requests,
      (a, b) => `min value ${a} is greater than default request value ${b}`,
    );
    check(
      requests,
      max,
      'defaultRequest',
      requests,
      (a, b) => `default request value ${a} is greater than max value ${b}`,
    );
    check(
      requests,
      limits,
      'defaultRequest',
      requests,
      (a, b) => `default request value ${a} is greater than default limit value ${b}`,
    );
    check(min, limits, 'default', min, (a, b) => `min value ${a} is greater than default value ${b}`);
    check(limits, max, 'default', max, (a, b) => `default value ${a} is greater than max value ${b}`);
    validateRatio(amount('maxLimitRequestRatio'), min, max, atKey(`${path}.maxLimitRequestRatio`, name), errors);
    const overcommits = isNativeResource(name) && !name.startsWith('hugepages-');
    if (overcommits || limits === undefined || requests === undefined || compareQuantity(limits, requests) === 0)
      continue;
    const [given, asked] = [formatQuantity(limits), formatQuantity(requests)];
    const message = `default value ${given} must equal to defaultRequest value ${asked} in ${name}`;
    errors.push(fieldError.invalid(atKey(`${path}.defaultRequest`, name), goSyntax(goQuantity(asked)), message));
  }
}

/** A limit may be so many times a request: at least once, and never more than the maximum is of the minimum. */
function validateRatio(
  ratio: Quantity | undefined,
  min: Quantity | undefined,
  max: Quantity | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (ratio === undefined) return;
  const text = formatQuantity(ratio);
  const refuse = (why: string): void => {
    errors.push(fieldError.invalid(path, goSyntax(goQuantity(text)), `ratio ${text} is ${why}`));
  };
  if (ratio.nano < 1_000_000_000n) refuse('less than 1');
  if (min === undefined || max === undefined) return;
  const limit = Number(max.nano) / Number(min.nano);
  if (Number(ratio.nano) / 1e9 <= limit || Number.isNaN(limit)) return;
  refuse(`greater than max/min = ${Number.isFinite(limit) ? limit.toFixed(6) : `${limit < 0 ? '-' : '+'}Inf`}`);
}

export const limitRanges = builtinResource({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  resource: 'limitranges',
  shortNames: ['limits'],
  scope: 'Namespaced',
  table: defaultTable,
  strategy: {
    generation: 'none',
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: true,
    applyDefaults,
    prepareForCreate(object) {
      if ((object.metadata.name ?? '') === '') object.metadata.name = randomUUID();
    },
    validate,
  },
});
