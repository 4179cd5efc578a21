/** Holds a claim while a pod uses it. */
export const claimProtection = 'kubernetes.io/pvc-protection';

/** Holds a volume while it is bound. */
export const volumeProtection = 'kubernetes.io/pv-protection';
