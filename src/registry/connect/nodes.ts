import { ApiError, badRequest, notFound } from '../../apimachinery/errors.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import { numberField, structField } from '../generic/object-fields.ts';
import type { RequestContext } from '../registry.ts';
import { isGlobalUnicast } from './addresses.ts';

/** Where a node's kubelet is said to listen. */
export type Kubelet = { readonly host: string; readonly port: string };

const kubeletPort = '10250';
/** kube-apiserver's default for --kubelet-preferred-address-types. */
const preferred = ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP'];

type Address = { readonly type?: string; readonly address?: string };

/** Finds the kubelet of a node. A missing one is told as a missing `resource`. @throws 404; 500 when the node has no address */
export async function kubeletOf(
  store: ObjectStore,
  ctx: RequestContext,
  node: string,
  resource: 'nodes' | 'pods',
): Promise<Kubelet> {
  const stored = await store.get({ cluster: ctx.cluster.name, resource: 'nodes', namespace: '', name: node });
  if (stored === undefined) throw notFound({ group: '', resource }, node);
  const status = structField(stored.object as KubeObject, 'status');
  const listed = status?.['addresses'];
  const addresses = (Array.isArray(listed) ? listed : []) as readonly Address[];
  for (const type of preferred) {
    const found = addresses.find((address) => address.type === type);
    if (found?.address === undefined) continue;
    const endpoints = status?.['daemonEndpoints'] as { kubeletEndpoint?: { Port?: number } } | undefined;
    const port = numberField(endpoints?.kubeletEndpoint, 'Port');
    return { host: found.address, port: port === 0 ? kubeletPort : String(port) };
  }
  const known = addresses.map(({ type = '', address = '' }) => `{${type} ${address}}`);
  throw new ApiError(500, '', `no preferred addresses found; known addresses: [${known.join(' ')}]`);
}

/** @throws 400 for addresses that nobody is proxied to */
export function requireProxyable({ host }: Kubelet): void {
  if (!isGlobalUnicast(host)) throw badRequest('address not allowed');
}
