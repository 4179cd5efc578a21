import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import {
  ageCell,
  ageColumn,
  booleanColumn,
  integerColumn,
  nameColumn,
  stringColumn,
} from '../../../apimachinery/table.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { requireUnchanged } from '../../field-path.ts';
import { systemClassValues } from './system-classes.ts';

type PriorityClass = KubeObject & { value?: number; globalDefault?: boolean; preemptionPolicy?: string };

const systemPrefix = 'system-';
const maxUserValue = 1_000_000_000;
const preemptionPolicies = ['PreemptLowerPriority', 'Never'];

/** Why a class may not have a name that begins with `system-`; undefined when it may. */
function systemClassProblem(name: string, value: number, globalDefault: boolean): string | undefined {
  const known = systemClassValues.get(name);
  if (known === undefined) return `${name} is not a known system priority class`;
  if (known !== value) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

function validate(object: KubeObject): FieldError[] {
  const { value = 0, globalDefault = false, preemptionPolicy, metadata } = object as PriorityClass;
  const { name = '' } = metadata;
  const errors: FieldError[] = [];
  if (name.startsWith(systemPrefix)) {
    const problem = systemClassProblem(name, value, globalDefault);
    if (problem !== undefined) {
      const message = `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${problem}`;
      errors.push(fieldError.forbidden('metadata.name', message));
    }
  } else if (value > maxUserValue) {
    const message = `maximum allowed value of a user defined priority is ${maxUserValue}`;
    errors.push(fieldError.forbidden('value', message));
  }
  if (preemptionPolicy === '') errors.push(fieldError.required('preemptionPolicy'));
  else if (preemptionPolicy !== undefined && !preemptionPolicies.includes(preemptionPolicy)) {
    errors.push(fieldError.notSupported('preemptionPolicy', preemptionPolicy, preemptionPolicies));
  }
  return errors;
}

export const priorityClasses = builtinResource({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  resource: 'priorityclasses',
  shortNames: ['pc'],
  scope: 'Cluster',
  table: {
    columns: [
      nameColumn,
      integerColumn('Value', 'The priority of its pods; the higher, the more important.'),
      booleanColumn('Global-Default', 'Whether pods without a class get it.'),
      ageColumn,
      stringColumn('PreemptionPolicy', 'Whether its pods drive out others.'),
    ],
    cells: (object, now) => {
      const { value = 0, globalDefault = false, preemptionPolicy = '' } = object as PriorityClass;
      return [object.metadata.name ?? '', value, globalDefault, ageCell(object, now), preemptionPolicy];
    },
  },
  strategy: {
    generation: 'none',
    allowUnconditionalUpdate: true,
    applyDefaults(object) {
      (object as PriorityClass).preemptionPolicy ??= 'PreemptLowerPriority';
    },
    // It never counts on.
    prepareForCreate(object) {
      object.metadata.generation = 1;
    },
    validateCreate: validate,
    validateUpdate(object, before) {
      const { value = 0, preemptionPolicy } = object as PriorityClass;
      const old = before as PriorityClass;
      const errors: FieldError[] = [];
      if (value !== (old.value ?? 0)) errors.push(fieldError.forbidden('value', 'may not be changed in an update.'));
      requireUnchanged('preemptionPolicy', preemptionPolicy, old.preemptionPolicy, errors);
      return errors;
    },
  },
});
