import type { KubeObject } from '../apimachinery/object.ts';

const kept = ['labels', 'annotations', 'finalizers', 'ownerReferences', 'deletionTimestamp', 'generation'] as const;

/** What a status update keeps of the stored metadata where upstream resets it (metav1.ResetObjectMetaForStatus): all but who owns which field. */
export function keepMetadataForStatus(object: KubeObject, old: KubeObject): void {
  const metadata: Record<string, unknown> = object.metadata;
  for (const field of kept) {
    if (old.metadata[field] === undefined) delete metadata[field];
    else metadata[field] = old.metadata[field];
  }
}
