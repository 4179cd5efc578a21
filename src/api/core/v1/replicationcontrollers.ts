import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goStringMap } from '../../../apimachinery/go-syntax.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import {
  ageCell,
  ageColumn,
  integerColumn,
  labelsCell,
  nameColumn,
  stringColumn,
} from '../../../apimachinery/table.ts';
import { validateAlwaysRestarts, validateCounters, validateWithin } from '../../apps/v1/workload.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { requireNonNegative } from '../../field-path.ts';
import { containersCells, containersColumn, imagesColumn } from './pod-template/containers-cells.ts';
import { defaultPodTemplate } from './pod-template/defaults.ts';
import { dropGatedPodFields } from './pod-template/gated-fields.ts';
import type { PodTemplateSpec } from './pod-template/types.ts';
import { validatePodTemplate } from './pod-template/validate-pod-spec.ts';

type ReplicationController = KubeObject & {
  spec?: {
    replicas?: number;
    minReadySeconds?: number;
    selector?: Record<string, string>;
    template?: PodTemplateSpec;
  };
  status?: Record<string, number | undefined>;
};

function applyDefaults(object: KubeObject): void {
  const controller = object as ReplicationController;
  const spec = (controller.spec ??= {});
  const labels = spec.template?.metadata?.labels;
  if (labels !== undefined) {
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
    if (Object.keys(controller.metadata.labels ?? {}).length === 0) controller.metadata.labels = { ...labels };
  }
  spec.replicas ??= 1;
  if (spec.template !== undefined) defaultPodTemplate(spec.template);
}

function validate(object: KubeObject): FieldError[] {
  const { spec = {} } = object as ReplicationController;
  const { selector = {}, template } = spec;
  const errors: FieldError[] = [];
  requireNonNegative('spec.minReadySeconds', spec.minReadySeconds, errors);
  const pairs = Object.entries(selector);
  if (pairs.length === 0) errors.push(fieldError.required('spec.selector'));
  requireNonNegative('spec.replicas', spec.replicas, errors);
  if (template === undefined) {
    errors.push(fieldError.required('spec.template'));
    return errors;
  }
  const labels = template.metadata?.labels;
  if (!pairs.every(([key, value]) => labels?.[key] === value)) {
    const message = '`selector` does not match template `labels`';
    errors.push(fieldError.invalid('spec.template.metadata.labels', goSyntax(goStringMap(labels)), message));
  }
  validatePodTemplate(template, 'spec.template', errors);
  validateAlwaysRestarts(template, 'ReplicationController', errors);
  return errors;
}

function validateStatus(object: KubeObject): FieldError[] {
  const { status } = object as ReplicationController;
  const errors: FieldError[] = [];
  const parts = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'];
  validateCounters(status, ['replicas', ...parts, 'observedGeneration'], errors);
  validateWithin(status, parts, 'replicas', 'cannot be greater than status.replicas', errors);
  validateWithin(status, ['availableReplicas'], 'readyReplicas', 'cannot be greater than readyReplicas', errors);
  return errors;
}

export const replicationControllers = builtinResource({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  resource: 'replicationcontrollers',
  shortNames: ['rc'],
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
      const { spec = {}, status = {} } = object as ReplicationController;
      return [
        object.metadata.name ?? '',
        spec.replicas ?? 0,
        status.replicas ?? 0,
        status.readyReplicas ?? 0,
        ageCell(object, now),
        ...containersCells(spec.template),
        labelsCell(spec.selector),
      ];
    },
  },
  strategy: {
    generation: 'spec',
    repeatsErrors: true,
    allowUnconditionalUpdate: true,
    defaultPropagation: 'Orphan',
    applyDefaults,
    prepareForCreate(object) {
      const controller = object as ReplicationController;
      controller.status = { replicas: 0 };
      dropGatedPodFields(controller.spec?.template?.spec);
    },
    prepareForUpdate: (object) => dropGatedPodFields((object as ReplicationController).spec?.template?.spec),
    validate,
  },
  status: { validateUpdate: validateStatus },
  scale: {
    specReplicasPath: ['spec', 'replicas'],
    statusReplicasPath: ['status', 'replicas'],
    selector: (object) => {
      const { selector = {} } = (object as ReplicationController).spec ?? {};
      return Object.keys(selector).length === 0 ? '' : labelsCell(selector);
    },
  },
  fieldSelectors: {
    'status.replicas': (object) => String((object as ReplicationController).status?.replicas ?? 0),
  },
});
