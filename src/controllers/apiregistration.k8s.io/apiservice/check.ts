import {
  type ApiService,
  type ApiServiceCondition,
  localCondition,
} from '../../../api/apiregistration.k8s.io/v1/types.ts';
import { type FrontProxy, referenceOf } from '../../../client/front-proxy/front-proxy.ts';
import type { ClusterName } from '../../../logicalcluster/name.ts';
import type { ObjectStore } from '../../../storage/object-store.ts';

/** What is found out about an APIService, without a time. */
export type Finding = Pick<ApiServiceCondition, 'status' | 'reason' | 'message'>;

const checkTimeoutMs = 5000;
const maxBytes = 8 << 20;
/** In whose name a backend is asked. */
const checker = { name: 'system:kube-aggregator', groups: ['system:masters'], extra: {} };

type Ports = readonly { readonly name?: string; readonly port?: number }[];
type Subset = { readonly ports?: Ports; readonly addresses?: readonly object[] };

/** Whether the server behind an APIService is there and answers, in the words of kube-aggregator's availability controller. */
export async function checkApiService(
  store: Pick<ObjectStore, 'getAny'>,
  frontProxy: FrontProxy,
  cluster: ClusterName,
  service: ApiService,
  signal: AbortSignal,
): Promise<Finding> {
  if ((service.spec?.service ?? undefined) === undefined) return localCondition;
  const { namespace, name, port } = referenceOf(service);
  const shown = `service/${name} in ${JSON.stringify(namespace)}`;
  const found = await store.getAny({ cluster, resource: 'services', namespace, name });
  if (found === undefined) return no('ServiceNotFound', `${shown} is not present`);
  const spec = found.object['spec'] as { type?: string; ports?: Ports } | undefined;
  if (spec?.type !== 'ExternalName') {
    const served = spec?.ports?.find((each) => Number(each.port) === port);
    if (served === undefined) return no('ServicePortError', `${shown} is not listening on port ${port}`);
    const endpoints = await store.getAny({ cluster, resource: 'endpoints', namespace, name });
    if (endpoints === undefined) return no('EndpointsNotFound', `cannot find endpoints for ${shown}`);
    const portName = served.name ?? '';
    const subsets = (endpoints.object['subsets'] ?? []) as readonly Subset[];
    const isThere = subsets.some(
      ({ ports = [], addresses = [] }) => addresses.length > 0 && ports.some((each) => (each.name ?? '') === portName),
    );
    if (!isThere)
      return no(
        'MissingEndpoints',
        `endpoints for ${shown} have no addresses with port name ${JSON.stringify(portName)}`,
      );
  }
  return askForDiscovery(frontProxy, cluster, service, signal);
}

async function askForDiscovery(
  frontProxy: FrontProxy,
  cluster: ClusterName,
  service: ApiService,
  signal: AbortSignal,
): Promise<Finding> {
  const { group = '', version = '' } = service.spec ?? {};
  const path = `/apis/${group}/${version}`;
  const { namespace, name, port } = referenceOf(service);
  const url = `https://${name}.${namespace}.svc:${port}${path}`;
  try {
    const { response } = await frontProxy.read(
      {
        cluster,
        service,
        method: 'GET',
        path,
        headers: { accept: 'application/json' },
        user: checker,
        signal: AbortSignal.any([signal, AbortSignal.timeout(checkTimeoutMs)]),
      },
      maxBytes,
    );
    const { statusCode = 0 } = response;
    if (statusCode >= 200 && statusCode < 300)
      return { status: 'True', reason: 'Passed', message: 'all checks passed' };
    return no('FailedDiscoveryCheck', `failing or missing response from ${url}: bad status from ${url}: ${statusCode}`);
  } catch (error) {
    const why = `Get ${JSON.stringify(url)}: ${(error as Error).message}`;
    return no('FailedDiscoveryCheck', `failing or missing response from ${url}: ${why}`);
  }
}

function no(reason: string, message: string): Finding {
  return { status: 'False', reason, message };
}
