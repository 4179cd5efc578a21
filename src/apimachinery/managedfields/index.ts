/** Server-side apply and field ownership, as sigs.k8s.io/structured-merge-diff and k8s.io/apimachinery/pkg/util/managedfields define them. */
export { type Applied, type ApplyOptions, applyManaged } from './apply.ts';
export { parentManagedFields, type ReplicasPaths, scaleManagedFields } from './scale.ts';
export { applyConfigurationOver, atomicParts, configurationProblem } from './merge-configuration.ts';
export { managedFieldsProblem } from './entries-problem.ts';
export { keepTimesOfNoop } from './times.ts';
export { type FieldManagerContext, type TrackUpdateOptions, trackUpdate } from './track-update.ts';
export type { ConvertVersion, VersionedObject } from './versions.ts';
