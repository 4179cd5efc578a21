import { notFound } from '../../apimachinery/errors.ts';
import type { RestStorageFactory } from '../generic/engine.ts';

/** Tenants have no part in the health of this server's components: there are none to list. */
export const componentStatusStorage: RestStorageFactory = () => ({
  get: (_ctx, target) => Promise.reject(notFound({ group: '', resource: 'componentstatus' }, target.name)),
  list: () => Promise.resolve({ items: [], metadata: { resourceVersion: '' } }),
});
