import { managedFieldsProblem } from '../../apimachinery/managedfields/index.ts';
import type { ManagedFieldsEntry } from '../../apimachinery/object.ts';
import type { AdmissionAttributes } from '../admission.ts';

/** Gives an object the managed fields back that it had, when what changed it has left nonsense there, and warns of it. */
export function protectManagedFields(
  { object, ctx }: AdmissionAttributes,
  before: ManagedFieldsEntry[] | undefined,
): void {
  if (object === undefined) return;
  const problem = managedFieldsProblem(object.metadata.managedFields ?? []);
  if (problem === undefined) return;
  if (before === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = before;
  ctx.warn(
    `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${problem}`,
  );
}
