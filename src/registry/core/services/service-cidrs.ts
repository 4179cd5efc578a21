import type { ServiceCIDR } from '../../../api/networking.k8s.io/v1/servicecidrs.ts';
import type { ClusterName } from '../../../logicalcluster/name.ts';
import type { ObjectStore } from '../../../storage/object-store.ts';
import { type NumberRange, parseIpRange } from './ranges.ts';

/** The IPv4 ranges that the ServiceCIDRs of a logical cluster add to its own, by name; not those that are being deleted. */
export async function serviceCidrRanges(
  store: Pick<ObjectStore, 'list'>,
  cluster: ClusterName,
): Promise<readonly NumberRange[]> {
  const { items } = await store.list({ cluster, resource: 'servicecidrs.networking.k8s.io', at: { mode: 'fresh' } });
  return items.flatMap(({ object }) => {
    if (object.metadata.deletionTimestamp !== undefined) return [];
    return ((object as ServiceCIDR).spec?.cidrs ?? []).flatMap(rangeOf);
  });
}

/** Ranges that have no address to give, or are IPv6, give none. */
function rangeOf(cidr: string): NumberRange[] {
  try {
    return [parseIpRange(cidr).hosts];
  } catch {
    return [];
  }
}
