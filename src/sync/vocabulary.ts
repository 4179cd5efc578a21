/**
 * The labels and annotations that Atoll writes in physical clusters and on tenants' objects. Fixed: objects out there carry them for years
 * (reference/placement.md §3.7).
 */
export const prefix = 'atoll.dev/';

export const labels = {
  managedBy: 'app.kubernetes.io/managed-by',
  /** uid of this control plane's root logical cluster: whose object it is. */
  controlPlane: `${prefix}cp-uid`,
  workspace: `${prefix}workspace-uid`,
  /** Name of the Work that keeps it. */
  work: `${prefix}work-id`,
} as const;

export const managedBy = 'atoll';

export const annotations = {
  /** JSON: logical cluster, namespace, name and uid that it comes from. */
  source: `${prefix}source`,
  desiredHash: `${prefix}desired-hash`,
} as const;

/** On a tenant's object while copies of it are in physical clusters. */
export const syncFinalizer = `${prefix}sync`;

/** Field manager of everything that Atoll applies in physical clusters and writes to tenants' objects. */
export const fieldManager = 'atoll-sync';
