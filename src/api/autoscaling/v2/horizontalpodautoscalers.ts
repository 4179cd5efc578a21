import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { defaultBehavior } from './behavior-defaults.ts';
import { defaultCpuUtilization, holdsMetrics, hpaFromV1, hpaToV1 } from '../v1/convert.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { requireNonNegative } from '../../field-path.ts';
import { type Behavior, validateBehavior } from './validate-behavior.ts';
import { type Metric, validateMetric, validateReference } from './validate-metrics.ts';

type HorizontalPodAutoscaler = KubeObject & {
  spec?: {
    scaleTargetRef?: { kind?: string; name?: string };
    minReplicas?: number;
    maxReplicas?: number;
    metrics?: Metric[];
    behavior?: Behavior;
  };
  status?: { currentReplicas?: number; desiredReplicas?: number; currentMetrics?: Metric[] };
};

/** In v1 annotations may hold the metrics: only without them is there a default. */
function applyDefaults(object: KubeObject, version: string): void {
  const spec = ((object as HorizontalPodAutoscaler).spec ??= {});
  spec.minReplicas ??= 1;
  if (version === 'v1') {
    const v1 = spec as { targetCPUUtilizationPercentage?: number };
    if (!holdsMetrics(object)) v1.targetCPUUtilizationPercentage ??= defaultCpuUtilization;
    return;
  }
  if ((spec.metrics ?? []).length === 0) {
    spec.metrics = [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
    ];
  }
  if (spec.behavior !== undefined) defaultBehavior(spec.behavior);
}

function validate(object: KubeObject): FieldError[] {
  const { spec = {} } = object as HorizontalPodAutoscaler;
  const { scaleTargetRef = {}, minReplicas = 0, maxReplicas = 0, metrics = [] } = spec;
  const errors: FieldError[] = [];
  if (minReplicas < 1) {
    errors.push(fieldError.invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'));
  }
  if (maxReplicas < 1) errors.push(fieldError.invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
  if (maxReplicas < minReplicas) {
    const message = 'must be greater than or equal to `minReplicas`';
    errors.push(fieldError.invalid('spec.maxReplicas', maxReplicas, message));
  }
  validateReference(scaleTargetRef, 'spec.scaleTargetRef', errors);
  metrics.forEach((metric, index) => validateMetric(metric, `spec.metrics[${index}]`, errors));
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    const message = 'must specify at least one Object or External metric to support scaling to zero replicas';
    errors.push(fieldError.forbidden('spec.metrics', message));
  }
  validateBehavior(spec.behavior, 'spec.behavior', errors);
  return errors;
}

/** The feature is off by default in 1.33. */
function dropTolerance(object: KubeObject): void {
  const { behavior } = (object as HorizontalPodAutoscaler).spec ?? {};
  delete behavior?.scaleUp?.tolerance;
  delete behavior?.scaleDown?.tolerance;
}

function validateStatus(object: KubeObject): FieldError[] {
  const { status = {} } = object as HorizontalPodAutoscaler;
  const errors: FieldError[] = [];
  requireNonNegative('status.currentReplicas', status.currentReplicas, errors);
  requireNonNegative('status.desiredReplicas', status.desiredReplicas, errors);
  return errors;
}

/** Current and wanted value of one metric: `cpu: 20%/80%`. */
function metricCell(metric: Metric, current: Metric | undefined): string {
  const unknown = '<unknown>';
  const source = (field: 'resource' | 'containerResource'): string => {
    const { name = '', target = {} } = metric[field] ?? {};
    const now = current?.[field]?.current;
    if (target.averageValue !== undefined) return `${name}: ${now?.averageValue ?? unknown}/${target.averageValue}`;
    const used = now?.averageUtilization === undefined ? unknown : `${now.averageUtilization}%`;
    const wanted = target.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`;
    return `${name}: ${used}/${wanted}`;
  };
  const plain = (field: 'object' | 'external'): string => {
    const { target = {} } = metric[field] ?? {};
    const now = current?.[field]?.current;
    return target.averageValue === undefined
      ? `${now?.value ?? unknown}/${target.value ?? '0'}`
      : `${now?.averageValue ?? unknown}/${target.averageValue} (avg)`;
  };
  switch (metric.type) {
    case 'Resource':
      return source('resource');
    case 'ContainerResource':
      return source('containerResource');
    case 'Pods':
      return `${current?.pods?.current?.averageValue ?? unknown}/${metric.pods?.target?.averageValue ?? '0'}`;
    case 'Object':
      return plain('object');
    case 'External':
      return plain('external');
    default:
      return '<unknown type>';
  }
}

const shown = 2;

function metricsCell(metrics: readonly Metric[], current: readonly Metric[]): string {
  if (metrics.length === 0) return '<none>';
  const text = metrics
    .slice(0, shown)
    .map((metric, index) => metricCell(metric, current[index]))
    .join(', ');
  return metrics.length > shown ? `${text} + ${metrics.length - shown} more...` : text;
}

export const horizontalPodAutoscalers = builtinResource({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  resource: 'horizontalpodautoscalers',
  olderVersions: [{ version: 'v1', toStorage: hpaFromV1, fromStorage: hpaToV1 }],
  shortNames: ['hpa'],
  categories: ['all'],
  scope: 'Namespaced',
  table: {
    columns: [
      nameColumn,
      stringColumn('Reference', 'What it scales.'),
      stringColumn('Targets', 'Current and wanted values of its metrics.'),
      stringColumn('MinPods', 'The fewest pods.'),
      stringColumn('MaxPods', 'The most pods.'),
      stringColumn('Replicas', 'How many pods there are.'),
      ageColumn,
    ],
    cells: (object, now) => {
      const { spec = {}, status = {} } = object as HorizontalPodAutoscaler;
      const { scaleTargetRef: target = {} } = spec;
      return [
        object.metadata.name ?? '',
        `${target.kind ?? ''}/${target.name ?? ''}`,
        metricsCell(spec.metrics ?? [], status.currentMetrics ?? []),
        spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
        spec.maxReplicas ?? 0,
        status.currentReplicas ?? 0,
        ageCell(object, now),
      ];
    },
  },
  strategy: {
    generation: 'none',
    allowUnconditionalUpdate: true,
    applyDefaults,
    prepareForCreate(object) {
      (object as HorizontalPodAutoscaler).status = { desiredReplicas: 0 };
      dropTolerance(object);
    },
    prepareForUpdate: dropTolerance,
    validate,
  },
  status: { validateUpdate: validateStatus },
});
