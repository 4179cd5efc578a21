import type { PodSpec, ResourceList, Toleration } from '../api/core/v1/pod-template/types.ts';
import { setOwn, type JsonObject } from '../apimachinery/json.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import { compareQuantity, parseQuantity } from '../apimachinery/quantity.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';
import { findInCluster } from './cluster-objects.ts';
import { onlyObjectsOf, podOf } from './concern.ts';
import { refusal } from './refusal.ts';
import { mergeTolerations } from './tolerations.ts';

const classes = 'runtimeclasses.node.k8s.io';
const mismatch = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

type RuntimeClass = KubeObject & {
  overhead?: { podFixed?: ResourceList };
  scheduling?: { nodeSelector?: Record<string, string>; tolerations?: Toleration[] };
};

/** A pod that names a RuntimeClass gets its overhead, node selector and tolerations (upstream's RuntimeClass). */
export function runtimeClass({ store }: { readonly store: ObjectStore }): AdmissionPlugin {
  return {
    name: 'RuntimeClass',
    handles: onlyObjectsOf('pods', 'CREATE'),
    admit(attributes) {
      const { spec } = podOf(attributes);
      return spec?.runtimeClassName === undefined ? undefined : applyClass(store, attributes, spec);
    },
    validate(attributes) {
      const { spec } = podOf(attributes);
      if (spec?.runtimeClassName === undefined && spec?.overhead === undefined) return undefined;
      return checkOverhead(store, attributes, spec);
    },
  };
}

async function classOf(
  store: ObjectStore,
  attributes: AdmissionAttributes,
  { runtimeClassName }: PodSpec,
): Promise<RuntimeClass | undefined> {
  if (runtimeClassName === undefined) return undefined;
  const found = await findInCluster(store, attributes, classes, runtimeClassName);
  if (found === undefined)
    throw refusal(attributes, `pod rejected: RuntimeClass ${JSON.stringify(runtimeClassName)} not found`);
  return found.object;
}

async function applyClass(store: ObjectStore, attributes: AdmissionAttributes, spec: PodSpec): Promise<void> {
  const runtime = await classOf(store, attributes, spec);
  if (runtime?.overhead !== undefined) {
    const { podFixed } = runtime.overhead;
    if (Object.keys(spec.overhead ?? {}).length > 0 && !sameQuantities(podFixed, spec.overhead))
      throw refusal(attributes, mismatch);
    if (podFixed === undefined) delete spec.overhead;
    else spec.overhead = { ...podFixed };
  }
  const scheduling = runtime?.scheduling;
  if (scheduling === undefined) return;
  const selector = spec.nodeSelector;
  if (scheduling.nodeSelector !== undefined)
    spec.nodeSelector = mergeSelector(attributes, selector ?? {}, scheduling.nodeSelector);
  const tolerations = mergeTolerations(spec.tolerations ?? [], scheduling.tolerations ?? []);
  if (tolerations.length > 0) spec.tolerations = tolerations;
}

function mergeSelector(
  attributes: AdmissionAttributes,
  own: Record<string, string>,
  wanted: Record<string, string>,
): Record<string, string> {
  for (const key of Object.keys(wanted)) {
    const value = wanted[key];
    if (Object.hasOwn(own, key) && own[key] !== value)
      throw refusal(
        attributes,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own[key]}`,
      );
    setOwn(own as JsonObject, key, value);
  }
  return own;
}

async function checkOverhead(store: ObjectStore, attributes: AdmissionAttributes, spec: PodSpec): Promise<void> {
  const runtime = await classOf(store, attributes, spec);
  if (runtime?.overhead === undefined) {
    if (spec.overhead === undefined) return;
    throw refusal(attributes, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  }
  if (!sameQuantities(runtime.overhead.podFixed, spec.overhead)) throw refusal(attributes, mismatch);
}

function sameQuantities(a: ResourceList = {}, b: ResourceList = {}): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const [one, other] = [a[name], Object.hasOwn(b, name) ? b[name] : undefined];
      return (
        one !== undefined && other !== undefined && compareQuantity(parseQuantity(one), parseQuantity(other)) === 0
      );
    })
  );
}
