import { goString } from '../../apimachinery/go-syntax.ts';
import type { ObjectMeta } from '../../apimachinery/object.ts';
import type { PodSpec, SeccompProfile } from '../../api/core/v1/pod-template/types.ts';
import { containersOf, counted, namesOf, plural, quoted, setters, sorted, type Violation } from './check.ts';

const podAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';
const containerAnnotation = 'container.seccomp.security.alpha.kubernetes.io/';
const reason = 'seccompProfile';

/** Before 1.19, profiles were annotations. */
export function seccompAnnotations({ annotations = {} }: ObjectMeta, spec: PodSpec): Violation | undefined {
  const keys = [podAnnotation, ...containersOf(spec).map(({ name = '' }) => `${containerAnnotation}${name}`)];
  const forbidden = sorted(
    keys.flatMap((key) => {
      const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined;
      return value === undefined || isAllowedAnnotation(value) ? [] : [`${key}=${goString(value)}`];
    }),
  );
  if (forbidden.length === 0) return undefined;
  return { reason, detail: `forbidden ${plural('annotation', forbidden.length)} ${forbidden.join(', ')}` };
}

function isAllowedAnnotation(value: string): boolean {
  return value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/');
}

function isGood({ type }: SeccompProfile): boolean {
  return type === 'Localhost' || type === 'RuntimeDefault';
}

/** Profiles that are set are good ones. */
export function seccompProfiles(_metadata: ObjectMeta, spec: PodSpec): Violation | undefined {
  const pod = spec.securityContext?.seccompProfile;
  const podIsBad = pod !== undefined && !isGood(pod);
  const values = new Set<string>(podIsBad ? [pod.type ?? ''] : []);
  const bad = namesOf(containersOf(spec), ({ securityContext }) => {
    const own = securityContext?.seccompProfile;
    if (own === undefined || isGood(own)) return false;
    values.add(own.type ?? '');
    return true;
  });
  const who = setters(podIsBad, bad);
  if (who === undefined) return undefined;
  return { reason, detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(sorted(values))}` };
}

/** A good profile is set for every container. */
export function requiredSeccompProfiles(metadata: ObjectMeta, spec: PodSpec): Violation | undefined {
  const explicit = seccompProfiles(metadata, spec);
  if (explicit !== undefined) return explicit;
  if (spec.securityContext?.seccompProfile !== undefined) return undefined;
  const bad = namesOf(containersOf(spec), ({ securityContext }) => securityContext?.seccompProfile === undefined);
  if (bad.length === 0) return undefined;
  return {
    reason,
    detail: `pod or ${counted('container', bad)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
}
