import { createEnsureController, type EnsureOptions } from '../ensure-in-namespaces.ts';
import type { Controller } from '../../framework/controller.ts';

const name = 'default';

/** Every namespace has the ServiceAccount `default`. */
export function createServiceAccountController(options: Pick<EnsureOptions, 'store' | 'client'>): Controller {
  return createEnsureController({
    ...options,
    name: 'serviceaccount',
    resource: 'serviceaccounts',
    objectName: name,
    make: (namespace) => ({ kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name, namespace } }),
  });
}
