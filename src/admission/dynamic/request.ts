import { storageResource, type ResourceDefinition } from '../../api/resource-definition.ts';
import type { GroupVersionKind, GroupVersionResource } from '../../apimachinery/object.ts';
import type { AdmissionAttributes, Operation } from '../admission.ts';

/** A request as webhooks and policies see it: what it is about in the client's own words. */
export type DynamicRequest = {
  readonly attributes: AdmissionAttributes;
  readonly operation: Operation;
  readonly kind: GroupVersionKind;
  readonly resource: GroupVersionResource;
  readonly subresource: string;
  /** Of a namespace its own name. */
  readonly namespace: string;
  readonly name: string;
};

const requests = new WeakMap<AdmissionAttributes, DynamicRequest>();

/** The request behind the attributes; the same for the same attributes. */
export function dynamicRequest(attributes: AdmissionAttributes): DynamicRequest {
  let request = requests.get(attributes);
  if (request === undefined) {
    const { target, operation, name, kind } = attributes;
    const { definition, version, subresource } = target;
    const { group, resource } = definition;
    request = {
      attributes,
      operation,
      kind: kind ?? { group, version: version.version, kind: definition.kind },
      resource: { group, version: version.version, resource },
      subresource,
      namespace: isNamespaces(definition) ? name : target.namespace,
      name,
    };
    requests.set(attributes, request);
  }
  return request;
}

/** Whether a resource is that of namespaces, which are selected by their own labels. */
export function isNamespaces({ group, resource }: { readonly group: string; readonly resource: string }): boolean {
  return group === '' && resource === 'namespaces';
}

const configurationGroup = 'admissionregistration.k8s.io';

/** Kinds that configure admission: nothing dynamic is asked about them, or a mistake in one could never be mended. */
const configurationKinds: ReadonlySet<string> = new Set([
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
]);

export function configuresAdmission({ group, kind }: { readonly group: string; readonly kind: string }): boolean {
  return group === configurationGroup && configurationKinds.has(kind);
}

/** Whether webhooks and policies of a logical cluster are asked about a resource at all: not about configurations, not about what tenants cannot see. */
export function isOpen(definition: ResourceDefinition): boolean {
  return !configuresAdmission(definition) && definition.internal !== true;
}

/** Whether two definitions are views of one storage (events of both groups). */
export function sharesStorage(a: ResourceDefinition, b: ResourceDefinition): boolean {
  return storageResource(a) === storageResource(b);
}
