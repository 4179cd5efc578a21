import type { Pod } from '../../../api/core/v1/pod-status.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { CachedObject } from '../../../storage/object-store.ts';

/** The names of the claims that a pod's volumes may be: those it names, and those made for it. */
export function claimsOf(pod: CachedObject): readonly string[] {
  // Most pods have none, and need not be parsed to see it.
  if (!pod.text.includes('"persistentVolumeClaim"') && !pod.text.includes('"ephemeral"')) return [];
  const { metadata, spec } = pod.object as Pod;
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return [persistentVolumeClaim.claimName ?? ''];
    return ephemeral === undefined ? [] : [`${metadata.name}-${name}`];
  });
}

/** Whether a pod that has a node uses a claim. One that is shut down, or gone by force, uses no claim that was made for it. */
export function usesClaim(object: KubeObject, claim: KubeObject): boolean {
  const { metadata, spec } = object as Pod;
  if ((spec?.nodeName ?? '') === '') return false;
  const isShutDown = metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
  const isOwner = claim.metadata.ownerReferences?.some(
    ({ controller, uid }) => controller === true && uid === metadata.uid,
  );
  return (spec?.volumes ?? []).some(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim?.claimName === claim.metadata.name) return true;
    const isMadeForIt = ephemeral !== undefined && `${metadata.name}-${name}` === claim.metadata.name;
    return isMadeForIt && !isShutDown && isOwner === true;
  });
}
