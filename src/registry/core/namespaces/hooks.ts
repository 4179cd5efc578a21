import { structField } from '../../generic/object-fields.ts';
import type { ResourceHooks } from '../../generic/hooks.ts';

/** A deleted namespace is Terminating until its content is gone and `spec.finalizers` is empty (PUT to /finalize). */
export const namespaceHooks: ResourceHooks = {
  blocksRemoval(namespace) {
    const finalizers = structField(namespace, 'spec')?.['finalizers'];
    return Array.isArray(finalizers) && finalizers.length > 0;
  },
  beginDeletion(namespace) {
    delete namespace.metadata.deletionGracePeriodSeconds;
    namespace['status'] = { ...structField(namespace, 'status'), phase: 'Terminating' };
  },
};
