import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goPointer, goString } from '../../../apimachinery/go-syntax.ts';
import { qualifiedName } from '../../../apimachinery/validation/names.ts';
import { invalidEach, requireNonNegative } from '../../field-path.ts';
import type { JobSpec } from './job-spec.ts';

type ExitCodes = { containerName?: string; operator?: string; values?: number[] };
type Conditions = { type?: string; status?: string }[];
export type FailureRule = { action?: string; onExitCodes?: ExitCodes; onPodConditions?: Conditions };
export type SuccessRule = { succeededIndexes?: string; succeededCount?: number };

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const operators = ['In', 'NotIn'];
const statuses = ['False', 'True', 'Unknown'];
const maxRules = 20;
const maxExitCodes = 255;
const maxConditions = 20;
const maxIndexesText = 64 * 1024;

/** `["a" "b"]`, as Go prints a list of strings inside of a message. */
function quoted(values: readonly string[]): string {
  return `valid values: [${values.map(goString).join(' ')}]`;
}

/** An error that shows no value: `Invalid value: why`. */
function invalidWhole(path: string, why: string): FieldError {
  return fieldError.invalid(path, goSyntax(why), '');
}

/** Errors of what failed pods mean for their Job. */
export function validateFailurePolicy(spec: JobSpec, path: string, errors: FieldError[]): void {
  const rules = spec.podFailurePolicy?.rules ?? [];
  if (rules.length > maxRules) errors.push(fieldError.tooMany(`${path}.rules`, rules.length, maxRules));
  const { containers = [], initContainers = [] } = spec.template?.spec ?? {};
  const names = new Set([...containers, ...initContainers].map(({ name = '' }) => name));
  rules.forEach((rule, index) => validateRule(rule, spec, names, `${path}.rules[${index}]`, errors));
}

