import type { PodWithResources } from '../../api/core/v1/pod-resources.ts';
import { factsOf } from '../../registry/generic/resource-facts.ts';
import type { CachedObject, ObjectStore } from '../../storage/object-store.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { refusal } from '../refusal.ts';
import { claimProblems, podProblems } from './constraints.ts';
import { setDefaults } from './defaults.ts';
import type { LimitRange } from './types.ts';

const resource = 'limitranges';

/**
 * Holds pods and claims to the LimitRanges of their namespace, and gives containers the defaults (upstream's LimitRanger). Pods are looked at when they
 * are made and when they are resized; nothing else about their resources can change.
 */
export function limitRanger({ store }: { readonly store: Pick<ObjectStore, 'peek' | 'list'> }): AdmissionPlugin {
  return {
    name: 'LimitRanger',
    handles(operation, { definition, subresource }) {
      const { storage } = factsOf(definition);
      if (storage === 'pods')
        return subresource === '' ? operation === 'CREATE' : subresource === 'resize' && operation === 'UPDATE';
      const writes = operation === 'CREATE' || operation === 'UPDATE';
      return storage === 'persistentvolumeclaims' && subresource === '' && writes;
    },
    admit(attributes) {
      const { object, target } = attributes;
      if (object === undefined || factsOf(target.definition).storage !== 'pods') return undefined;
      return forRanges(store, attributes, (range) => setDefaults(range, object as PodWithResources));
    },
    validate(attributes) {
      const { object, target } = attributes;
      if (object === undefined) return undefined;
      const isPod = factsOf(target.definition).storage === 'pods';
      return forRanges(store, attributes, (range) => {
        const problems = isPod ? podProblems(range, object as PodWithResources) : claimProblems(range, object);
        if (problems.length > 0) throw refusal(attributes, aggregate(problems));
      });
    },
  };
}

/** Several errors as one text (utilerrors.NewAggregate). */
function aggregate(problems: readonly string[]): string {
  const different = [...new Set(problems)];
  return different.length === 1 ? String(different[0]) : `[${different.join(', ')}]`;
}

/** At once when the ranges are in memory; what is being deleted is left alone. */
function forRanges(
  store: Pick<ObjectStore, 'peek' | 'list'>,
  { ctx, target, oldObject }: AdmissionAttributes,
  apply: (range: LimitRange) => void,
): Promise<void> | undefined {
  if (oldObject?.metadata.deletionTimestamp !== undefined) return undefined;
  const { namespace } = target;
  const applyAll = (items: readonly CachedObject[]): void => {
    for (const { object } of items) apply(object as LimitRange);
  };
  const { name } = ctx.cluster;
  const ranges = store.peek(name, resource, namespace);
  if (ranges === undefined)
    return store.list({ cluster: name, resource, namespace, at: { mode: 'any' } }).then(({ items }) => applyAll(items));
  applyAll(ranges);
  return undefined;
}
