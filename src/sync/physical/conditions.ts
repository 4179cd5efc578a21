import type { Condition } from '../../api/placement.atoll.dev/v1alpha1/group.ts';
import { formatTime } from '../../apimachinery/object.ts';

/** Messages come from servers that may be hostile: what is kept is bounded. */
const maxMessage = 1024;

/** A text fit for a condition or an error record: no control characters, at most 1,024 characters. */
export function boundedMessage(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  const clean = text.replace(/[\u0000-\u001f\u007f]+/g, ' ');
  return clean.length <= maxMessage ? clean : `${clean.slice(0, maxMessage - 1)}…`;
}

/**
 * Sets one condition, keeping the others and, unless its status flips, the time of its last transition. Gives the same array when nothing changes.
 */
export function setCondition(
  conditions: readonly Condition[],
  next: Omit<Condition, 'lastTransitionTime'>,
  now: Date,
): readonly Condition[] {
  const message = boundedMessage(next.message);
  const old = conditions.find((condition) => condition.type === next.type);
  if (
    old !== undefined &&
    old.status === next.status &&
    old.reason === next.reason &&
    old.message === message &&
    old.observedGeneration === next.observedGeneration
  ) {
    return conditions;
  }
  const condition: Condition = {
    ...next,
    message,
    lastTransitionTime: old?.status === next.status ? old.lastTransitionTime : formatTime(now),
  };
  return old === undefined
    ? [...conditions, condition]
    : conditions.map((item) => (item.type === next.type ? condition : item));
}

export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}
