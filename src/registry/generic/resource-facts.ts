import { type ResourceDefinition, storageResource, type VersionDefinition } from '../../api/resource-definition.ts';
import type { Target } from '../registry.ts';
import { formatApiVersion, type GroupKind, type GroupResource } from '../../apimachinery/object.ts';

/** What the verbs ask of a definition again and again, computed once. */
export type ResourceFacts = {
  /** The resource as storage names it: `deployments.apps`. */
  readonly storage: string;
  readonly gr: GroupResource;
  readonly gk: GroupKind;
  readonly namespaced: boolean;
  readonly storageApiVersion: string;
  /** Fields that writes through the main resource never own. */
  readonly resetFields: readonly string[];
  /** Fields that writes through /status never own. */
  readonly statusResetFields: readonly string[];
};

const facts = new WeakMap<ResourceDefinition, ResourceFacts>();

/** The facts of a definition; the same object for the same definition. */
export function factsOf(definition: ResourceDefinition): ResourceFacts {
  let known = facts.get(definition);
  if (known === undefined) {
    known = computeFacts(definition);
    facts.set(definition, known);
  }
  return known;
}

function computeFacts(definition: ResourceDefinition): ResourceFacts {
  const { group, resource, kind, strategy, status } = definition;
  return {
    storage: storageResource(definition),
    gr: { group, resource },
    // Errors name the stored kind, as upstream's name the internal one.
    gk: { group: definition.storageGroup ?? group, kind },
    namespaced: definition.scope === 'Namespaced',
    storageApiVersion: formatApiVersion(definition.storageGroup ?? group, definition.storageVersion),
    resetFields: strategy.resetFields ?? (status === undefined ? [] : ['status']),
    statusResetFields: status?.resetFields ?? statusResetFields(definition),
  };
}

/** Fields that writes to the object or to one of its subresources never own. */
export function resetFieldsOf(definition: ResourceDefinition, subresource: string): readonly string[] {
  const facts = factsOf(definition);
  if (subresource === 'status') return facts.statusResetFields;
  return definition.subresources?.[subresource]?.part?.resetFields ?? facts.resetFields;
}

/** Whether a target is the object itself or a part of it, which the generic verbs serve. */
export function isViewOfObject({ definition, subresource }: Target): boolean {
  if (subresource === '' || subresource === 'status') return true;
  return definition.subresources?.[subresource]?.part !== undefined;
}

/** Through /status a built-in kind's metadata may change, a custom resource's may not (apiextensions' status strategy). */
function statusResetFields(definition: ResourceDefinition): string[] {
  const fields = new Set<string>(['spec']);
  for (const version of definition.versions)
    for (const name of version.schema.fields.keys())
      if (!['apiVersion', 'kind', 'metadata', 'status'].includes(name)) fields.add(name);
  if (!definition.builtIn) fields.add('metadata');
  return [...fields];
}

const apiVersions = new WeakMap<ResourceDefinition, Map<string, string>>();

/** `apps/v1` of a served version. */
export function apiVersionOf(definition: ResourceDefinition, version: VersionDefinition): string {
  let known = apiVersions.get(definition);
  if (known === undefined) {
    known = new Map(
      definition.versions.map((each) => [each.version, formatApiVersion(definition.group, each.version)]),
    );
    apiVersions.set(definition, known);
  }
  return known.get(version.version) ?? formatApiVersion(definition.group, version.version);
}
