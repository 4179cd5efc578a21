/** Who may do what, beyond Kubernetes' own kinds. */
export const accessGroup = 'access.atoll.dev';
export const accessVersion = 'v1alpha1';
