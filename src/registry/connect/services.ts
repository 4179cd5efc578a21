import { notFound } from '../../apimachinery/errors.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import { structField } from '../generic/object-fields.ts';
import type { RequestContext } from '../registry.ts';
import { type SchemeNamePort, unavailable } from './addresses.ts';

type Port = { readonly name?: string; readonly port?: number };
type Address = {
  readonly ip?: string;
  readonly targetRef?: { readonly kind?: string; readonly namespace?: string; readonly name?: string };
};
type Subset = { readonly ports?: readonly Port[]; readonly addresses?: readonly Address[] };

/** A pod behind a Service. */
export type ServicePod = { readonly pod: KubeObject; readonly address: string; readonly port: string };

/**
 * Finds a pod that serves a port of a Service by its Endpoints, as stock's services/proxy does: only addresses that are pods count.
 * @throws 404; 503 when the Service lacks the port or has no endpoints. `asked` is the whole text of the request.
 */
export async function podBehindService(
  store: ObjectStore,
  ctx: RequestContext,
  namespace: string,
  { name, port }: SchemeNamePort,
  asked: string,
): Promise<ServicePod> {
  const key = { cluster: ctx.cluster.name, namespace };
  let portName = port;
  if (/^\d+$/.test(port)) {
    const service = await store.get({ ...key, resource: 'services', name });
    if (service === undefined) throw notFound({ group: '', resource: 'services' }, name);
    const ports = (structField(service.object, 'spec')?.['ports'] ?? []) as readonly Port[];
    const found = ports.find((each) => Number(each.port) === Number(port));
    if (found === undefined) throw unavailable(`no service port ${port} found for service "${name}"`);
    portName = found.name ?? '';
  }
  const endpoints = await store.get({ ...key, resource: 'endpoints', name });
  if (endpoints === undefined) throw notFound({ group: '', resource: 'services' }, name);
  const subsets = (endpoints.object['subsets'] ?? []) as readonly Subset[];
  if (subsets.length === 0) throw unavailable(`no endpoints available for service "${name}"`);
  for (const { ports = [], addresses = [] } of subsets)
    for (const served of ports) {
      if ((served.name ?? '') !== portName) continue;
      for (const address of addresses) {
        const pod = await podAt(store, ctx, address);
        if (pod !== undefined) return { pod, address: address.ip ?? '', port: String(served.port) };
      }
    }
  throw unavailable(`no endpoints available for service "${asked}"`);
}

/** The pod that an address is said to be, when that pod has the address. */
async function podAt(
  store: ObjectStore,
  ctx: RequestContext,
  { ip, targetRef }: Address,
): Promise<KubeObject | undefined> {
  if (targetRef?.kind !== 'Pod') return undefined;
  const { namespace = '', name = '' } = targetRef;
  const pod = await store.get({ cluster: ctx.cluster.name, resource: 'pods', namespace, name });
  const addresses = (structField(pod?.object, 'status')?.['podIPs'] ?? []) as readonly { ip?: string }[];
  return addresses.some((each) => each.ip === ip) ? pod?.object : undefined;
}
