import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goLabelSelector, goString, goStringMap } from '../../../apimachinery/go-syntax.ts';
import { labelSelectorFromObject, matchesLabels } from '../../../apimachinery/labels.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import {
  ageCell,
  ageColumn,
  integerColumn,
  labelsCell,
  nameColumn,
  stringColumn,
} from '../../../apimachinery/table.ts';
import { validateLabelSelector } from '../../../apimachinery/validation/label-selector.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { containersCells, containersColumn, imagesColumn } from '../../core/v1/pod-template/containers-cells.ts';
import { defaultPodTemplate } from '../../core/v1/pod-template/defaults.ts';
import { dropGatedPodFields } from '../../core/v1/pod-template/gated-fields.ts';
import { validatePodTemplate } from '../../core/v1/pod-template/validate-pod-spec.ts';
import { warnOfPodTemplate } from '../../core/v1/pod-template/warnings.ts';
import { requireNonNegative } from '../../field-path.ts';
import { deepEqual, type Json } from '../../../apimachinery/json.ts';
import {
  amountOf,
  type IntOrPercent,
  invalidIntOrPercent,
  validateAtMostAll,
  validateIntOrPercent,
} from './int-or-percent.ts';
import {
  isEmpty,
  selectorText,
  validateAlwaysRestarts,
  validateCollisionCount,
  validateCounters,
  validateSelectorUnchanged,
  type Workload,
  type WorkloadSpec,
} from './workload.ts';

type DaemonSetStrategy = {
  type?: string;
  rollingUpdate?: { maxUnavailable?: IntOrPercent; maxSurge?: IntOrPercent };
};

type DaemonSet = Workload & { spec?: WorkloadSpec & { updateStrategy?: DaemonSetStrategy } };

/** Counts the versions of the template since the API had no generations of its own. */
const templateGeneration = 'deprecated.daemonset.template.generation';

function applyDefaults(object: KubeObject): void {
  // Upstream's internal form has a field for it, and every object that comes out of it the annotation.
  (object.metadata.annotations ??= {})[templateGeneration] ??= '0';
  const spec = ((object as DaemonSet).spec ??= {});
  const strategy = (spec.updateStrategy ??= {});
  if (!strategy.type) strategy.type = 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rollingUpdate = (strategy.rollingUpdate ??= {});
    rollingUpdate.maxUnavailable ??= 1;
    rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  spec.template ??= {};
  defaultPodTemplate(spec.template);
}

function templateGenerationOf({ metadata }: KubeObject): number {
  return Number(metadata.annotations?.[templateGeneration] ?? '0');
}

function setTemplateGeneration(object: KubeObject, value: number): void {
  (object.metadata.annotations ??= {})[templateGeneration] = String(value);
}

function prepareForUpdate(object: KubeObject, old: KubeObject): void {
  const { template } = (object as DaemonSet).spec ?? {};
  dropGatedPodFields(template?.spec);
  const before = templateGenerationOf(old);
  const changed = !deepEqual(template as Json, (old as DaemonSet).spec?.template as Json);
  setTemplateGeneration(object, changed ? before + 1 : before);
}

function validate(object: KubeObject): FieldError[] {
  const { spec = {} } = object as DaemonSet;
  const { selector, template = {} } = spec;
  const errors = validateLabelSelector(selector, 'spec.selector');
  if (errors.length === 0) {
    const labels = template.metadata?.labels;
    if (!matchesLabels(labelSelectorFromObject(selector), labels)) {
      const message = '`selector` does not match template `labels`';
      errors.push(fieldError.invalid('spec.template.metadata.labels', goSyntax(goStringMap(labels)), message));
    }
  }
  if (selector !== undefined && isEmpty(selector)) {
    const message = 'empty selector is invalid for daemonset';
    errors.push(fieldError.invalid('spec.selector', goSyntax(goLabelSelector(selector)), message));
  }
  validatePodTemplate(template, 'spec.template', errors);
  validateAlwaysRestarts(template, 'DaemonSet', errors);
  requireNonNegative('spec.minReadySeconds', spec.minReadySeconds, errors);
  validateStrategy(spec.updateStrategy ?? {}, errors);
  requireNonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit, errors);
  return errors;
}

function validateStrategy({ type = '', rollingUpdate }: DaemonSetStrategy, errors: FieldError[]): void {
  const path = 'spec.updateStrategy.rollingUpdate';
  if (type === 'OnDelete') return;
  if (type !== 'RollingUpdate') {
    const shown = `apps.DaemonSetUpdateStrategy{Type:${goString(type)}, RollingUpdate:(*apps.RollingUpdateDaemonSet)(nil)}`;
    errors.push(fieldError.notSupported('spec.updateStrategy', goSyntax(shown), ['RollingUpdate', 'OnDelete']));
    return;
  }
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
  validateIntOrPercent(maxUnavailable, `${path}.maxUnavailable`, errors);
  validateIntOrPercent(maxSurge, `${path}.maxSurge`, errors);
  validateAtMostAll(maxUnavailable, `${path}.maxUnavailable`, errors);
  validateAtMostAll(maxSurge, `${path}.maxSurge`, errors);
  const unavailable = amountOf(maxUnavailable) !== 0;
  const surge = amountOf(maxSurge) !== 0;
  if (unavailable && surge) {
    const message = 'may not be set when maxUnavailable is non-zero';
    errors.push(invalidIntOrPercent(maxSurge, `${path}.maxSurge`, message));
  } else if (!unavailable && !surge) {
    errors.push(fieldError.required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  }
}

const counters = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
];

export const daemonSets = builtinResource({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  resource: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  scope: 'Namespaced',
  table: {
    columns: [
      nameColumn,
      integerColumn('Desired', 'How many nodes should run a pod.'),
      integerColumn('Current', 'How many nodes run a pod.'),
      integerColumn('Ready', 'How many nodes have a ready pod.'),
      integerColumn('Up-to-date', 'How many nodes run a pod of the newest template.'),
      integerColumn('Available', 'How many nodes have had a ready pod for long enough.'),
      stringColumn('Node Selector', 'Which nodes are meant.'),
      ageColumn,
      containersColumn,
      imagesColumn,
      stringColumn('Selector', 'Which pods belong to it.', 1),
    ],
    cells: (object, now) => {
      const { spec = {}, status = {} } = object as DaemonSet;
      return [
        object.metadata.name ?? '',
        status.desiredNumberScheduled ?? 0,
        status.currentNumberScheduled ?? 0,
        status.numberReady ?? 0,
        status.updatedNumberScheduled ?? 0,
        status.numberAvailable ?? 0,
        labelsCell(spec.template?.spec?.nodeSelector),
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
      const set = object as DaemonSet;
      set.status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
      dropGatedPodFields(set.spec?.template?.spec);
      const sent = templateGenerationOf(object);
      setTemplateGeneration(object, sent >= 1 ? sent : 1);
    },
    prepareForUpdate,
    validate,
    validateUpdate: validateSelectorUnchanged,
    warn(object, old, ctx) {
      if (old !== undefined && object.metadata.generation === old.metadata.generation) return;
      warnOfPodTemplate((object as DaemonSet).spec?.template, 'spec.template', ctx);
    },
  },
  status: {
    prepareForUpdate: (object, old) => setTemplateGeneration(object, templateGenerationOf(old)),
    validateUpdate(object, old) {
      const errors: FieldError[] = [];
      validateCounters((object as DaemonSet).status, counters, errors);
      errors.push(...validateCollisionCount(object, old));
      return errors;
    },
  },
});
