import type { Pod } from '../api/core/v1/pod-status.ts';
import type { CachedObject, ObjectStore } from '../storage/object-store.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import { factsOf } from '../registry/generic/resource-facts.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';
import { createChooser, findInCluster } from './cluster-objects.ts';
import { podOf } from './concern.ts';
import { refusal } from './refusal.ts';

const classes = 'priorityclasses.scheduling.k8s.io';
const concerned: ReadonlySet<string> = new Set(['pods', classes]);

type PriorityClass = KubeObject & { value?: number; globalDefault?: boolean; preemptionPolicy?: string };
type Priority = { readonly value: number; readonly policy: string | undefined };

/**
 * Pods get the number and the preemption policy of their PriorityClass, or of the one class that is everybody's; there is at most one such class
 * (upstream's Priority).
 */
export function priority({ store }: { readonly store: ObjectStore }): AdmissionPlugin {
  const defaultClass = createChooser(store, classes, lowestDefault);
  return {
    name: 'Priority',
    handles: (operation, { definition, subresource }) =>
      subresource === '' &&
      (operation === 'CREATE' || operation === 'UPDATE') &&
      concerned.has(factsOf(definition).storage),
    admit(attributes) {
      if (factsOf(attributes.target.definition).storage !== 'pods') return undefined;
      const { operation, oldObject } = attributes;
      if (operation === 'UPDATE') return keepPriority(podOf(attributes), oldObject as Pod | undefined);
      return resolvePriority(store, attributes, defaultClass);
    },
    async validate(attributes) {
      const { operation, object, target } = attributes;
      if (factsOf(target.definition).storage !== classes) return;
      if ((object as PriorityClass | undefined)?.globalDefault !== true) return;
      const known = await defaultClass(attributes);
      if (known === undefined || (operation === 'UPDATE' && known.key.name === target.name)) return;
      throw refusal(
        attributes,
        `PriorityClass ${known.key.name} is already marked as default. Only one default can exist`,
      );
    },
  };
}

/** Two can come about when they are made at once: the lower one counts. */
function lowestDefault(objects: readonly CachedObject[]): CachedObject | undefined {
  const value = ({ object }: CachedObject): number => (object as PriorityClass).value ?? 0;
  return objects
    .filter(({ object }) => (object as PriorityClass).globalDefault === true)
    .toSorted((a, b) => value(a) - value(b))[0];
}

/** What an update leaves out stays; other changes are refused by validation. */
function keepPriority({ spec }: Pod, old: Pod | undefined): undefined {
  if (spec === undefined) return;
  if (spec.priority === undefined && old?.spec?.priority !== undefined) spec.priority = old.spec.priority;
  if (spec.preemptionPolicy === undefined && old?.spec?.preemptionPolicy !== undefined)
    spec.preemptionPolicy = old.spec.preemptionPolicy;
}

async function resolvePriority(
  store: ObjectStore,
  attributes: AdmissionAttributes,
  defaultClass: (attributes: AdmissionAttributes) => Promise<CachedObject | undefined>,
): Promise<void> {
  const { spec } = podOf(attributes);
  if (spec === undefined) return;
  const name = spec.priorityClassName ?? '';
  let found: CachedObject | undefined;
  if (name === '') {
    found = await defaultClass(attributes);
    if (found !== undefined) spec.priorityClassName = found.key.name;
  } else {
    found = await findInCluster(store, attributes, classes, name);
    if (found === undefined) throw refusal(attributes, `no PriorityClass with name ${name} was found`);
  }
  const { value, policy } = priorityOf(found?.object);
  const { priority: asked, preemptionPolicy: askedPolicy } = spec;
  if (asked !== undefined && asked !== value)
    throw refusal(
      attributes,
      `the integer value of priority (${asked}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  spec.priority = value;
  if (policy === undefined) return;
  if (askedPolicy !== undefined && askedPolicy !== policy)
    throw refusal(
      attributes,
      `the string value of PreemptionPolicy (${askedPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  spec.preemptionPolicy = policy;
}

function priorityOf(priorityClass: PriorityClass | undefined): Priority {
  if (priorityClass === undefined) return { value: 0, policy: 'PreemptLowerPriority' };
  return { value: priorityClass.value ?? 0, policy: priorityClass.preemptionPolicy };
}