function validateRule(
  rule: FailureRule,
  spec: JobSpec,
  names: ReadonlySet<string>,
  path: string,
  errors: FieldError[],
): void {
  const { action = '', onExitCodes, onPodConditions = [] } = rule;
  const at = `${path}.action`;
  if (action === '') errors.push(fieldError.required(at, quoted(actions)));
  else if (action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined)
      errors.push(fieldError.invalid(at, action, 'requires the backoffLimitPerIndex to be set'));
  } else if (!actions.includes(action)) errors.push(fieldError.notSupported(at, action, actions));
  if (onExitCodes !== undefined) validateExitCodes(onExitCodes, names, `${path}.onExitCodes`, errors);
  if (onPodConditions.length > 0) validateConditions(onPodConditions, `${path}.onPodConditions`, errors);
  if (onExitCodes !== undefined && onPodConditions.length > 0)
    errors.push(invalidWhole(path, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  if (onExitCodes === undefined && onPodConditions.length === 0)
    errors.push(invalidWhole(path, 'specifying one of OnExitCodes and OnPodConditions is required'));
}

function validateConditions(conditions: Conditions, path: string, errors: FieldError[]): void {
  if (conditions.length > maxConditions) errors.push(fieldError.tooMany(path, conditions.length, maxConditions));
  conditions.forEach(({ type = '', status = '' }, index) => {
    const at = `${path}[${index}]`;
    invalidEach(`${at}.type`, type, qualifiedName(type), errors);
    if (status === '') errors.push(fieldError.required(`${at}.status`, quoted(statuses)));
    else if (!statuses.includes(status)) errors.push(fieldError.notSupported(`${at}.status`, status, statuses));
  });
}

function validateExitCodes(
  { containerName, operator = '', values }: ExitCodes,
  names: ReadonlySet<string>,
  path: string,
  errors: FieldError[],
): void {
  const at = `${path}.operator`;
  if (operator === '') errors.push(fieldError.required(at, quoted(operators)));
  else if (!operators.includes(operator)) errors.push(fieldError.notSupported(at, operator, operators));
  if (containerName !== undefined && !names.has(containerName)) {
    const message = 'must be one of the container or initContainer names in the pod template';
    errors.push(fieldError.invalid(`${path}.containerName`, containerName, message));
  }
  const here = `${path}.values`;
  const codes = values ?? [];
  const shown = goSyntax(values === undefined ? '[]int32(nil)' : `[]int32{${codes.join(', ')}}`);
  if (codes.length === 0) errors.push(fieldError.invalid(here, shown, 'at least one value is required'));
  else if (codes.length > maxExitCodes) errors.push(fieldError.tooMany(here, codes.length, maxExitCodes));
  const seen = new Set<number>();
  codes.forEach((code, index) => {
    if (operator === 'In' && code === 0)
      errors.push(fieldError.invalid(`${here}[${index}]`, code, 'must not be 0 for the In operator'));
    if (seen.has(code)) errors.push(fieldError.duplicate(`${here}[${index}]`, code));
    seen.add(code);
  });
  if (codes.some((code, index) => index > 0 && (codes[index - 1] ?? 0) > code))
    errors.push(fieldError.invalid(here, shown, 'must be ordered'));
}

/** Errors of when a Job has succeeded before all its pods have. */
export function validateSuccessPolicy(spec: JobSpec, path: string, errors: FieldError[]): void {
  const rules = spec.successPolicy?.rules ?? [];
  if (spec.completionMode !== 'Indexed') {
    const message = 'requires indexed completion mode';
    errors.push(fieldError.invalid(path, goSyntax(goSuccessPolicy(spec)), message));
    return;
  }
  if (rules.length === 0) {
    const message = 'at least one rules must be specified when the successPolicy is specified';
    errors.push(fieldError.required(`${path}.rules`, message));
  }
  if (rules.length > maxRules) errors.push(fieldError.tooMany(`${path}.rules`, rules.length, maxRules));
  // Without completions upstream breaks off; that they are required has been said.
  const completions = spec.completions ?? 0;
  rules.forEach((rule, index) => validateSuccessRule(rule, completions, `${path}.rules[${index}]`, errors));
}

function validateSuccessRule(
  { succeededIndexes: indexes, succeededCount: count }: SuccessRule,
  completions: number,
  path: string,
  errors: FieldError[],
): void {
  if (count === undefined && indexes === undefined)
    errors.push(fieldError.required(path, 'at least one of succeededCount or succeededIndexes must be specified'));
  let total = 0;
  if (indexes !== undefined) {
    const at = `${path}.succeededIndexes`;
    if (indexes.length > maxIndexesText) errors.push(fieldError.tooLong(at, maxIndexesText));
    const counted = countIndexes(indexes, completions);
    if (typeof counted === 'number') total = counted;
    else errors.push(fieldError.invalid(at, indexes, `error parsing succeededIndexes: ${counted}`));
  }
  if (count === undefined) return;
  const at = `${path}.succeededCount`;
  requireNonNegative(at, count, errors);
  const atMost = (limit: number, of: string): void => {
    if (count > limit) errors.push(fieldError.invalid(at, count, `must be less than or equal to ${limit} (${of})`));
  };
  atMost(completions, 'the number of specified completions');
  if (indexes !== undefined) atMost(total, 'the number of indexes in the specified succeededIndexes field');
}

/** How many indexes a text such as `0,2-4` holds, or why it cannot be read. */
function countIndexes(text: string, completions: number): number | string {
  if (text === '') return 0;
  let last: number | undefined;
  let total = 0;
  for (const interval of text.split(',')) {
    const parts = interval.split('-');
    if (parts.length > 2)
      return `the fragment ${goString(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`;
    const limits: number[] = [];
    for (const part of parts) {
      if (!/^\+?\d+$/.test(part)) return `cannot convert string to integer for index: ${goString(part)}`;
      const limit = Number(part);
      if (limit >= completions) return `too large index: ${goString(part)}`;
      limits.push(limit);
    }
    const [from = 0, to = from] = limits;
    if (limits.length > 1 && from >= to) return `non-increasing order, previous: ${from}, current: ${to}`;
    if (last !== undefined && last >= from) return `non-increasing order, previous: ${last}, current: ${from}`;
    total += to - from + 1;
    last = to;
  }
  return total;
}

/** A Job's successPolicy as Go prints it. */
export function goSuccessPolicy({ successPolicy }: JobSpec): string {
  const rules = successPolicy?.rules?.map(
    ({ succeededIndexes, succeededCount }) =>
      `batch.SuccessPolicyRule{SucceededIndexes:${goPointer('string', succeededIndexes)}, SucceededCount:${goPointer('int32', succeededCount)}}`,
  );
  return `batch.SuccessPolicy{Rules:[]batch.SuccessPolicyRule${rules === undefined ? '(nil)' : `{${rules.join(', ')}}`}}`;
}

/** A Job's podFailurePolicy as Go prints it. */
export function goFailurePolicy({ podFailurePolicy }: JobSpec): string {
  const pattern = 'batch.PodFailurePolicyOnPodConditionsPattern';
  const rules = podFailurePolicy?.rules?.map(({ action = '', onExitCodes, onPodConditions }) => {
    const conditions = onPodConditions?.map(
      ({ type = '', status = '' }) => `${pattern}{Type:${goString(type)}, Status:${goString(status)}}`,
    );
    const list = conditions === undefined ? `[]${pattern}(nil)` : `[]${pattern}{${conditions.join(', ')}}`;
    const codes = goPointer('batch.PodFailurePolicyOnExitCodesRequirement', onExitCodes);
    return `batch.PodFailurePolicyRule{Action:${goString(action)}, OnExitCodes:${codes}, OnPodConditions:${list}}`;
  });
  return `batch.PodFailurePolicy{Rules:[]batch.PodFailurePolicyRule${rules === undefined ? '(nil)' : `{${rules.join(', ')}}`}}`;
}
