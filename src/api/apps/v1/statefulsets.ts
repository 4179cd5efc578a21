import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goLabelSelector, goPointer, goString, goStringMap } from '../../../apimachinery/go-syntax.ts';
import { deepEqual, type JsonObject } from '../../../apimachinery/json.ts';
import { labelSelectorFromObject, matchesLabels } from '../../../apimachinery/labels.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { validateAnnotations, validateLabels } from '../../../apimachinery/validation/metadata.ts';
import { dns1123Label, nameIsDns1123Label } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { defaultClaim } from '../../core/v1/claim-spec.ts';
import { containersCells, containersColumn, imagesColumn } from '../../core/v1/pod-template/containers-cells.ts';
import { defaultPodTemplate } from '../../core/v1/pod-template/defaults.ts';
import { dropGatedPodFields } from '../../core/v1/pod-template/gated-fields.ts';
import { validatePodAnnotations } from '../../core/v1/pod-template/validate-pod-annotations.ts';
import { warnOfPodTemplate } from '../../core/v1/pod-template/warnings.ts';
import { invalidEach, requireNonNegative } from '../../field-path.ts';
import type { StrategyContext } from '../../resource-definition.ts';
import { type IntOrPercent } from './int-or-percent.ts';
import {
  isEmpty,
  validateAlwaysRestarts,
  validateCollisionCount,
  validateCounters,
  validateSelector,
  validateWithin,
  type Workload,
  type WorkloadSpec,
  workloadScale,
} from './workload.ts';

type StatefulSetSpec = WorkloadSpec & {
  serviceName?: string;
  podManagementPolicy?: string;
  updateStrategy?: { type?: string; rollingUpdate?: { partition?: number; maxUnavailable?: IntOrPercent } };
  persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string; whenScaled?: string };
  ordinals?: { start?: number };
  volumeClaimTemplates?: KubeObject[];
};

type StatefulSet = Workload & { spec?: StatefulSetSpec };

function applyDefaults(object: KubeObject): void {
  const spec = ((object as StatefulSet).spec ??= {});
  if (!spec.podManagementPolicy) spec.podManagementPolicy = 'OrderedReady';
  const strategy = (spec.updateStrategy ??= {});
  if (!strategy.type) {
    strategy.type = 'RollingUpdate';
    strategy.rollingUpdate ??= {};
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate !== undefined) strategy.rollingUpdate.partition ??= 0;
  const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
  if (!retention.whenDeleted) retention.whenDeleted = 'Retain';
  if (!retention.whenScaled) retention.whenScaled = 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  spec.template ??= {};
  defaultPodTemplate(spec.template);
  for (const claim of spec.volumeClaimTemplates ?? []) {
    if (!claim.apiVersion) claim.apiVersion = 'v1';
    if (!claim.kind) claim.kind = 'PersistentVolumeClaim';
    defaultClaim(claim);
  }
}

/** Fields of features that are off. */
function dropGatedFields(object: KubeObject): void {
  const { spec } = object as StatefulSet;
  delete spec?.updateStrategy?.rollingUpdate?.maxUnavailable;
  dropGatedPodFields(spec?.template?.spec);
}

const retentionPolicies = ['Retain', 'Delete'];

function validate(object: KubeObject): FieldError[] {
  const { spec = {} } = object as StatefulSet;
  const errors: FieldError[] = [];
  const { podManagementPolicy: management = '' } = spec;
  if (management !== 'OrderedReady' && management !== 'Parallel') {
    const message = "must be 'OrderedReady' or 'Parallel'";
    errors.push(fieldError.invalid('spec.podManagementPolicy', management, message));
  }
  validateUpdateStrategy(spec, errors);
  for (const field of ['whenDeleted', 'whenScaled'] as const) {
    const policy = spec.persistentVolumeClaimRetentionPolicy?.[field] ?? '';
    if (retentionPolicies.includes(policy)) continue;
    const path = `spec.persistentVolumeClaimRetentionPolicy.${field}`;
    errors.push(fieldError.notSupported(path, policy, retentionPolicies));
  }
  requireNonNegative('spec.replicas', spec.replicas, errors);
  requireNonNegative('spec.minReadySeconds', spec.minReadySeconds, errors);
  requireNonNegative('spec.ordinals.start', spec.ordinals?.start, errors);
  if (validateSelector(spec, 'empty selector is invalid for statefulset', errors)) validateSetTemplate(spec, errors);
  else errors.push(fieldError.invalid('spec.selector', goSyntax(goLabelSelector(spec.selector ?? {})), ''));
  validateAlwaysRestarts(spec.template ?? {}, 'StatefulSet', errors);
  return errors;
}

