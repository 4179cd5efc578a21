import type { Service } from '../../api/core/v1/service-types.ts';
import type { IPAddress } from '../../api/networking.k8s.io/v1/ipaddress-types.ts';
import { forbidden } from '../../apimachinery/errors.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type { ResourceHooks } from '../generic/hooks.ts';

/** The IPAddress of a Service is what keeps the address from others: it goes with the Service, not before. */
export function ipAddressHooks(store: Pick<ObjectStore, 'get'>): ResourceHooks {
  return {
    async beforeRemove({ key, object }) {
      const { group = '', resource, namespace = '', name = '' } = (object as IPAddress).spec?.parentRef ?? {};
      if (group !== '' || resource !== 'services') return [];
      const service = await store.get({ cluster: key.cluster, resource: 'services', namespace, name });
      const { clusterIP, clusterIPs = [] } = (service?.object as Service | undefined)?.spec ?? {};
      if (clusterIP !== key.name && !clusterIPs.includes(key.name)) return [];
      const why = `it is the address of the Service ${namespace}/${name}`;
      throw forbidden({ group: 'networking.k8s.io', resource: 'ipaddresses' }, key.name, why);
    },
  };
}
