import type { Service } from '../../api/core/v1/service-types.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type { ServiceReference, ServiceResolver } from './destination.ts';

type Port = { readonly name?: string; readonly port?: number };
type Address = { readonly host: string; readonly port: number };

type Slice = KubeObject & {
  readonly ports?: readonly Port[] | null;
  readonly endpoints?:
    | readonly { readonly addresses?: readonly string[]; readonly conditions?: { readonly ready?: boolean } }[]
    | null;
};

type Endpoints = KubeObject & {
  readonly subsets?: readonly {
    readonly addresses?: readonly { readonly ip?: string }[];
    readonly ports?: readonly Port[];
  }[];
};

const sliceResource = 'endpointslices.discovery.k8s.io';
const serviceNameLabel = 'kubernetes.io/service-name';

/**
 * Finds Services by what a logical cluster stores: an external name, or the ready addresses of EndpointSlices or Endpoints, which must be reachable from this
 * machine. Cluster addresses lead nowhere here.
 */
export function createStoredServiceResolver(store: Pick<ObjectStore, 'getAny' | 'list'>): ServiceResolver {
  return {
    async resolve(cluster, reference) {
      const { namespace, name, port } = reference;
      const found = await store.getAny({ cluster, resource: 'services', namespace, name });
      if (found === undefined) throw new Error(`service ${JSON.stringify(name)} not found`);
      const spec = (found.object as Service).spec ?? {};
      if (spec.type === 'ExternalName') return { host: spec.externalName ?? '', port };
      const servicePort = spec.ports?.find((each) => each.port === port);
      if (servicePort === undefined)
        throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
      const addresses = await addressesOf(store, cluster, reference, servicePort.name ?? '');
      const chosen = addresses[Math.floor(Math.random() * addresses.length)];
      if (chosen === undefined) throw new Error(`no endpoints available for service ${JSON.stringify(name)}`);
      return chosen;
    },
  };
}

async function addressesOf(
  store: Pick<ObjectStore, 'getAny' | 'list'>,
  cluster: ClusterName,
  { namespace, name }: ServiceReference,
  portName: string,
): Promise<Address[]> {
  const { items } = await store.list({
    cluster,
    resource: sliceResource,
    namespace,
    at: { mode: 'any' },
    filter: ({ labels }) => labels[serviceNameLabel] === name,
  });
  const inSlices = items.flatMap(({ object }) => addressesIn(object as Slice, portName));
  if (inSlices.length > 0) return inSlices;
  const endpoints = await store.getAny({ cluster, resource: 'endpoints', namespace, name });
  return ((endpoints?.object as Endpoints | undefined)?.subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
    combine(
      addresses.map(({ ip = '' }) => ip),
      ports,
      portName,
    ),
  );
}

function addressesIn({ endpoints, ports }: Slice, portName: string): Address[] {
  const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
  return combine(
    ready.flatMap(({ addresses = [] }) => addresses),
    ports ?? [],
    portName,
  );
}

function combine(hosts: readonly string[], ports: readonly Port[], portName: string): Address[] {
  return ports
    .filter(({ name = '', port }) => name === portName && port !== undefined)
    .flatMap(({ port = 0 }) => hosts.map((host) => ({ host, port })));
}
