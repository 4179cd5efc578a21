import type { Catalog } from '../../registry/registry.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Exchange } from '../exchange.ts';
import { clientOf } from './connect.ts';

/**
 * Passes a request for a group version that the server does not serve itself on to who is registered for it. False: nobody is. What is served here is never
 * asked about, so that it costs such requests nothing.
 */
export async function passToAggregated({ aggregator }: Endpoints, x: Exchange, catalog: Catalog): Promise<boolean> {
  if (aggregator === undefined) return false;
  const groupVersion = groupVersionOf(x);
  if (groupVersion === undefined || isServed(catalog, groupVersion)) return false;
  if (!(await aggregator.serves(x.cluster.name, groupVersion))) return false;
  await aggregator.pass(x, groupVersion, targetInCluster(x), clientOf(x));
  return true;
}

type GroupVersion = { readonly group: string; readonly version: string };

function groupVersionOf({ info }: Exchange): GroupVersion | undefined {
  if (info.isResourceRequest) return info.group === '' ? undefined : { group: info.group, version: info.version };
  // /apis/GROUP/VERSION, and the same below /openapi/v3.
  const parts = info.parts[0] === 'openapi' && info.parts[1] === 'v3' ? info.parts.slice(2) : info.parts;
  const [root, group = '', version = ''] = parts;
  return root === 'apis' && group !== '' && version !== '' ? { group, version } : undefined;
}

function isServed({ definitions }: Catalog, { group, version }: GroupVersion): boolean {
  return definitions.some(
    (definition) =>
      definition.group === group && definition.versions.some((each) => each.served && each.version === version),
  );
}

/** Path and query as they came, without the logical cluster's prefix. */
function targetInCluster({ request, info }: Exchange): string {
  const target = request.url ?? '/';
  if (info.clusterText === '') return target;
  const end = target.indexOf('/', '/clusters/'.length);
  return end < 0 ? '/' : target.slice(end);
}
