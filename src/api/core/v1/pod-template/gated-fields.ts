import type { Container, PodSpec } from './types.ts';

/**
 * Removes the fields of features that Kubernetes 1.33 has off by default: a stock server drops them silently (pkg/api/pod/util.go,
 * DropDisabledPodFields). They can never have been stored, so the old object does not matter.
 */
export function dropGatedPodFields(spec: PodSpec | undefined): void {
  if (spec === undefined) return;
  delete spec.resources;
  delete spec.resourceClaims;
  for (const container of spec.containers ?? []) dropGatedContainerFields(container);
  for (const container of spec.initContainers ?? []) dropGatedContainerFields(container);
  for (const container of spec.ephemeralContainers ?? []) dropGatedContainerFields(container);
  for (const volume of spec.volumes ?? []) {
    delete volume.image;
    for (const source of volume.projected?.sources ?? []) delete source.clusterTrustBundle;
  }
}

function dropGatedContainerFields(container: Container): void {
  delete container.resources?.claims;
  delete container.lifecycle?.stopSignal;
}
