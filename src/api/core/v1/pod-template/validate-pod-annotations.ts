import { type FieldError, fieldError } from '../../../../apimachinery/errors.ts';
import { atKey } from '../../../field-path.ts';
import type { PodSpec } from './types.ts';
import { containersWithPaths } from './validate-os.ts';
import { validateRelativePath } from './validate-paths.ts';

export const mirrorAnnotation = 'kubernetes.io/config.mirror';
export const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';
const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';
export const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod';
export const seccompPrefix = 'container.seccomp.security.alpha.kubernetes.io/';

type Annotations = Readonly<Record<string, string>>;

/** Errors of annotations that mean something for a pod. */
export function validatePodAnnotations(
  annotations: Annotations,
  spec: PodSpec,
  path: string,
  errors: FieldError[],
): void {
  const mirror = annotations[mirrorAnnotation];
  if (mirror !== undefined && (spec.nodeName ?? '') === '') {
    const message = 'must set spec.nodeName if mirror pod annotation is set';
    errors.push(fieldError.invalid(atKey(path, mirrorAnnotation), mirror, message));
  }
  const cost = annotations[deletionCost];
  if (cost !== undefined && !isInt32(cost)) {
    errors.push(fieldError.invalid(atKey(path, deletionCost), cost, 'must be a 32bit integer'));
  }
  const keys = Object.keys(annotations);
  for (const key of keys) {
    if (key !== seccompPod && !key.startsWith(seccompPrefix)) continue;
    validateSeccompText(annotations[key] ?? '', `${path}.${key}`, errors);
  }
  for (const key of keys) {
    if (key.startsWith(appArmorPrefix)) validateAppArmorText(key, annotations[key] ?? '', spec, path, errors);
  }
}

/** Whether Go's strconv reads a text as an int32 without a sign or leading zeros that upstream refuses. */
function isInt32(text: string): boolean {
  if (!/^-?(0|[1-9]\d{0,9})$/.test(text)) return false;
  const value = Number(text);
  return value >= -2147483648 && value <= 2147483647;
}

function validateSeccompText(value: string, path: string, errors: FieldError[]): void {
  if (value === 'runtime/default' || value === 'docker/default' || value === 'unconfined') return;
  if (value.startsWith('localhost/')) validateRelativePath(value.slice('localhost/'.length), path, errors);
  else errors.push(fieldError.invalid(path, value, 'must be a valid seccomp profile'));
}

function validateAppArmorText(key: string, value: string, spec: PodSpec, path: string, errors: FieldError[]): void {
  const name = key.slice(appArmorPrefix.length);
  const known = containersWithPaths(spec, '').some(({ container }) => container.name === name);
  if (!known) errors.push(fieldError.invalid(atKey(path, key), name, 'container not found'));
  if (value === '' || value === 'runtime/default' || value === 'unconfined' || value.startsWith('localhost/')) return;
  const message = `invalid AppArmor profile name: ${JSON.stringify(value)}`;
  errors.push(fieldError.invalid(atKey(path, key), value, message));
}

type Profile = { type?: string; localhostProfile?: string };

function compare(
  annotation: string | undefined,
  profile: Profile | undefined,
  path: string,
  what: string,
  errors: FieldError[],
): void {
  if (annotation === undefined || profile === undefined) return;
  const typeMismatch = (): void => {
    errors.push(fieldError.forbidden(`${path}.type`, `${what} type in annotation and field must match`));
  };
  if (profile.type === 'Unconfined') {
    if (annotation !== 'unconfined') typeMismatch();
  } else if (profile.type === 'RuntimeDefault') {
    const old = what === 'seccomp' && annotation === 'docker/default';
    if (annotation !== 'runtime/default' && !old) typeMismatch();
  } else if (profile.type === 'Localhost') {
    if (!annotation.startsWith('localhost/')) typeMismatch();
    else if (annotation.slice('localhost/'.length) !== profile.localhostProfile) {
      const message = `${what} profile in annotation and field must match`;
      errors.push(fieldError.forbidden(`${path}.localhostProfile`, message));
    }
  }
}

/** Errors where old annotations and the fields that replaced them disagree. */
export function validateProfileAnnotations(
  annotations: Annotations,
  spec: PodSpec,
  path: string,
  errors: FieldError[],
): void {
  const pod = spec.securityContext;
  compare(annotations[seccompPod], pod?.seccompProfile, `${path}.securityContext.seccompProfile`, 'seccomp', errors);
  const containers = containersWithPaths(spec, path);
  for (const { container, path: at } of containers) {
    const annotation = annotations[`${seccompPrefix}${container.name ?? ''}`];
    const field = `${at}.securityContext.seccompProfile`;
    compare(annotation, container.securityContext?.seccompProfile, field, 'seccomp', errors);
  }
  if (spec.os?.name === 'windows') return;
  for (const { container, path: at } of containers) {
    const annotation = annotations[`${appArmorPrefix}${container.name ?? ''}`];
    const profile = container.securityContext?.appArmorProfile ?? pod?.appArmorProfile;
    compare(annotation, profile, `${at}.securityContext.appArmorProfile`, 'apparmor', errors);
  }
}