function validateUpdateStrategy({ updateStrategy = {} }: StatefulSetSpec, errors: FieldError[]): void {
  const { type = '', rollingUpdate } = updateStrategy;
  const path = 'spec.updateStrategy';
  if (type === 'OnDelete') {
    if (rollingUpdate === undefined) return;
    const message = "only allowed for updateStrategy 'RollingUpdate'";
    const shown = `apps.RollingUpdateStatefulSetStrategy{Partition:${rollingUpdate.partition ?? 0}, MaxUnavailable:(*intstr.IntOrString)(nil)}`;
    errors.push(fieldError.invalid(`${path}.rollingUpdate`, goSyntax(shown), message));
  } else if (type === 'RollingUpdate') {
    requireNonNegative(`${path}.rollingUpdate.partition`, rollingUpdate?.partition, errors);
  } else {
    const shown = `apps.StatefulSetUpdateStrategy{Type:${goString(type)}, RollingUpdate:${goPointer('apps.RollingUpdateStatefulSetStrategy', rollingUpdate)}}`;
    errors.push(fieldError.invalid(path, goSyntax(shown), "must be 'RollingUpdate' or 'OnDelete'"));
  }
}

/** The volumes of the template come partly from claim templates, so upstream leaves its spec to the pods. */
function validateSetTemplate({ selector, template = {} }: StatefulSetSpec, errors: FieldError[]): void {
  const { metadata = {}, spec = {} } = template;
  const { labels, annotations = {} } = metadata;
  if ((selector === undefined || !isEmpty(selector)) && !matchesLabels(labelSelectorFromObject(selector), labels)) {
    const message = '`selector` does not match template `labels`';
    errors.push(fieldError.invalid('spec.template.metadata.labels', goSyntax(goStringMap(labels)), message));
  }
  errors.push(...validateLabels(labels ?? {}, 'spec.template.labels'));
  errors.push(...validateAnnotations(annotations, 'spec.template.annotations'));
  validatePodAnnotations(annotations, spec, 'spec.template.annotations', errors);
}

const changeable = [
  'replicas',
  'template',
  'updateStrategy',
  'minReadySeconds',
  'ordinals',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
];

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const fixed = (set: KubeObject): JsonObject => {
    const spec = { ...((set as StatefulSet).spec as JsonObject | undefined) };
    for (const field of changeable) delete spec[field];
    return spec;
  };
  if (deepEqual(fixed(object), fixed(old))) return [];
  const message =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
  return [fieldError.forbidden('spec', message)];
}

function validateStatus(object: KubeObject, old: KubeObject): FieldError[] {
  const { status } = object as Workload;
  const errors: FieldError[] = [];
  const parts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'];
  validateCounters(status, ['replicas', ...parts, 'observedGeneration', 'collisionCount'], errors);
  validateWithin(status, parts, 'replicas', 'cannot be greater than status.replicas', errors);
  validateWithin(status, ['availableReplicas'], 'readyReplicas', 'cannot be greater than status.readyReplicas', errors);
  errors.push(...validateCollisionCount(object, old));
  return errors;
}

function warn(object: KubeObject, old: KubeObject | undefined, ctx: StrategyContext): void {
  if (old !== undefined && object.metadata.generation === old.metadata.generation) return;
  const { spec = {} } = object as StatefulSet;
  warnOfPodTemplate(spec.template, 'spec.template', ctx);
  if ((spec.revisionHistoryLimit ?? 0) < 0) {
    ctx.warn(
      'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
    );
  }
}

export const statefulSets = builtinResource({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  resource: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  scope: 'Namespaced',
  table: {
    columns: [
      nameColumn,
      stringColumn('Ready', 'How many of the wanted pods are ready.'),
      ageColumn,
      containersColumn,
      imagesColumn,
    ],
    cells: (object, now) => {
      const { spec = {}, status = {} } = object as StatefulSet;
      return [
        object.metadata.name ?? '',
        `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
        ageCell(object, now),
        ...containersCells(spec.template),
      ];
    },
  },
  strategy: {
    generation: 'spec',
    allowUnconditionalUpdate: true,
    applyDefaults,
    prepareForCreate(object) {
      (object as StatefulSet).status = { replicas: 0, availableReplicas: 0 };
      dropGatedFields(object);
      for (const claim of (object as StatefulSet).spec?.volumeClaimTemplates ?? []) claim.status = { phase: 'Pending' };
    },
    prepareForUpdate: dropGatedFields,
    validate,
    validateCreate(object) {
      const { serviceName = '' } = (object as StatefulSet).spec ?? {};
      const errors: FieldError[] = [];
      if (serviceName !== '') invalidEach('spec.serviceName', serviceName, dns1123Label(serviceName), errors);
      return errors;
    },
    validateUpdate,
    validateName: nameIsDns1123Label,
    warn,
  },
  status: { validateUpdate: validateStatus },
  scale: workloadScale,
});
