import type { ObjectStore } from '../storage/object-store.ts';
import { type AdmissionChain, type AdmissionPlugin, createAdmissionChain } from './admission.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { reservedMetadata } from './reserved-metadata.ts';
import { serviceAccount } from './service-account.ts';

export type AdmissionOptions = {
  readonly store: ObjectStore;
  /** Further plugins, after the server's own: the check of RBAC escalation, an embedding program's rules. */
  readonly plugins?: readonly AdmissionPlugin[];
};

/** The admission chain that every server has. */
export function createAdmission({ store, plugins = [] }: AdmissionOptions): AdmissionChain {
  return createAdmissionChain([
    namespaceLifecycle({ store }),
    serviceAccount({ store }),
    reservedMetadata(),
    ...plugins,
  ]);
}
