import { factsOf } from '../registry/generic/resource-facts.ts';
import type { AdmissionPlugin } from './admission.ts';
import { claimProtection, volumeProtection } from '../api/core/v1/protection-finalizers.ts';

const finalizers: ReadonlyMap<string, string> = new Map([
  ['persistentvolumeclaims', claimProtection],
  ['persistentvolumes', volumeProtection],
]);

/** Claims and volumes are not removed while they are used: controllers take the finalizers away (upstream's StorageObjectInUseProtection). */
export function storageObjectInUseProtection(): AdmissionPlugin {
  return {
    name: 'StorageObjectInUseProtection',
    handles: (operation, { definition, subresource }) =>
      operation === 'CREATE' && subresource === '' && finalizers.has(factsOf(definition).storage),
    admit({ object, target }) {
      const finalizer = finalizers.get(factsOf(target.definition).storage);
      if (object === undefined || finalizer === undefined) return;
      const own = object.metadata.finalizers ?? [];
      if (!own.includes(finalizer)) object.metadata.finalizers = [...own, finalizer];
    },
  };
}
