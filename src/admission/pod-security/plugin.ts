import type { Pod } from '../../api/core/v1/pod-status.ts';
import type { Container, PodSpec, PodTemplateSpec } from '../../api/core/v1/pod-template/types.ts';
import { type FieldError, invalid } from '../../apimachinery/errors.ts';
import type { KubeObject, ObjectMeta } from '../../apimachinery/object.ts';
import { factsOf } from '../../registry/generic/resource-facts.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { findInCluster } from '../cluster-objects.ts';
import { refusal } from '../refusal.ts';
import { describeViolations, violationsOf } from './evaluate.ts';
import { checkExistingPods } from './existing-pods.ts';
import { compareLevels, formatLevelVersion, isSameLevelVersion, type Policy, policyOf } from './policy.ts';

/** A pod, or the template of one. */
type Subject = { readonly metadata: ObjectMeta; readonly spec: PodSpec };

/** Subresources of pods that change nothing of what a pod may do. */
const ignoredSubresources: ReadonlySet<string> = new Set(['binding', 'eviction', 'status']);

type Holder = { spec?: { template?: PodTemplateSpec; jobTemplate?: { spec?: { template?: PodTemplateSpec } } } };

const templates: Readonly<Record<string, (object: KubeObject) => PodTemplateSpec | undefined>> = {
  podtemplates: (object) => object['template'] as PodTemplateSpec | undefined,
  replicationcontrollers: (object) => (object as Holder).spec?.template,
  'replicasets.apps': (object) => (object as Holder).spec?.template,
  'deployments.apps': (object) => (object as Holder).spec?.template,
  'statefulsets.apps': (object) => (object as Holder).spec?.template,
  'daemonsets.apps': (object) => (object as Holder).spec?.template,
  'jobs.batch': (object) => (object as Holder).spec?.template,
  'cronjobs.batch': (object) => (object as Holder).spec?.jobTemplate?.spec?.template,
};

/**
 * Holds pods to the level of the Pod Security Standards that their namespace's labels ask for, and warns of workloads whose pods would not pass (upstream's
 * PodSecurity, without exemptions).
 */
export function podSecurity({ store }: { readonly store: ObjectStore }): AdmissionPlugin {
  return {
    name: 'PodSecurity',
    handles(operation, { definition, subresource }) {
      if (operation !== 'CREATE' && operation !== 'UPDATE') return false;
      const { storage } = factsOf(definition);
      if (storage === 'pods') return !ignoredSubresources.has(subresource);
      return subresource === '' && (storage === 'namespaces' || Object.hasOwn(templates, storage));
    },
    validate(attributes) {
      const { storage } = factsOf(attributes.target.definition);
      if (storage === 'namespaces') return validateNamespace(store, attributes);
      return storage === 'pods' ? validatePod(store, attributes) : validateWorkload(store, attributes, storage);
    },
  };
}

/** @throws 422 when labels are wrong that were not so before. */
function validateNamespace(store: ObjectStore, attributes: AdmissionAttributes): Promise<void> | undefined {
  const { object, oldObject, target, name } = attributes;
  const next = policyOf(object?.metadata.labels ?? {});
  const before = policyOf(oldObject?.metadata.labels ?? {});
  if (next.errors.length > 0 && (before.errors.length === 0 || !isSame(next.errors, before.errors)))
    throw invalid(factsOf(target.definition).gk, name, next.errors);
  if (oldObject === undefined) return undefined;
  const { enforce } = next.policy;
  const old = before.policy.enforce;
  const isLaxer = enforce.minor === old.minor && compareLevels(enforce.level, old.level) <= 0;
  if (isSameLevelVersion(enforce, old) || enforce.level === 'privileged' || isLaxer) return undefined;
  return checkExistingPods(store, attributes, enforce);
}

function isSame(errors: readonly FieldError[], before: readonly FieldError[]): boolean {
  return (
    errors.length === before.length &&
    errors.every((error, index) => {
      const old = before[index];
      return error.field === old?.field && error.badValue === old.badValue;
    })
  );
}

async function policyFor(store: ObjectStore, attributes: AdmissionAttributes): Promise<Policy> {
  const namespace = await findInCluster(store, attributes, 'namespaces', attributes.target.namespace);
  return policyOf(namespace?.labels ?? {}).policy;
}

async function validatePod(store: ObjectStore, attributes: AdmissionAttributes): Promise<void> {
  const { metadata, spec = {} } = attributes.object as Pod;
  const { enforce, warn } = await policyFor(store, attributes);
  if (enforce.level === 'privileged' && warn.level === 'privileged') return;
  const old = attributes.oldObject as Pod | undefined;
  if (old !== undefined && !isSignificant(spec, old.spec ?? {})) return;
  const violations = violationsOf(enforce, metadata, spec);
  if (violations.length > 0)
    throw refusal(
      attributes,
      `violates PodSecurity "${formatLevelVersion(enforce)}": ${describeViolations(violations)}`,
    );
  warnOf(attributes, warn, { metadata, spec });
}

async function validateWorkload(store: ObjectStore, attributes: AdmissionAttributes, storage: string): Promise<void> {
  const { warn } = await policyFor(store, attributes);
  if (warn.level === 'privileged' || attributes.object === undefined) return;
  const template = templates[storage]?.(attributes.object);
  if (template !== undefined)
    warnOf(attributes, warn, { metadata: template.metadata ?? {}, spec: template.spec ?? {} });
}

function warnOf({ ctx }: AdmissionAttributes, warn: Policy['warn'], { metadata, spec }: Subject): void {
  const violations = violationsOf(warn, metadata, spec);
  if (violations.length > 0)
    ctx.warn(`would violate PodSecurity "${formatLevelVersion(warn)}": ${describeViolations(violations)}`);
}

/** Of a running pod, only images and ephemeral containers can change what it may do. */
function isSignificant(spec: PodSpec, old: PodSpec): boolean {
  for (const field of ['containers', 'initContainers'] as const) {
    const [now, before] = [spec[field] ?? [], old[field] ?? []];
    if (now.length !== before.length) return true;
    if (now.some((container, index) => !isSameImage(container, before[index]))) return true;
  }
  const known = old.ephemeralContainers ?? [];
  return (spec.ephemeralContainers ?? []).some(
    (container) =>
      !isSameImage(
        container,
        known.find(({ name }) => name === container.name),
      ),
  );
}

function isSameImage({ image = '' }: Container, old: Container | undefined): boolean {
  return old !== undefined && image === (old.image ?? '');
}
