import { isObject, type Json } from '../../../apimachinery/json.ts';
import { formatTime } from '../../../apimachinery/object.ts';

/** What still stands in the way of a namespace's end. */
export type Remains = {
  /** Objects left, by storage resource (`deployments.apps`). */
  readonly objects: ReadonlyMap<string, number>;
  /** Objects held, by finalizer. */
  readonly finalizers: ReadonlyMap<string, number>;
  /** Why content could not be deleted. */
  readonly errors: readonly string[];
};

type Condition = { type: string; status: string; lastTransitionTime: string; reason: string; message: string };

/** The conditions of a namespace that is being deleted, in order, as they read when all is well. */
const quiet: readonly (readonly [type: string, reason: string, message: string])[] = [
  ['NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'],
  ['NamespaceDeletionGroupVersionParsingFailure', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'],
  [
    'NamespaceDeletionContentFailure',
    'ContentDeleted',
    'All content successfully deleted, may be waiting on finalization',
  ],
  ['NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed'],
  ['NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
];

/**
 * status.conditions after a try at deleting the content, worded as upstream's namespace controller words them; undefined when they stay as they are.
 * Conditions of other types are kept.
 */
export function deletionConditions(before: Json | undefined, remains: Remains, now: Date): Json[] | undefined {
  const conditions = Array.isArray(before) ? [...before] : [];
  let changed = false;
  for (const [type, reason, message] of quiet) {
    const trouble = troubleOf(type, remains);
    const wanted: Condition = {
      type,
      status: trouble === undefined ? 'False' : 'True',
      lastTransitionTime: formatTime(now),
      reason: trouble?.reason ?? reason,
      message: trouble?.message ?? message,
    };
    const index = conditions.findIndex((condition) => isObject(condition) && condition.type === type);
    const old = conditions[index];
    if (!isObject(old)) {
      conditions.push(wanted);
      changed = true;
    } else if (old.status !== wanted.status || old.reason !== wanted.reason || old.message !== wanted.message) {
      const since = old.status === wanted.status ? old.lastTransitionTime : wanted.lastTransitionTime;
      conditions[index] = { ...wanted, lastTransitionTime: since ?? wanted.lastTransitionTime };
      changed = true;
    }
  }
  return changed ? conditions : undefined;
}

function troubleOf(type: string, remains: Remains): { reason: string; message: string } | undefined {
  if (type === 'NamespaceDeletionContentFailure' && remains.errors.length > 0) {
    const list = remains.errors.toSorted().join(', ');
    return {
      reason: 'ContentDeletionFailed',
      message: `Failed to delete all resource types, ${remains.errors.length} remaining: ${list}`,
    };
  }
  if (type === 'NamespaceContentRemaining' && remains.objects.size > 0) {
    const list = [...remains.objects].map(
      ([resource, count]) => `${withDot(resource)} has ${count} resource instances`,
    );
    return {
      reason: 'SomeResourcesRemain',
      message: `Some resources are remaining: ${list.toSorted().join(', ')}`,
    };
  }
  if (type === 'NamespaceFinalizersRemaining' && remains.finalizers.size > 0) {
    const list = [...remains.finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
    return {
      reason: 'SomeFinalizersRemain',
      message: `Some content in the namespace has finalizers remaining: ${list.toSorted().join(', ')}`,
    };
  }
  return undefined;
}

/** Upstream joins resource and group by a dot also when the group is empty: `configmaps.`. */
function withDot(resource: string): string {
  return resource.includes('.') ? resource : `${resource}.`;
}
