import type { ResourceDefinition } from '../../../api/resource-definition.ts';
import { type Amounts, onesOf } from '../../../apimachinery/amounts.ts';
import { formatGroupResource, type KubeObject } from '../../../apimachinery/object.ts';
import { factsOf } from '../../generic/resource-facts.ts';
import { claimEvaluator } from './claims.ts';
import { podEvaluator } from './pods.ts';
import { serviceEvaluator } from './services.ts';

/** One requirement of a quota's scopes. A scope in `spec.scopes` has the operator Exists. */
export type ScopeRequirement = {
  readonly scope: string;
  readonly operator: string;
  readonly values: readonly string[];
};

/** How objects of one resource count (upstream's quota.Evaluator). */
export type Evaluator = {
  /** Whether amounts of this name say something about these objects. */
  tracks(name: string): boolean;
  /** What an object uses, of all names that it knows. `now` in milliseconds: pods that should long be gone use nothing. */
  usage(object: KubeObject, now: number): Amounts;
  matchesScope(requirement: ScopeRequirement, object: KubeObject): boolean;
  /** Why an object may not be left without amounts of these names; undefined: it may. */
  missing?(required: readonly string[], object: KubeObject): string | undefined;
  /** Whether an update can change what is used. */
  readonly changes: boolean;
  /** Whether an update is held to the limits; others are counted only (admission's Handles). */
  checksUpdate?(subresource: string, object: KubeObject, old: KubeObject): boolean;
  /** Whether the usage has changed without a write, because time has passed. */
  isOverdue?(object: KubeObject, now: number): boolean;
};

/** What is not stored, and events (upstream's quota/v1/install ignoredResources). */
const ignored: ReadonlySet<string> = new Set([
  'bindings',
  'componentstatuses',
  'tokenreviews.authentication.k8s.io',
  'selfsubjectreviews.authentication.k8s.io',
  'subjectaccessreviews.authorization.k8s.io',
  'selfsubjectaccessreviews.authorization.k8s.io',
  'localsubjectaccessreviews.authorization.k8s.io',
  'selfsubjectrulesreviews.authorization.k8s.io',
  'events',
  'events.events.k8s.io',
]);

/** Kinds whose count had a name of its own before there was `count/`. */
const aliases: ReadonlySet<string> = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets']);

const special: Readonly<Record<string, Evaluator>> = {
  pods: podEvaluator,
  services: serviceEvaluator,
  persistentvolumeclaims: claimEvaluator,
};

const evaluators = new WeakMap<ResourceDefinition, Evaluator | 'none'>();

/** How objects of this resource count; undefined when they never do. */
export function evaluatorOf(definition: ResourceDefinition): Evaluator | undefined {
  let evaluator = evaluators.get(definition);
  if (evaluator === undefined) {
    evaluator = makeEvaluator(definition) ?? 'none';
    evaluators.set(definition, evaluator);
  }
  return evaluator === 'none' ? undefined : evaluator;
}

function makeEvaluator(definition: ResourceDefinition): Evaluator | undefined {
  const { gr, namespaced, storage } = factsOf(definition);
  const name = formatGroupResource(gr);
  if (!namespaced || definition.internal === true || ignored.has(name)) return undefined;
  return (Object.hasOwn(special, storage) ? special[storage] : undefined) ?? countEvaluator(name);
}

function countEvaluator(name: string): Evaluator {
  const names = new Set([`count/${name}`, ...(aliases.has(name) ? [name] : [])]);
  const usage = onesOf(names);
  return { tracks: (each) => names.has(each), usage: () => usage, matchesScope: () => false, changes: false };
}
