import type { PodStatus } from '../pod-status.ts';
import type { Container, PodSpec } from './types.ts';

/**
 * Removes the fields of features that Kubernetes 1.33 has off by default: a stock server drops them silently (pkg/api/pod/util.go,
 * DropDisabledPodFields). They can never have been stored, so the old object does not matter.
 */
export function dropGatedPodFields(spec: PodSpec | undefined): void {
  if (spec === undefined) return;
  delete spec.resources;
  delete spec.resourceClaims;
  for (const { projected } of spec.volumes ?? []) {
    for (const source of projected?.sources ?? []) delete source.clusterTrustBundle;
  }
  const images = new Set(spec.volumes?.filter(({ image }) => image !== undefined).map(({ name = '' }) => name));
  if (images.size > 0) spec.volumes = spec.volumes?.filter(({ image }) => image === undefined) ?? [];
  for (const list of [spec.containers, spec.initContainers, spec.ephemeralContainers]) {
    for (const container of list ?? []) dropGatedContainerFields(container, images);
  }
}

/** The same for a pod's status. */
export function dropGatedPodStatus(status: PodStatus | undefined): void {
  if (status === undefined) return;
  delete status.resourceClaimStatuses;
  for (const list of [status.containerStatuses, status.initContainerStatuses, status.ephemeralContainerStatuses])
    for (const container of list ?? []) delete container.allocatedResourcesStatus;
}

function dropGatedContainerFields(container: Container, imageVolumes: ReadonlySet<string>): void {
  delete container.resources?.claims;
  delete container.lifecycle?.stopSignal;
  if (imageVolumes.size === 0 || container.volumeMounts === undefined) return;
  container.volumeMounts = container.volumeMounts.filter(({ name = '' }) => !imageVolumes.has(name));
}
