import type { Pod } from '../../api/core/v1/pod-status.ts';
import type { CachedObject, ObjectStore } from '../../storage/object-store.ts';
import type { AdmissionAttributes } from '../admission.ts';
import { violationsOf } from './evaluate.ts';
import { formatLevelVersion, type LevelVersion } from './policy.ts';

const maxPods = 3000;
const maxMs = 1000;

/** Pods with the same violations: how many, and the first of them by name. */
type Group = { count: number; first: string };

/** Warns of the pods in a namespace that its new level would refuse. Looks at so many pods and for so long, at one of each controller first. */
export async function checkExistingPods(
  store: Pick<ObjectStore, 'list'>,
  { ctx, name }: AdmissionAttributes,
  enforce: LevelVersion,
): Promise<void> {
  const { items } = await store.list({
    cluster: ctx.cluster.name,
    resource: 'pods',
    namespace: name,
    at: { mode: 'any' },
  });
  const groups = new Map<string, Group>();
  const pods = oneOfEachFirst(items).slice(0, maxPods);
  const deadline = Date.now() + maxMs;
  let checked = 0;
  for (const pod of pods) {
    note(groups, pod.object, enforce);
    checked++;
    if (ctx.signal.aborted || Date.now() > deadline) break;
  }
  if (checked < items.length)
    ctx.warn(
      `new PodSecurity enforce level only checked against the first ${checked} of ${items.length} existing pods`,
    );
  if (groups.size === 0) return;
  ctx.warn(
    `existing pods in namespace ${JSON.stringify(name)} violate the new PodSecurity enforce level "${formatLevelVersion(enforce)}"`,
  );
  for (const text of [...groups].map(describe).sort((a, b) => (a < b ? -1 : 1))) ctx.warn(text);
}

function note(groups: Map<string, Group>, { metadata, spec = {} }: Pod, enforce: LevelVersion): void {
  const reasons = violationsOf(enforce, metadata, spec)
    .map(({ reason }) => reason)
    .join(', ');
  if (reasons === '') return;
  const { name = '' } = metadata;
  const group = groups.get(reasons);
  if (group === undefined) groups.set(reasons, { count: 1, first: name });
  else {
    group.count++;
    if (name < group.first) group.first = name;
  }
}

function describe([reasons, { count, first }]: readonly [string, Group]): string {
  if (count === 1) return `${first}: ${reasons}`;
  return `${first} (and ${count - 1} other ${count === 2 ? 'pod' : 'pods'}): ${reasons}`;
}

/** Pods of one controller are likely alike. */
function oneOfEachFirst(pods: readonly CachedObject[]): readonly CachedObject[] {
  const controllers = new Set<string>();
  const first: CachedObject[] = [];
  const others: CachedObject[] = [];
  for (const pod of pods) {
    const controller = pod.object.metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid;
    if (controller === undefined || !controllers.has(controller)) first.push(pod);
    else others.push(pod);
    if (controller !== undefined) controllers.add(controller);
  }
  return [...first, ...others];
}
