import { isObject, type Json, type JsonObject } from '../../../apimachinery/json.ts';

/*
 * Metrics as autoscaling/v1 writes them into annotations, and as autoscaling/v2 has them in its spec and status (upstream: pkg/apis/autoscaling/v1).
 */

function struct(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** The members that are set, in order: what Go writes with omitempty. */
function compact(members: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

type Half = 'target' | 'current';

/** `targetAverageValue` or `currentAverageValue`. */
function named(half: Half, what: string): string {
  return `${half}${what}`;
}

function resourceToV1(source: JsonObject, half: Half, isContainer: boolean): JsonObject {
  const { averageUtilization, averageValue } = struct(source[half]);
  return compact({
    name: source['name'] ?? '',
    [named(half, 'AverageUtilization')]: averageUtilization,
    [named(half, 'AverageValue')]: averageValue ?? (half === 'current' ? '0' : undefined),
    ...(isContainer ? { container: source['container'] ?? '' } : {}),
  });
}

function podsToV1(source: JsonObject, half: Half): JsonObject {
  const { name = '', selector } = struct(source['metric']);
  return compact({
    metricName: name,
    [named(half, 'AverageValue')]: struct(source[half])['averageValue'] ?? '0',
    selector,
  });
}

function objectToV1(source: JsonObject, half: Half): JsonObject {
  const { name = '', selector } = struct(source['metric']);
  const { kind = '', name: object = '', apiVersion } = struct(source['describedObject']);
  const { value = '0', averageValue } = struct(source[half]);
  return compact({
    target: compact({ kind, name: object, apiVersion }),
    metricName: name,
    [named(half, 'Value')]: value,
    selector,
    averageValue,
  });
}

function externalToV1(source: JsonObject, half: Half): JsonObject {
  const { name = '', selector } = struct(source['metric']);
  const { value, averageValue } = struct(source[half]);
  return compact({
    metricName: name,
    metricSelector: selector,
    [named(half, 'Value')]: value ?? (half === 'current' ? '0' : undefined),
    [named(half, 'AverageValue')]: averageValue,
  });
}

/** A v2 metric as v1 writes it: `target` for what is wanted, `current` for what is. */
export function metricToV1(metric: JsonObject, half: Half): JsonObject {
  const { object, pods, resource, containerResource, external } = metric;
  return compact({
    type: metric['type'] ?? '',
    object: isObject(object) ? objectToV1(object, half) : undefined,
    pods: isObject(pods) ? podsToV1(pods, half) : undefined,
    resource: isObject(resource) ? resourceToV1(resource, half, false) : undefined,
    containerResource: isObject(containerResource) ? resourceToV1(containerResource, half, true) : undefined,
    external: isObject(external) ? externalToV1(external, half) : undefined,
  });
}

/** `type` is a part of what is wanted only. */
function half(side: Half, type: string, values: Readonly<Record<string, Json | undefined>>): JsonObject {
  return { [side]: compact(side === 'target' ? { type, ...values } : values) };
}

function resourceToV2(source: JsonObject, side: Half, isContainer: boolean): JsonObject {
  const averageUtilization = source[named(side, 'AverageUtilization')];
  const averageValue = source[named(side, 'AverageValue')];
  const type = averageUtilization === undefined ? 'AverageValue' : 'Utilization';
  return {
    name: source['name'] ?? '',
    ...half(side, type, { averageValue: averageValue ?? (side === 'current' ? '0' : undefined), averageUtilization }),
    ...(isContainer ? { container: source['container'] ?? '' } : {}),
  };
}

function metricName(source: JsonObject, selector: Json | undefined): JsonObject {
  return compact({ name: source['metricName'] ?? '', selector });
}

function podsToV2(source: JsonObject, side: Half): JsonObject {
  return {
    metric: metricName(source, source['selector']),
    ...half(side, 'AverageValue', { averageValue: source[named(side, 'AverageValue')] ?? '0' }),
  };
}

function objectToV2(source: JsonObject, side: Half): JsonObject {
  const { averageValue } = source;
  const { kind = '', name = '', apiVersion } = struct(source['target']);
  const value = source[named(side, 'Value')] ?? '0';
  return {
    describedObject: compact({ kind, name, apiVersion }),
    ...half(side, averageValue === undefined ? 'Value' : 'AverageValue', { value, averageValue }),
    metric: metricName(source, source['selector']),
  };
}

function externalToV2(source: JsonObject, side: Half): JsonObject {
  const value = source[named(side, 'Value')] ?? (side === 'current' ? '0' : undefined);
  const averageValue = source[named(side, 'AverageValue')];
  return {
    metric: metricName(source, source['metricSelector']),
    ...half(side, value === undefined ? 'AverageValue' : 'Value', { value, averageValue }),
  };
}

/** The inverse of metricToV1. */
export function metricToV2(metric: JsonObject, side: Half): JsonObject {
  const { object, pods, resource, containerResource, external } = metric;
  return compact({
    type: metric['type'] ?? '',
    object: isObject(object) ? objectToV2(object, side) : undefined,
    pods: isObject(pods) ? podsToV2(pods, side) : undefined,
    resource: isObject(resource) ? resourceToV2(resource, side, false) : undefined,
    containerResource: isObject(containerResource) ? resourceToV2(containerResource, side, true) : undefined,
    external: isObject(external) ? externalToV2(external, side) : undefined,
  });
}
