import type { KubeObject } from '../apimachinery/object.ts';

/** The parts of a core/v1 PersistentVolumeClaim that admission minds. */
export type Claim = KubeObject & {
  spec?: { storageClassName?: string; resources?: { requests?: Record<string, string> } };
  status?: { phase?: string };
};

const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** The StorageClass that a claim names ('' is a name, too); undefined when it names none. */
export function storageClassOf({ metadata, spec }: Claim): string | undefined {
  return metadata.annotations?.[classAnnotation] ?? spec?.storageClassName;
}
