import type { StrategyContext } from '../../../resource-definition.ts';
import type { AppArmorProfile, PodSpec } from './types.ts';
import { appArmorPrefix } from './validate-pod-annotations.ts';

/**
 * AppArmor profiles of a new pod as both annotations and fields, so that old nodes and new ones see them (applyAppArmorVersionSkew of
 * pkg/registry/core/pod). A field wins; an annotation alone becomes a field, with a warning.
 */
export function agreeOnAppArmor(
  metadata: { annotations?: Record<string, string> },
  spec: PodSpec,
  ctx: StrategyContext,
): void {
  if (spec.os?.name === 'windows') return;
  const whole = spec.securityContext?.appArmorProfile;
  for (const list of [spec.initContainers, spec.containers, spec.ephemeralContainers])
    for (const container of list ?? []) {
      const own = container.securityContext?.appArmorProfile;
      const { annotations } = metadata;
      // Nearly every pod.
      if (own === undefined && whole === undefined && annotations === undefined) continue;
      const key = `${appArmorPrefix}${container.name ?? ''}`;
      const annotation = annotations !== undefined && Object.hasOwn(annotations, key) ? annotations[key] : undefined;
      if (annotation === undefined) {
        const text = annotationOf(own ?? whole);
        if (text !== undefined) (metadata.annotations ??= {})[key] = text;
      } else if (own === undefined) {
        const profile = profileOf(annotation);
        const same = profile?.type === whole?.type && profile?.localhostProfile === whole?.localhostProfile;
        if (profile !== undefined && !same) (container.securityContext ??= {}).appArmorProfile = profile;
        if (profile === undefined || !same)
          ctx.warn(`metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`);
      }
    }
}

function annotationOf(profile: AppArmorProfile | undefined): string | undefined {
  if (profile?.type === 'Unconfined') return 'unconfined';
  if (profile?.type === 'RuntimeDefault') return 'runtime/default';
  if (profile?.type !== 'Localhost' || profile.localhostProfile === undefined) return undefined;
  return `localhost/${profile.localhostProfile}`;
}

/** Undefined for a text that would be no valid field. */
function profileOf(annotation: string): AppArmorProfile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' };
  if (!annotation.startsWith('localhost/')) return undefined;
  const localhostProfile = annotation.slice('localhost/'.length);
  const valid =
    localhostProfile.trim() === localhostProfile && localhostProfile !== '' && localhostProfile.length <= 4095;
  return valid ? { type: 'Localhost', localhostProfile } : undefined;
}
