import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { prefix } from '../vocabulary.ts';

/** Annotations that speak of the object in the workspace, not of its copies. */
const ownAnnotations: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'kubernetes.io/service-account.uid',
]);

/**
 * Takes from what a user wrote (`userFields`; changed in place) everything that only means something where it was written: the table of
 * reference/placement.md §3.21. Labels and annotations under our own prefix go too: a tenant must not be able to claim what is not theirs.
 */
export function strip(object: KubeObject): void {
  delete object.status;
  const labels = keep(object.metadata.labels, (key) => !key.startsWith(prefix));
  const annotations = keep(
    object.metadata.annotations,
    (key) => !key.startsWith(prefix) && !key.startsWith('deployment.kubernetes.io/') && !ownAnnotations.has(key),
  );
  object.metadata = {
    ...(object.metadata.name === undefined ? {} : { name: object.metadata.name }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  switch (object.kind) {
    case 'Deployment':
      stripWorkload(object.spec as Json | undefined);
      break;
    case 'Pod':
      stripPod(object.spec as Json | undefined);
      break;
    case 'Service':
      stripService(object.spec as Json | undefined);
      break;
    case 'ServiceAccount':
      // Token secrets belong to the control plane that made them.
      delete object.secrets;
      break;
    case 'Secret':
      // Read at the moment they are applied: bytes lie in one place only.
      delete object.data;
      delete object.stringData;
      break;
  }
}

function keep(
  values: Readonly<Record<string, string>> | undefined,
  wanted: (key: string) => boolean,
): Record<string, string> | undefined {
  if (values === undefined) return undefined;
  const entries = Object.entries(values).filter(([key]) => wanted(key));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function stripWorkload(spec: Json | undefined): void {
  if (!isObject(spec) || !isObject(spec.template)) return;
  const template = spec.template;
  if (isObject(template.metadata)) {
    const { labels, annotations } = template.metadata;
    template.metadata = {
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    };
  }
  stripPod(template.spec);
}

/** Names of the volumes that the ServiceAccount admission plugin gives to pods begin so. */
const tokenVolume = 'kube-api-access-';

/** The token volume of the workspace's own admission goes; and the token that a kubelet would mount is one of the physical cluster, which tenants have no business with. */
function stripPod(spec: Json | undefined): void {
  if (!isObject(spec)) return;
  spec.automountServiceAccountToken = false;
  dropTokenVolume(spec, 'volumes');
  for (const list of [spec.containers, spec.initContainers])
    if (Array.isArray(list)) for (const each of list) if (isObject(each)) dropTokenVolume(each, 'volumeMounts');
}

function dropTokenVolume(holder: JsonObject, field: 'volumes' | 'volumeMounts'): void {
  const items = holder[field];
  if (!Array.isArray(items)) return;
  const kept = items.filter(
    (item) => !isObject(item) || typeof item.name !== 'string' || !item.name.startsWith(tokenVolume),
  );
  if (kept.length === items.length) return;
  if (kept.length === 0) delete holder[field];
  else holder[field] = kept;
}

function stripService(spec: Json | undefined): void {
  if (!isObject(spec)) return;
  if (spec.clusterIP !== 'None') {
    delete spec.clusterIP;
    delete spec.clusterIPs;
  }
  for (const field of ['healthCheckNodePort', 'ipFamilies', 'ipFamilyPolicy', 'loadBalancerIP']) delete spec[field];
  if (Array.isArray(spec.ports)) {
    for (const port of spec.ports) if (isObject(port)) delete (port as JsonObject).nodePort;
  }
}

/** A token Secret is worth something in its own control plane only. */
export function isTokenSecret(secret: KubeObject): boolean {
  return secret.type === 'kubernetes.io/service-account-token';
}
