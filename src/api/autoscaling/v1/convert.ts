import { isObject, type Json, type JsonObject } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { defaultBehavior } from '../v2/behavior-defaults.ts';
import { behaviorFromAnnotation, behaviorToAnnotation } from './behavior.ts';
import { metricToV1, metricToV2 } from './metrics.ts';

/*
 * autoscaling/v1 knows CPU only: everything else of a HorizontalPodAutoscaler travels in annotations (upstream: pkg/apis/autoscaling/v1/conversion.go).
 */
const prefix = 'autoscaling.alpha.kubernetes.io/';
const metricsAnnotation = `${prefix}metrics`;
const statusesAnnotation = `${prefix}current-metrics`;
const conditionsAnnotation = `${prefix}conditions`;
const behaviorAnnotation = `${prefix}behavior`;
const travelling = [
  metricsAnnotation,
  statusesAnnotation,
  conditionsAnnotation,
  behaviorAnnotation,
  `${prefix}scale-up-tolerance`,
  `${prefix}scale-down-tolerance`,
];
export const defaultCpuUtilization = 80;

function struct(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function structs(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The CPU utilization that a metric is about; undefined for other metrics. */
function cpuUtilization(metric: JsonObject, half: 'target' | 'current'): Json | undefined {
  const resource = struct(metric['resource']);
  if (metric['type'] !== 'Resource' || resource['name'] !== 'cpu') return undefined;
  return struct(resource[half])['averageUtilization'];
}

function cpuMetric(averageUtilization: Json): JsonObject {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } };
}

/** The v1 form of a stored (v2) autoscaler. Never changes its argument. */
export function hpaToV1(object: KubeObject): KubeObject {
  const { metrics, behavior, ...restOfSpec } = struct(object['spec'] as Json);
  const { currentMetrics, conditions, ...restOfStatus } = struct(object['status'] as Json);
  const wanted = structs(metrics);
  const current = structs(currentMetrics);
  const annotations: Record<string, string> = { ...object.metadata.annotations };
  for (const key of travelling) delete annotations[key];
  const target = wanted.map((metric) => cpuUtilization(metric, 'target')).find((value) => value !== undefined);
  const others = wanted.filter((metric) => cpuUtilization(metric, 'target') === undefined);
  if (others.length > 0) {
    annotations[metricsAnnotation] = JSON.stringify(others.map((metric) => metricToV1(metric, 'target')));
  }
  if (current.length > 0) {
    annotations[statusesAnnotation] = JSON.stringify(current.map((metric) => metricToV1(metric, 'current')));
  }
  if (isObject(behavior)) annotations[behaviorAnnotation] = behaviorToAnnotation(behavior);
  if (structs(conditions).length > 0) annotations[conditionsAnnotation] = JSON.stringify(conditions);
  const used = current.map((metric) => cpuUtilization(metric, 'current')).findLast((value) => value !== undefined);
  const { annotations: _old, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: Object.keys(annotations).length === 0 ? metadata : { ...metadata, annotations },
    spec: { ...restOfSpec, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    status: {
      ...restOfStatus,
      currentReplicas: restOfStatus['currentReplicas'] ?? 0,
      desiredReplicas: restOfStatus['desiredReplicas'] ?? 0,
      ...(used === undefined ? {} : { currentCPUUtilizationPercentage: used }),
    },
  };
}

/** What an annotation says; undefined when it is absent or says nothing that can be read. */
function readAnnotation(object: KubeObject, key: string): Json | undefined {
  const text = object.metadata.annotations?.[key];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Whether a v1 autoscaler has metrics in its annotations. */
export function holdsMetrics(object: KubeObject): boolean {
  return structs(readAnnotation(object, metricsAnnotation)).length > 0;
}

/** The stored (v2) form of a v1 autoscaler. */
export function hpaFromV1(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: target, ...restOfSpec } = struct(object['spec'] as Json);
  const { currentCPUUtilizationPercentage: used, ...restOfStatus } = struct(object['status'] as Json);
  const cpu = target === undefined || target === null ? [] : [cpuMetric(target)];
  const others = structs(readAnnotation(object, metricsAnnotation)).map((metric) => metricToV2(metric, 'target'));
  const metrics = [...others, ...cpu];
  if (metrics.length === 0) metrics.push(cpuMetric(defaultCpuUtilization));
  const behavior = behaviorFromAnnotation(readAnnotation(object, behaviorAnnotation) ?? null);
  // The stored form is a v2 object: stock completes it when it reads it.
  if (behavior !== undefined) defaultBehavior(behavior);
  const statuses = readAnnotation(object, statusesAnnotation);
  const known: JsonObject[] =
    used === undefined || used === null
      ? []
      : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: used } } }];
  const current = Array.isArray(statuses) ? structs(statuses).map((metric) => metricToV2(metric, 'current')) : known;
  const conditions = structs(readAnnotation(object, conditionsAnnotation));
  const annotations: Record<string, string> = { ...object.metadata.annotations };
  for (const key of travelling) delete annotations[key];
  const { annotations: _old, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: Object.keys(annotations).length === 0 ? metadata : { ...metadata, annotations },
    spec: { ...restOfSpec, metrics, ...(behavior === undefined ? {} : { behavior }) },
    status: {
      ...restOfStatus,
      ...(current.length === 0 ? {} : { currentMetrics: current }),
      ...(conditions.length === 0 ? {} : { conditions }),
    },
  };
}
