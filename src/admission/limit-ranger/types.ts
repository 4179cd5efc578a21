import type { ResourceList } from '../../api/core/v1/pod-template/types.ts';
import type { KubeObject } from '../../apimachinery/object.ts';

export type Limit = {
  type?: string;
  max?: ResourceList;
  min?: ResourceList;
  default?: ResourceList;
  defaultRequest?: ResourceList;
  maxLimitRequestRatio?: ResourceList;
};

/** The parts of a LimitRange that are enforced. */
export type LimitRange = KubeObject & { spec?: { limits?: Limit[] } };
