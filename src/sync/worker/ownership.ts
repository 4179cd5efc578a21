import { isObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { digestOf } from '../canonical.ts';
import { annotations, fieldManager, labels } from '../vocabulary.ts';

/** Whether an object in a physical cluster is provably the copy that `work` of this control plane keeps. Looking like ours is not enough. */
export function isOurs({ metadata }: KubeObject, controlPlaneUID: string, work: string): boolean {
  return metadata.labels?.[labels.controlPlane] === controlPlaneUID && metadata.labels[labels.work] === work;
}

/** uid of the tenant's object that a copy was made from; '' when it does not say. */
export function sourceUID({ metadata }: KubeObject): string {
  return sourceOf(metadata.annotations)?.uid ?? '';
}

/** What a copy says of where it comes from. */
export function sourceOf(
  given: Readonly<Record<string, string>> | undefined,
): { cluster: string; namespace: string; name: string; uid: string } | undefined {
  const text = given?.[annotations.source];
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return undefined;
    const { cluster, namespace, name, uid } = value;
    if (typeof cluster !== 'string' || typeof namespace !== 'string') return undefined;
    if (typeof name !== 'string' || typeof uid !== 'string') return undefined;
    return { cluster, namespace, name, uid };
  } catch {
    return undefined;
  }
}

/**
 * Identifies the set of fields that the physical cluster holds to be ours. Whoever changes one of them there takes it over, so another value than after
 * the last apply means drift, whatever the kind. Time stamps do not count.
 */
export function ownedFieldsHash({ metadata }: KubeObject): string {
  const own = (metadata.managedFields ?? []).filter(
    (entry) => entry.manager === fieldManager && entry.operation === 'Apply' && (entry.subresource ?? '') === '',
  );
  return digestOf(own.map((entry) => [entry.apiVersion ?? '', entry.fieldsV1 ?? {}]));
}

/** Who other than us wrote last: the likely author of a drift. */
export function lastOtherManager({ metadata }: KubeObject): string {
  let found: { manager: string; time: string } | undefined;
  for (const { manager = '', time = '', subresource = '' } of metadata.managedFields ?? []) {
    if (manager === fieldManager || subresource !== '') continue;
    if (found === undefined || time > found.time) found = { manager, time };
  }
  return found?.manager ?? '';
}
