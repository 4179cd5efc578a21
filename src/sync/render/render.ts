import type { WorkSource } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { digestOf } from '../canonical.ts';
import { annotations, labels, managedBy } from '../vocabulary.ts';
import { strip } from './strip.ts';
import { userFields } from './user-fields.ts';

export type RenderInput = {
  readonly object: KubeObject;
  readonly source: WorkSource;
  readonly controlPlaneUID: string;
  readonly work: string;
  readonly targetNamespace: string;
  /** Instead of the object's own number. */
  readonly replicas?: number;
  /** Pull secrets that pods get from the `default` ServiceAccount, which is not carried. */
  readonly inheritedPullSecrets?: readonly string[];
};

/** The object as it is applied in a physical cluster, without the hash annotation. Reads `object`, keeps nothing of it. */
export function render(input: RenderInput): JsonObject {
  const object = userFields(input.object);
  strip(object);
  const spec = object.spec as Json | undefined;
  if (input.replicas !== undefined && isObject(spec)) spec.replicas = input.replicas;
  if (input.inheritedPullSecrets !== undefined && isObject(spec)) addPullSecrets(spec, input.inheritedPullSecrets);
  const { apiVersion, kind, metadata, ...rest } = object;
  return {
    apiVersion,
    kind,
    metadata: {
      ...(metadata as JsonObject),
      namespace: input.targetNamespace,
      labels: { ...metadata.labels, ...ownershipLabels(input.controlPlaneUID, input.source.workspaceUID, input.work) },
      annotations: { ...metadata.annotations, [annotations.source]: sourceAnnotation(input.source) },
    },
    ...(rest as JsonObject),
  };
}

/** The Namespace that holds a tenant's objects in a physical cluster. */
export function renderNamespace(name: string, source: WorkSource, controlPlaneUID: string, work: string): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: {
        ...ownershipLabels(controlPlaneUID, source.workspaceUID, work),
        // Tenants are strangers to the physical cluster: its own policy may be stricter, never laxer than this.
        'pod-security.kubernetes.io/enforce': 'baseline',
      },
      annotations: { [annotations.source]: sourceAnnotation(source) },
    },
  };
}

function ownershipLabels(controlPlaneUID: string, workspaceUID: string, work: string): Record<string, string> {
  return {
    [labels.managedBy]: managedBy,
    [labels.controlPlane]: controlPlaneUID,
    [labels.workspace]: workspaceUID,
    [labels.work]: work,
  };
}

function sourceAnnotation({ cluster, namespace, name, uid }: WorkSource): string {
  return JSON.stringify({ cluster, namespace, name, uid });
}

function addPullSecrets(spec: JsonObject, names: readonly string[]): void {
  const pod = isObject(spec.template) ? spec.template.spec : undefined;
  // As the ServiceAccount admission plugin: only pods that name none themselves inherit.
  if (!isObject(pod) || (Array.isArray(pod.imagePullSecrets) && pod.imagePullSecrets.length > 0)) return;
  if (names.length > 0) pod.imagePullSecrets = names.map((name) => ({ name }));
}

/** Of desired content: equal content, equal hash. */
export function desiredHash(desired: JsonObject, secretRevision?: number): string {
  return digestOf(desired, secretRevision === undefined ? '' : `@${secretRevision}`);
}
