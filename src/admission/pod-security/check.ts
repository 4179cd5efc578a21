import type { Container, PodSpec } from '../../api/core/v1/pod-template/types.ts';
import type { ObjectMeta } from '../../apimachinery/object.ts';

/** Why a check forbids a pod: in short, and with what of the pod. */
export type Violation = { readonly reason: string; readonly detail: string };

/** One rule over a pod or pod template; undefined: it is kept. */
export type CheckPod = (metadata: ObjectMeta, spec: PodSpec) => Violation | undefined;

/** A rule in its forms over time; each holds from its minor version of Kubernetes on. */
export type Check = {
  readonly id: string;
  readonly level: 'baseline' | 'restricted';
  readonly versions: readonly { readonly from: number; readonly check: CheckPod }[];
  /** The baseline check that this one takes the place of. */
  readonly overrides?: string;
};

/** All containers of a pod, in the order in which messages name them. */
export function containersOf(spec: PodSpec): readonly Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
}

/** The names of containers that a rule finds bad. */
export function namesOf(containers: readonly Container[], isBad: (container: Container) => boolean): string[] {
  return containers.filter(isBad).map(({ name = '' }) => name);
}

/** `"a", "b"` */
export function quoted(items: readonly string[]): string {
  return items.length === 0 ? '' : `"${items.join('", "')}"`;
}

/** `container "a"` or `containers "a", "b"`. */
export function counted(what: string, names: readonly string[]): string {
  return `${plural(what, names.length)} ${quoted(names)}`;
}

export function plural(what: string, count: number): string {
  return count === 1 ? what : `${what}s`;
}

/** Each value once, in the order of Go's sets. */
export function sorted(values: Iterable<string>): string[] {
  return [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Who sets something bad: the pod itself, containers, or both; undefined when nobody does. */
export function setters(pod: boolean, containers: readonly string[]): string | undefined {
  const parts = [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [counted('container', containers)] : [])];
  return parts.length === 0 ? undefined : parts.join(' and ');
}

/** A check that pods for Windows pass: validation forbids them what it asks for. */
export function unlessWindows(check: CheckPod): CheckPod {
  return (metadata, spec) => (spec.os?.name === 'windows' ? undefined : check(metadata, spec));
}
