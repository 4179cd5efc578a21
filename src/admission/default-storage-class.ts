import type { ObjectStore } from '../storage/object-store.ts';
import type { AdmissionPlugin } from './admission.ts';
import { type Claim, storageClassOf } from './claims.ts';
import { createChooser, newestDefault } from './cluster-objects.ts';
import { onlyObjectsOf } from './concern.ts';

const marks = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];

/** Claims that name no StorageClass get the newest one that is marked as default (upstream's DefaultStorageClass). */
export function defaultStorageClass({ store }: { readonly store: ObjectStore }): AdmissionPlugin {
  const defaultClass = createChooser(store, 'storageclasses.storage.k8s.io', (all) => newestDefault(all, marks));
  return {
    name: 'DefaultStorageClass',
    handles: onlyObjectsOf('persistentvolumeclaims', 'CREATE'),
    async admit(attributes) {
      const claim = attributes.object as Claim | undefined;
      if (claim === undefined || storageClassOf(claim) !== undefined) return;
      const found = await defaultClass(attributes);
      if (found !== undefined) (claim.spec ??= {}).storageClassName = found.key.name;
    },
  };
}
