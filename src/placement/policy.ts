import { isObject, type Json, type JsonObject } from '../apimachinery/json.ts';
import { labelSelectorFromObject, matchesLabels } from '../apimachinery/labels.ts';
import { formatApiVersion, parseApiVersion, type KubeObject } from '../apimachinery/object.ts';
import {
  defaultPolicy,
  type PlacementPolicy,
  type SpreadConstraint,
  type StaticWeight,
  type TaintEffect,
  type Toleration,
} from './snapshot.ts';

/**
 * The Placement in force for `object`: the one that selects it with the highest priority, then the oldest, then the first by name. Undefined: none
 * does, the default applies.
 */
export function placementFor(object: KubeObject, placements: readonly KubeObject[]): KubeObject | undefined {
  let found: KubeObject | undefined;
  for (const placement of placements) {
    if (!selects(specOf(placement), object)) continue;
    if (found === undefined || outranks(placement, found)) found = placement;
  }
  return found;
}

function outranks(a: KubeObject, b: KubeObject): boolean {
  const difference = integer(specOf(a).priority, 0) - integer(specOf(b).priority, 0);
  if (difference !== 0) return difference > 0;
  const older = compare(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '');
  return (older || compare(a.metadata.name ?? '', b.metadata.name ?? '')) < 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function selects(spec: JsonObject, object: KubeObject): boolean {
  const selectors = objects(spec.resourceSelectors);
  if (selectors.length === 0) return true;
  return selectors.some((selector) => {
    const { group, version } = parseApiVersion(text(selector.apiVersion));
    return (
      formatApiVersion(group, version) === object.apiVersion &&
      text(selector.kind) === object.kind &&
      (text(selector.name) === '' || text(selector.name) === object.metadata.name) &&
      (selector.labelSelector === undefined ||
        matchesLabels(labelSelectorFromObject(selector.labelSelector), object.metadata.labels))
    );
  });
}

/**
 * Reads a Placement's spec, which its kind has validated; absent fields mean what `defaultPolicy` says.
 * @throws ApiError 400 when a selector is malformed.
 */
export function policyOf(placement: KubeObject | undefined): PlacementPolicy {
  if (placement === undefined) return defaultPolicy;
  const spec = specOf(placement);
  const scheduling = isObject(spec.replicaScheduling) ? spec.replicaScheduling : {};
  const weights = isObject(scheduling.weights) ? scheduling.weights : {};
  return {
    name: placement.metadata.name ?? '',
    numberOfClusters: integer(spec.numberOfClusters, defaultPolicy.numberOfClusters),
    predicates: objects(spec.predicates).map((predicate) => {
      const required = isObject(predicate.requiredClusterSelector) ? predicate.requiredClusterSelector : {};
      return labelSelectorFromObject(required.labelSelector ?? {});
    }),
    tolerations: objects(spec.tolerations).map(toleration),
    spreadConstraints: objects(spec.spreadConstraints).map(spreadConstraint),
    replicaScheduling: {
      type: scheduling.type === 'Divided' ? 'Divided' : 'Duplicated',
      division: scheduling.division === 'Aggregated' ? 'Aggregated' : 'Weighted',
      staticWeights: objects(weights.static).map(
        (rule): StaticWeight => ({
          selector: labelSelectorFromObject(rule.selector ?? {}),
          weight: integer(rule.weight, 1),
        }),
      ),
      dynamic: weights.dynamic === 'AvailableReplicas',
    },
  };
}

function toleration(value: JsonObject): Toleration {
  return {
    key: text(value.key),
    operator: value.operator === 'Exists' ? 'Exists' : 'Equal',
    value: text(value.value),
    effect: taintEffect(value.effect) ?? '',
  };
}

function spreadConstraint(value: JsonObject): SpreadConstraint {
  return {
    topologyKey: text(value.topologyKey),
    maxSkew: optionalInteger(value.maxSkew),
    minGroups: optionalInteger(value.minGroups),
    maxGroups: optionalInteger(value.maxGroups),
    whenUnsatisfiable: value.whenUnsatisfiable === 'ScheduleAnyway' ? 'ScheduleAnyway' : 'DoNotSchedule',
  };
}

/** A taint effect when `value` is one. */
export function taintEffect(value: Json | undefined): TaintEffect | undefined {
  return value === 'NoSchedule' || value === 'PreferNoSchedule' || value === 'NoExecute' ? value : undefined;
}

function specOf(object: KubeObject): JsonObject {
  return isObject(object.spec) ? object.spec : {};
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function integer(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : otherwise;
}

function optionalInteger(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}
