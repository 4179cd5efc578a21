import type { PodWithResources } from '../../api/core/v1/pod-resources.ts';
import type { Container, ResourceList } from '../../api/core/v1/pod-template/types.ts';
import type { LimitRange } from './types.ts';

const annotation = 'kubernetes.io/limit-ranger';

/** Gives the containers of a pod what a LimitRange says they request and are limited to where they do not say; notes it in an annotation. */
export function setDefaults(range: LimitRange, pod: PodWithResources): void {
  const limits = range.spec?.limits?.filter(({ type }) => type === 'Container') ?? [];
  const defaults = {
    requests: mergeLists(limits.map((limit) => limit.defaultRequest)),
    limits: mergeLists(limits.map((limit) => limit.default)),
  };
  const notes: string[] = [];
  for (const container of pod.spec?.containers ?? []) fill(container, 'container', defaults, notes);
  for (const container of pod.spec?.initContainers ?? []) fill(container, 'init container', defaults, notes);
  if (notes.length === 0) return;
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [annotation]: `LimitRanger plugin set: ${notes.join('; ')}`,
  };
}

function mergeLists(lists: readonly (ResourceList | undefined)[]): ReadonlyMap<string, string> {
  return new Map(lists.flatMap((list) => Object.entries(list ?? {})));
}

type Defaults = Readonly<Record<'requests' | 'limits', ReadonlyMap<string, string>>>;

function fill(container: Container, called: string, defaults: Defaults, notes: string[]): void {
  const { limits, requests, ...rest } = container.resources ?? {};
  const filled = {
    requests: merge(requests, defaults.requests, `request for ${called} ${container.name ?? ''}`, notes),
    limits: merge(limits, defaults.limits, `limit for ${called} ${container.name ?? ''}`, notes),
  };
  container.resources = {
    ...(filled.limits === undefined ? {} : { limits: filled.limits }),
    ...(filled.requests === undefined ? {} : { requests: filled.requests }),
    ...rest,
  };
}

function merge(
  present: ResourceList | undefined,
  defaults: ReadonlyMap<string, string>,
  note: string,
  notes: string[],
): ResourceList | undefined {
  const missing = [...defaults].filter(([name]) => present === undefined || !Object.hasOwn(present, name));
  if (missing.length === 0) return present;
  const names = missing.map(([name]) => name).toSorted();
  notes.push(`${names.join(', ')} ${note}`);
  return { ...present, ...Object.fromEntries(missing) };
}
