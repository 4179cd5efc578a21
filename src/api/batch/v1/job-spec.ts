import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { LabelSelectorObject } from '../../../apimachinery/validation/label-selector.ts';
import { defaultPodTemplate } from '../../core/v1/pod-template/defaults.ts';
import type { PodTemplateSpec } from '../../core/v1/pod-template/types.ts';
import { validatePodTemplate } from '../../core/v1/pod-template/validate-pod-spec.ts';
import { longerThan } from '../../../apimachinery/validation/names.ts';
import { requireNonNegative, validateDomainPath } from '../../field-path.ts';
import {
  type FailureRule,
  type SuccessRule,
  validateFailurePolicy,
  validateSuccessPolicy,
} from './validate-job-policies.ts';

export type JobSpec = {
  parallelism?: number;
  completions?: number;
  activeDeadlineSeconds?: number;
  podFailurePolicy?: { rules?: FailureRule[] };
  successPolicy?: { rules?: SuccessRule[] };
  backoffLimit?: number;
  backoffLimitPerIndex?: number;
  maxFailedIndexes?: number;
  selector?: LabelSelectorObject;
  manualSelector?: boolean;
  template?: PodTemplateSpec;
  ttlSecondsAfterFinished?: number;
  completionMode?: string;
  suspend?: boolean;
  podReplacementPolicy?: string;
  managedBy?: string;
};

const maxInt32 = 2147483647;

/** Fills what a Job leaves out (SetDefaults_Job of batch/v1). */
export function defaultJobSpec(spec: JobSpec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : maxInt32;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const condition of rule.onPodConditions ?? []) if (!condition.status) condition.status = 'True';
  }
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  spec.manualSelector ??= false;
  spec.template ??= {};
  defaultPodTemplate(spec.template);
}

/** Errors of a Job but for its selector. */
export function validateJobSpec(spec: JobSpec, path: string, errors: FieldError[]): void {
  const { completionMode: mode, backoffLimitPerIndex: perIndex, maxFailedIndexes } = spec;
  const counters = [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const;
  for (const field of counters) requireNonNegative(`${path}.${field}`, spec[field], errors);
  if (maxFailedIndexes !== undefined && perIndex === undefined) {
    errors.push(fieldError.required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  }
  const { managedBy } = spec;
  if (managedBy !== undefined) {
    validateDomainPath(managedBy, `${path}.managedBy`, errors);
    if (longerThan(managedBy, maxManagedBy)) errors.push(fieldError.tooLong(`${path}.managedBy`, maxManagedBy));
  }
  const modes = ['NonIndexed', 'Indexed'];
  if (mode !== undefined && !modes.includes(mode)) {
    errors.push(fieldError.notSupported(`${path}.completionMode`, mode, modes));
  }
  if (mode === 'Indexed') validateIndexed(spec, path, errors);
  if (mode === 'NonIndexed' || mode === undefined) {
    const message = 'requires indexed completion mode';
    for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const) {
      if (spec[field] !== undefined) errors.push(fieldError.invalid(`${path}.${field}`, spec[field], message));
    }
  }
  if (spec.podFailurePolicy !== undefined) validateFailurePolicy(spec, `${path}.podFailurePolicy`, errors);
  if (spec.successPolicy !== undefined) validateSuccessPolicy(spec, `${path}.successPolicy`, errors);
  const { podReplacementPolicy: replacement } = spec;
  const replacements = spec.podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed'];
  if (replacement !== undefined && !replacements.includes(replacement))
    errors.push(fieldError.notSupported(`${path}.podReplacementPolicy`, replacement, replacements));
  validatePodTemplate(spec.template ?? {}, `${path}.template`, errors);
  validateRestartPolicy(spec, `${path}.template.spec.restartPolicy`, errors);
}

const maxManagedBy = 63;
const maxParallelism = 100_000;
const softLimit = 100_000;
const highLimit = 10_000;

/** What holds where each pod has an index. */
function validateIndexed(spec: JobSpec, path: string, errors: FieldError[]): void {
  const { completions, parallelism, maxFailedIndexes: failed, backoffLimitPerIndex } = spec;
  if (completions === undefined)
    errors.push(fieldError.required(`${path}.completions`, 'when completion mode is Indexed'));
  const refuse = (field: 'parallelism' | 'maxFailedIndexes', message: string): void => {
    errors.push(fieldError.invalid(`${path}.${field}`, spec[field], `must be less than or equal to ${message}`));
  };
  if ((parallelism ?? 0) > maxParallelism) refuse('parallelism', `${maxParallelism} when completion mode is Indexed`);
  if (completions !== undefined && failed !== undefined && failed > completions)
    refuse('maxFailedIndexes', 'completions');
  if ((failed ?? 0) > maxParallelism) refuse('maxFailedIndexes', String(maxParallelism));
  if ((completions ?? 0) <= softLimit || backoffLimitPerIndex === undefined) return;
  const many = `${highLimit} when completions are above ${softLimit} and used with backoff limit per index`;
  if (failed === undefined) {
    const message = `must be specified when completions is above ${softLimit}`;
    errors.push(fieldError.required(`${path}.maxFailedIndexes`, message));
  }
  if ((parallelism ?? 0) > highLimit) refuse('parallelism', many);
  if ((failed ?? 0) > highLimit) refuse('maxFailedIndexes', many);
}

/** The pods of a Job end: they are restarted on failure at most. */
function validateRestartPolicy(spec: JobSpec, path: string, errors: FieldError[]): void {
  const policy = spec.template?.spec?.restartPolicy ?? '';
  if (policy === '' || policy === 'Always') {
    errors.push(fieldError.required(path, 'valid values: "OnFailure", "Never"'));
  } else if (policy !== 'OnFailure' && policy !== 'Never') {
    errors.push(fieldError.notSupported(path, policy, ['OnFailure', 'Never']));
  } else if (spec.podFailurePolicy !== undefined && policy !== 'Never') {
    errors.push(fieldError.invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified'));
  }
}
