import type { KubeObject } from '../../../apimachinery/object.ts';

export const placementGroup = 'placement.atoll.dev';
export const placementVersion = 'v1alpha1';
export const placementApiVersion = `${placementGroup}/${placementVersion}`;

/** metav1.Condition. */
export type Condition = {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  lastTransitionTime: string;
  observedGeneration?: number;
};

/** Status is written through its subresource only, and starts empty. */
export const statusStrategy = {
  generation: 'spec',
  prepareForCreate(object: KubeObject): void {
    delete object.status;
  },
  prepareForUpdate(object: KubeObject, old: KubeObject): void {
    if (old.status === undefined) delete object.status;
    else object.status = old.status;
  },
} as const;
