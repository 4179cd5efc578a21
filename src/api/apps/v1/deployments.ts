import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goString } from '../../../apimachinery/go-syntax.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { containersCells, containersColumn, imagesColumn } from '../../core/v1/pod-template/containers-cells.ts';
import { defaultPodTemplate } from '../../core/v1/pod-template/defaults.ts';
import { dropGatedPodFields } from '../../core/v1/pod-template/gated-fields.ts';
import { requireNonNegative } from '../../field-path.ts';
import {
  amountOf,
  type IntOrPercent,
  invalidIntOrPercent,
  validateAtMostAll,
  validateIntOrPercent,
} from './int-or-percent.ts';
import {
  invalidSelector,
  selectorText,
  validateCollisionCount,
  validateCounters,
  validateSelector,
  validateSelectorUnchanged,
  validateTemplate,
  validateWithin,
  warnOfWorkload,
  type Workload,
  type WorkloadSpec,
  workloadScale,
} from './workload.ts';

type DeploymentStrategy = {
  type?: string;
  rollingUpdate?: { maxUnavailable?: IntOrPercent; maxSurge?: IntOrPercent };
};

type Deployment = Workload & {
  spec?: WorkloadSpec & { strategy?: DeploymentStrategy; progressDeadlineSeconds?: number; paused?: boolean };
};

function applyDefaults(object: KubeObject): void {
  const deployment = object as Deployment;
  const spec = (deployment.spec ??= {});
  spec.replicas ??= 1;
  const strategy = (spec.strategy ??= {});
  if (!strategy.type) strategy.type = 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rollingUpdate = (strategy.rollingUpdate ??= {});
    rollingUpdate.maxUnavailable ??= '25%';
    rollingUpdate.maxSurge ??= '25%';
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  spec.template ??= {};
  defaultPodTemplate(spec.template);
}

function validate(object: KubeObject): FieldError[] {
  const { spec = {} } = object as Deployment;
  const errors: FieldError[] = [];
  requireNonNegative('spec.replicas', spec.replicas, errors);
  if (validateSelector(spec, 'empty selector is invalid for deployment', errors)) {
    validateTemplate(spec, 'ReplicaSet', errors);
  } else errors.push(invalidSelector(spec.selector));
  validateStrategy(spec.strategy ?? {}, errors);
  requireNonNegative('spec.minReadySeconds', spec.minReadySeconds, errors);
  requireNonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit, errors);
  const { progressDeadlineSeconds: deadline } = spec;
  if (deadline !== undefined) {
    requireNonNegative('spec.progressDeadlineSeconds', deadline, errors);
    if (deadline <= (spec.minReadySeconds ?? 0)) {
      errors.push(fieldError.invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
    }
  }
  return errors;
}

function validateStrategy({ type = '', rollingUpdate }: DeploymentStrategy, errors: FieldError[]): void {
  const path = 'spec.strategy.rollingUpdate';
  if (type === 'Recreate') {
    if (rollingUpdate !== undefined) {
      errors.push(fieldError.forbidden(path, "may not be specified when strategy `type` is 'Recreate'"));
    }
  } else if (type === 'RollingUpdate') {
    const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
    validateIntOrPercent(maxUnavailable, `${path}.maxUnavailable`, errors);
    validateIntOrPercent(maxSurge, `${path}.maxSurge`, errors);
    if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
      const message = 'may not be 0 when `maxSurge` is 0';
      errors.push(invalidIntOrPercent(maxUnavailable, `${path}.maxUnavailable`, message));
    }
    validateAtMostAll(maxUnavailable, `${path}.maxUnavailable`, errors);
  } else {
    const shown = `apps.DeploymentStrategy{Type:${goString(type)}, RollingUpdate:(*apps.RollingUpdateDeployment)(nil)}`;
    errors.push(fieldError.notSupported('spec.strategy', goSyntax(shown), ['Recreate', 'RollingUpdate']));
  }
}

function validateStatus(object: KubeObject, old: KubeObject): FieldError[] {
  const { status } = object as Workload;
  const errors: FieldError[] = [];
  const parts = ['updatedReplicas', 'readyReplicas', 'availableReplicas'];
  const counters = ['observedGeneration', 'replicas', ...parts, 'unavailableReplicas', 'collisionCount'];
  validateCounters(status, counters, errors);
  validateWithin(status, parts, 'replicas', 'cannot be greater than status.replicas', errors);
  validateWithin(status, ['availableReplicas'], 'readyReplicas', 'cannot be greater than readyReplicas', errors);
  errors.push(...validateCollisionCount(object, old));
  return errors;
}

export const deployments = builtinResource({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  scope: 'Namespaced',
  table: {
    columns: [
      nameColumn,
      stringColumn('Ready', 'How many of the wanted pods are ready.'),
      stringColumn('Up-to-date', 'How many pods have the newest template.'),
      stringColumn('Available', 'How many pods have been ready for long enough.'),
      ageColumn,
      containersColumn,
      imagesColumn,
      stringColumn('Selector', 'Which pods belong to it.', 1),
    ],
    cells: (object, now) => {
      const { spec = {}, status = {} } = object as Deployment;
      return [
        object.metadata.name ?? '',
        `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
        status.updatedReplicas ?? 0,
        status.availableReplicas ?? 0,
        ageCell(object, now),
        ...containersCells(spec.template),
        selectorText(spec.selector),
      ];
    },
  },
  strategy: {
    generation: 'spec',
    generationCountsAnnotations: true,
    allowUnconditionalUpdate: true,
    applyDefaults,
    prepareForCreate(object) {
      const deployment = object as Deployment;
      deployment.status = {};
      dropGatedPodFields(deployment.spec?.template?.spec);
    },
    prepareForUpdate: (object) => dropGatedPodFields((object as Deployment).spec?.template?.spec),
    validate,
    validateUpdate: validateSelectorUnchanged,
    warn: warnOfWorkload,
  },
  status: {
    prepareForUpdate(object, old) {
      if (old.metadata.labels === undefined) delete object.metadata.labels;
      else object.metadata.labels = old.metadata.labels;
      delete (object as Deployment).status?.terminatingReplicas;
    },
    validateUpdate: validateStatus,
    resetFields: ['spec', 'metadata.labels'],
  },
  scale: workloadScale,
});
