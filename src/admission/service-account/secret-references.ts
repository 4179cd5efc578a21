import type { Pod } from '../../api/core/v1/pod-status.ts';
import type { Container, PodSpec, Volume } from '../../api/core/v1/pod-template/types.ts';
import { isObject, type Json } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';

/** The parts of a core/v1 ServiceAccount that concern its pods. */
export type ServiceAccount = KubeObject & {
  secrets?: { name?: string }[];
  imagePullSecrets?: { name?: string }[];
  automountServiceAccountToken?: boolean;
};

/** Whether a pod names any Secret by itself. */
export function isSecretNamed(spec: PodSpec): boolean {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
  return (
    spec.imagePullSecrets?.some(({ name = '' }) => name !== '') === true ||
    containers.some((container) => secretsOf(container).some(({ secret }) => secret !== '')) ||
    spec.volumes?.some((volume) => volumeSecrets(volume).some((name) => name !== '')) === true
  );
}

/** The older volume types name their credentials alike. */
const withSecretRef = ['cephfs', 'cinder', 'flexVolume', 'rbd', 'scaleIO', 'iscsi', 'storageos'];

function volumeSecrets(volume: Volume): string[] {
  const sources = volume as { [source: string]: Json | undefined };
  return [
    member(sources['azureFile'], 'secretName'),
    ...withSecretRef.map((source) => member(below(sources[source], 'secretRef'), 'name')),
    ...(volume.projected?.sources ?? []).map(({ secret }) => secret?.name ?? ''),
    volume.secret?.secretName ?? '',
    volume.csi?.nodePublishSecretRef?.name ?? '',
  ];
}

function below(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) ? value[key] : undefined;
}

function member(value: Json | undefined, key: string): string {
  const text = below(value, key);
  return typeof text === 'string' ? text : '';
}

/** A Secret that a container names: in a variable, or as a source of many (`variable` undefined). */
type Use = { readonly variable: string | undefined; readonly secret: string };

function secretsOf({ env = [], envFrom = [] }: Container): Use[] {
  const uses: Use[] = [];
  for (const { name = '', valueFrom } of env) {
    const ref = valueFrom?.secretKeyRef;
    if (ref !== undefined) uses.push({ variable: name, secret: ref.name ?? '' });
  }
  for (const { secretRef } of envFrom)
    if (secretRef !== undefined) uses.push({ variable: undefined, secret: secretRef.name ?? '' });
  return uses;
}

/** What a pod uses that its account does not name, in upstream's words; undefined: nothing. */
export function podSecretProblem({ spec = {} }: Pod, account: ServiceAccount): string | undefined {
  const mountable = namesOf(account.secrets);
  const by = ` is not allowed because service account ${account.metadata.name} does not reference that`;
  for (const { secret } of spec.volumes ?? []) {
    const name = secret?.secretName ?? '';
    if (secret !== undefined && !mountable.has(name)) return `volume with secret.secretName="${name}"${by} secret`;
  }
  const problem =
    containerProblem('init container', spec.initContainers, mountable, account) ??
    containerProblem('container', spec.containers, mountable, account);
  if (problem !== undefined) return problem;
  const pullable = namesOf(account.imagePullSecrets);
  const index = spec.imagePullSecrets?.findIndex(({ name = '' }) => !pullable.has(name)) ?? -1;
  if (index < 0) return undefined;
  return `imagePullSecrets[${index}].name="${spec.imagePullSecrets?.[index]?.name ?? ''}"${by} imagePullSecret`;
}

/** The same for containers that a running pod gets. */
export function ephemeralSecretProblem({ spec }: Pod, account: ServiceAccount): string | undefined {
  return containerProblem('ephemeral container', spec?.ephemeralContainers, namesOf(account.secrets), account);
}

function containerProblem(
  what: string,
  containers: readonly Container[] = [],
  mountable: ReadonlySet<string>,
  account: ServiceAccount,
): string | undefined {
  for (const container of containers) {
    const use = secretsOf(container).find(({ secret }) => !mountable.has(secret));
    if (use === undefined) continue;
    const where = use.variable === undefined ? 'envFrom' : `envVar ${use.variable}`;
    return `${what} ${container.name ?? ''} with ${where} referencing secret.secretName="${use.secret}" is not allowed because service account ${account.metadata.name} does not reference that secret`;
  }
  return undefined;
}

function namesOf(references: readonly { name?: string }[] = []): ReadonlySet<string> {
  return new Set(references.map(({ name = '' }) => name));
}
