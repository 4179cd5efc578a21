import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';

/** Something that a workload cannot run without, in its own namespace. */
export type Reference = { readonly resource: 'configmaps' | 'secrets' | 'serviceaccounts'; readonly name: string };

/** Every namespace of a physical cluster has these of its own: a tenant's are never carried over them. */
const providedBelow: ReadonlySet<string> = new Set(['serviceaccounts/default', 'configmaps/kube-root-ca.crt']);

/** The pod template of a workload; undefined when the object has none. */
export function podTemplate(object: KubeObject): JsonObject | undefined {
  const spec = object.spec as Json | undefined;
  const template = isObject(spec) ? spec.template : undefined;
  return isObject(template) ? template : undefined;
}

/**
 * The ConfigMaps, Secrets and ServiceAccounts that a pod template names (kubelet's own list of them: env, envFrom, volumes, projected volumes, pull
 * secrets, CSI publish secrets, the service account), each once, sorted.
 */
export function references(template: JsonObject): readonly Reference[] {
  const found = new Map<string, Reference>();
  const add = (resource: Reference['resource'], name: Json | undefined): void => {
    if (typeof name !== 'string' || name === '') return;
    const id = `${resource}/${name}`;
    if (!providedBelow.has(id)) found.set(id, { resource, name });
  };
  const spec = isObject(template.spec) ? template.spec : {};
  for (const list of [spec.containers, spec.initContainers, spec.ephemeralContainers]) {
    for (const container of objects(list)) {
      for (const variable of objects(container.env)) {
        const from = isObject(variable.valueFrom) ? variable.valueFrom : {};
        add('configmaps', member(from.configMapKeyRef, 'name'));
        add('secrets', member(from.secretKeyRef, 'name'));
      }
      for (const from of objects(container.envFrom)) {
        add('configmaps', member(from.configMapRef, 'name'));
        add('secrets', member(from.secretRef, 'name'));
      }
    }
  }
  for (const volume of objects(spec.volumes)) {
    add('configmaps', member(volume.configMap, 'name'));
    add('secrets', member(volume.secret, 'secretName'));
    add('secrets', member(volume.azureFile, 'secretName'));
    add('secrets', member(member(volume.csi, 'nodePublishSecretRef'), 'name'));
    for (const source of objects(member(volume.projected, 'sources'))) {
      add('configmaps', member(source.configMap, 'name'));
      add('secrets', member(source.secret, 'name'));
    }
    // The older volume types name their credentials alike.
    for (const type of ['cephfs', 'cinder', 'flexVolume', 'iscsi', 'rbd', 'scaleIO', 'storageos'])
      add('secrets', member(member(volume[type], 'secretRef'), 'name'));
  }
  for (const secret of objects(spec.imagePullSecrets)) add('secrets', secret.name);
  add('serviceaccounts', serviceAccountName(template));
  return [...found.values()].sort((a, b) => compare(`${a.resource}/${a.name}`, `${b.resource}/${b.name}`));
}

/** The ServiceAccount that pods run as; `default` when none is named. */
export function serviceAccountName(template: JsonObject): string {
  const spec = isObject(template.spec) ? template.spec : {};
  for (const name of [spec.serviceAccountName, spec.serviceAccount])
    if (typeof name === 'string' && name !== '') return name;
  return 'default';
}

/** The pull secrets that pods get through their ServiceAccount. */
export function pullSecrets(serviceAccount: KubeObject): readonly Reference[] {
  return objects(serviceAccount.imagePullSecrets)
    .map((item) => item.name)
    .filter((name): name is string => typeof name === 'string' && name !== '')
    .map((name) => ({ resource: 'secrets', name }));
}

/** Whether a Service's selector picks the template's pods. A Service without selector picks none. */
export function serviceSelects(service: KubeObject, template: JsonObject): boolean {
  const selector = member(service.spec as Json | undefined, 'selector');
  const labels = member(template.metadata, 'labels');
  if (!isObject(selector) || !isObject(labels)) return false;
  const keys = Object.keys(selector);
  return keys.length > 0 && keys.every((key) => Object.hasOwn(labels, key) && labels[key] === selector[key]);
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function member(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
