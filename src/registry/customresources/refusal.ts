import type { GroupVersionKind } from '../../apimachinery/object.ts';

/** The text of a body that is no object of the kind. */
export function cannotBeHandled({ kind, version }: GroupVersionKind, why: string): string {
  return `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${why}`;
}
