import type { FieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, integerColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { containersCells, containersColumn, imagesColumn } from '../../core/v1/pod-template/containers-cells.ts';
import { defaultPodTemplate } from '../../core/v1/pod-template/defaults.ts';
import { dropGatedPodFields } from '../../core/v1/pod-template/gated-fields.ts';
import { requireNonNegative } from '../../field-path.ts';
import {
  invalidSelector,
  selectorText,
  validateCounters,
  validateSelector,
  validateSelectorUnchanged,
  validateTemplate,
  validateWithin,
  warnOfWorkload,
  type Workload,
  workloadScale,
} from './workload.ts';

function applyDefaults(object: KubeObject): void {
  const set = object as Workload;
  set.spec ??= {};
  set.spec.replicas ??= 1;
  set.spec.template ??= {};
  defaultPodTemplate(set.spec.template);
}

function validate(object: KubeObject): FieldError[] {
  const { spec = {} } = object as Workload;
  const errors: FieldError[] = [];
  requireNonNegative('spec.replicas', spec.replicas, errors);
  requireNonNegative('spec.minReadySeconds', spec.minReadySeconds, errors);
  // Upstream says "deployment" here too.
  if (validateSelector(spec, 'empty selector is invalid for deployment', errors)) {
    validateTemplate(spec, 'ReplicaSet', errors);
  } else errors.push(invalidSelector(spec.selector));
  return errors;
}

function validateStatus(object: KubeObject): FieldError[] {
  const { status } = object as Workload;
  const errors: FieldError[] = [];
  const counters = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'];
  validateCounters(status, counters, errors);
  const parts = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'];
  validateWithin(status, parts, 'replicas', 'cannot be greater than status.replicas', errors);
  validateWithin(status, ['availableReplicas'], 'readyReplicas', 'cannot be greater than readyReplicas', errors);
  return errors;
}

export const replicaSets = builtinResource({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  resource: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  scope: 'Namespaced',
  table: {
    columns: [
      nameColumn,
      integerColumn('Desired', 'How many pods are wanted.'),
      integerColumn('Current', 'How many pods there are.'),
      integerColumn('Ready', 'How many pods are ready.'),
      ageColumn,
      containersColumn,
      imagesColumn,
      stringColumn('Selector', 'Which pods belong to it.', 1),
    ],
    cells: (object, now) => {
      const { spec = {}, status = {} } = object as Workload;
      return [
        object.metadata.name ?? '',
        spec.replicas ?? 0,
        status.replicas ?? 0,
        status.readyReplicas ?? 0,
        ageCell(object, now),
        ...containersCells(spec.template),
        selectorText(spec.selector) || '<none>',
      ];
    },
  },
  strategy: {
    generation: 'spec',
    repeatsErrors: true,
    allowUnconditionalUpdate: true,
    applyDefaults,
    prepareForCreate(object) {
      const set = object as Workload;
      set.status = { replicas: 0 };
      dropGatedPodFields(set.spec?.template?.spec);
    },
    prepareForUpdate: (object) => dropGatedPodFields((object as Workload).spec?.template?.spec),
    validate,
    validateUpdate: validateSelectorUnchanged,
    warn: warnOfWorkload,
  },
  status: {
    prepareForUpdate: (object) => {
      delete (object as Workload).status?.terminatingReplicas;
    },
    validateUpdate: validateStatus,
  },
  scale: workloadScale,
});
