import type { KubeObject } from '../../apimachinery/object.ts';
import type { Target } from '../registry.ts';
import { factsOf } from './resource-facts.ts';

/** Fields that writes through this target never own. */
export function resetFieldsOf(target: Target): readonly string[] {
  const facts = factsOf(target.definition);
  return target.subresource === 'status' ? facts.statusResetFields : facts.resetFields;
}

/** Keeps the managed fields of the stored object. */
export function recordManager(
  _target: Target,
  live: KubeObject | undefined,
  sent: KubeObject,
  _manager: string,
  _now: Date,
): void {
  if (live?.metadata.managedFields === undefined) delete sent.metadata.managedFields;
  else sent.metadata.managedFields = live.metadata.managedFields;
}
