import { badRequest } from '../../apimachinery/errors.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { structField, textField } from '../generic/object-fields.ts';

/** As validation let it in. */
type Container = { readonly name?: string; readonly ports?: readonly { readonly containerPort?: number }[] };

const containerLists = ['initContainers', 'containers', 'ephemeralContainers'];

function namesIn(pod: KubeObject, list: string): string[] {
  const found = (structField(pod, 'spec')?.[list] ?? []) as readonly Container[];
  return found.map(({ name = '' }) => name);
}

/** The container that a call is about: the one named, or the only one. @throws 400 */
export function containerOf(pod: KubeObject, asked: string): string {
  const name = pod.metadata.name ?? '';
  const all = containerLists.flatMap((list) => namesIn(pod, list));
  if (asked !== '') {
    if (!all.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`);
    return asked;
  }
  const [only, ...others] = namesIn(pod, 'containers');
  if (only === undefined) throw badRequest(`a container name must be specified for pod ${name}`);
  if (others.length > 0)
    throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${all.join(' ')}]`);
  return only;
}

/** The first port that a container of the pod declares, or ''. */
export function firstPort(pod: KubeObject): string {
  const containers = (structField(pod, 'spec')?.['containers'] ?? []) as readonly Container[];
  const port = containers.flatMap(({ ports }) => ports ?? [])[0]?.containerPort;
  return port === undefined ? '' : String(port);
}

/** status.podIP, as older writers name the first of status.podIPs. */
export function podAddress(pod: KubeObject): string {
  const status = structField(pod, 'status');
  const ips = (status?.['podIPs'] ?? []) as readonly { readonly ip?: string }[];
  return ips[0]?.ip ?? textField(status, 'podIP');
}
