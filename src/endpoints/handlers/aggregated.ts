import type { Catalog } from '../../registry/registry.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Exchange } from '../exchange.ts';
import { clientOf } from './connect.ts';

/**
 * Passes a request for a group version that is not built in on to who is registered for it. False: nobody is, which is known at once where the logical
 * cluster's APIServices are at hand. What is built in is never asked about, so that it costs such requests nothing.
 */
export function passToAggregated({ aggregator, catalogs }: Endpoints, x: Exchange): boolean | Promise<boolean> {
  if (aggregator === undefined) return false;
  const groupVersion = groupVersionOf(x);
  if (groupVersion === undefined || isServed(catalogs.builtIn?.(x.cluster), groupVersion)) return false;
  const pass = async (): Promise<boolean> => {
    await aggregator.pass(x, groupVersion, targetInCluster(x), clientOf(x));
    return true;
  };
  const serves = aggregator.serves(x.cluster.name, groupVersion);
  if (serves instanceof Promise) return serves.then((is) => is && pass());
  return serves && pass();
}

type GroupVersion = { readonly group: string; readonly version: string };

function groupVersionOf({ info }: Exchange): GroupVersion | undefined {
  if (info.isResourceRequest) return info.group === '' ? undefined : { group: info.group, version: info.version };
  // /apis/GROUP/VERSION, and the same below /openapi/v3.
  const parts = info.parts[0] === 'openapi' && info.parts[1] === 'v3' ? info.parts.slice(2) : info.parts;
  const [root, group = '', version = ''] = parts;
  return root === 'apis' && group !== '' && version !== '' ? { group, version } : undefined;
}

const groupVersionsOf = new WeakMap<Catalog, ReadonlySet<string>>();

function isServed(catalog: Catalog | undefined, { group, version }: GroupVersion): boolean {
  if (catalog === undefined) return false;
  let served = groupVersionsOf.get(catalog);
  if (served === undefined) {
    const all = catalog.definitions.flatMap((definition) =>
      definition.versions.filter((each) => each.served).map((each) => `${definition.group}/${each.version}`),
    );
    groupVersionsOf.set(catalog, (served = new Set(all)));
  }
  return served.has(`${group}/${version}`);
}

/** Path and query as they came, without the logical cluster's prefix. */
function targetInCluster({ request, info }: Exchange): string {
  const target = request.url ?? '/';
  if (info.clusterText === '') return target;
  const end = target.indexOf('/', '/clusters/'.length);
  return end < 0 ? '/' : target.slice(end);
}
