import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goQuantity } from '../../../apimachinery/go-syntax.ts';
import { parseQuantity } from '../../../apimachinery/quantity.ts';
import { dns1123Label, pathSegmentName } from '../../../apimachinery/validation/names.ts';
import { validateContainerResourceName } from '../../core/v1/pod-template/validate-resources.ts';
import { invalidEach } from '../../field-path.ts';

export type Reference = { kind?: string; name?: string };
export type MetricTarget = { type?: string; value?: string; averageValue?: string; averageUtilization?: number };
export type MetricSource = {
  name?: string;
  container?: string;
  metric?: { name?: string };
  describedObject?: Reference;
  target?: MetricTarget;
  current?: Omit<MetricTarget, 'type'>;
};
export type Metric = {
  type?: string;
  resource?: MetricSource;
  containerResource?: MetricSource;
  pods?: MetricSource;
  object?: MetricSource;
  external?: MetricSource;
};

/** The sources in the order in which they are looked at, and the type that each belongs to. */
const sources = [
  ['object', 'Object'],
  ['external', 'External'],
  ['pods', 'Pods'],
  ['resource', 'Resource'],
  ['containerResource', 'ContainerResource'],
] as const;
type SourceName = (typeof sources)[number][0];
const types = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

/** Errors of what is to be scaled, or is measured. */
export function validateReference(reference: Reference, path: string, errors: FieldError[]): void {
  for (const field of ['kind', 'name'] as const) {
    const value = reference[field] ?? '';
    if (value === '') errors.push(fieldError.required(`${path}.${field}`));
    else invalidEach(`${path}.${field}`, value, pathSegmentName(value), errors);
  }
}

/** Errors of one metric of an autoscaler (validateMetricSpec of pkg/apis/autoscaling/validation). */
export function validateMetric(metric: Metric, path: string, errors: FieldError[]): void {
  const { type = '' } = metric;
  if (type === '') errors.push(fieldError.required(`${path}.type`, 'must specify a metric source type'));
  if (!types.includes(type)) errors.push(fieldError.notSupported(`${path}.type`, type, types));
  const given = sources.filter(([source]) => metric[source] !== undefined).map(([source]) => source);
  const [first] = given;
  if (first !== undefined) validateSource(first, metric[first] ?? {}, `${path}.${first}`, errors);
  const expected = sources.find(([, its]) => its === type)?.[0];
  if (expected === undefined) errors.push(fieldError.notSupported(`${path}.type`, type, types));
  else if (metric[expected] === undefined)
    errors.push(fieldError.required(`${path}.${expected}`, 'must populate information for the given metric source'));
  if (given.length === 1) return;
  for (const source of given)
    if (source !== expected)
      errors.push(fieldError.forbidden(`${path}.${source}`, 'must populate the given metric source only'));
}

function validateSource(name: SourceName, source: MetricSource, path: string, errors: FieldError[]): void {
  const { target = {} } = source;
  if (name === 'object') validateReference(source.describedObject ?? {}, `${path}.describedObject`, errors);
  if (name === 'resource' || name === 'containerResource') validateResource(name, source, path, errors);
  else {
    const metric = source.metric?.name ?? '';
    if (metric === '') errors.push(fieldError.required(`${path}.metric.name`, 'must specify a metric name'));
    else invalidEach(`${path}.metric.name`, metric, pathSegmentName(metric), errors);
  }
  validateTarget(target, `${path}.target`, errors);
  const { value, averageValue, averageUtilization } = target;
  const missing = (field: string, message: string): void => {
    errors.push(fieldError.required(`${path}.target.${field}`, message));
  };
  const tooMany = (field: string, message: string): void => {
    errors.push(fieldError.forbidden(`${path}.target.${field}`, message));
  };
  if (name === 'pods') {
    if (averageValue === undefined) missing('averageValue', 'must specify a positive target averageValue');
  } else if (name === 'object') {
    if (value === undefined && averageValue === undefined)
      missing('averageValue', 'must set either a target value or averageValue');
  } else if (name === 'external') {
    if (value === undefined && averageValue === undefined)
      missing('averageValue', 'must set either a target value for metric or a per-pod target');
    if (value !== undefined && averageValue !== undefined)
      tooMany('value', 'may not set both a target value for metric and a per-pod target');
  } else {
    if (averageUtilization === undefined && averageValue === undefined)
      missing('averageUtilization', 'must set either a target raw value or a target utilization');
    if (averageUtilization !== undefined && averageValue !== undefined)
      tooMany('averageValue', 'may not set both a target raw value and a target utilization');
  }
}

function validateResource(
  which: 'resource' | 'containerResource',
  { name = '', container = '' }: MetricSource,
  path: string,
  errors: FieldError[],
): void {
  if (name === '') errors.push(fieldError.required(`${path}.name`, 'must specify a resource name'));
  else if (which === 'containerResource') {
    const found: FieldError[] = [];
    validateContainerResourceName(name, `${path}.name`, found);
    errors.push(...found.map((error) => ({ ...error, badValue: name })));
  }
  if (which === 'resource') return;
  if (container === '') errors.push(fieldError.required(`${path}.container`, 'must specify a container'));
  else invalidEach(`${path}.container`, container, dns1123Label(container), errors);
}

const targetTypes = ['Utilization', 'Value', 'AverageValue'];

function validateTarget(target: MetricTarget, path: string, errors: FieldError[]): void {
  const { type = '', averageUtilization } = target;
  if (type === '') errors.push(fieldError.required(`${path}.type`, 'must specify a metric target type'));
  if (!targetTypes.includes(type))
    errors.push(fieldError.invalid(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  for (const field of ['value', 'averageValue'] as const) {
    const value = target[field];
    if (value !== undefined && parseQuantity(value).nano <= 0n)
      errors.push(fieldError.invalid(`${path}.${field}`, goSyntax(goQuantity(value)), 'must be positive'));
  }
  if (averageUtilization !== undefined && averageUtilization < 1)
    errors.push(fieldError.invalid(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0'));
}
