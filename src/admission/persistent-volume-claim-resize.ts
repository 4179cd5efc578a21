import type { KubeObject } from '../apimachinery/object.ts';
import { compareQuantity, parseQuantity } from '../apimachinery/quantity.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';
import { type Claim, storageClassOf } from './claims.ts';
import { findInCluster } from './cluster-objects.ts';
import { onlyObjectsOf } from './concern.ts';
import { refusal } from './refusal.ts';

type StorageClass = KubeObject & { allowVolumeExpansion?: boolean };

/** Only bound claims grow, and only where their StorageClass allows it (upstream's PersistentVolumeClaimResize). */
export function persistentVolumeClaimResize({ store }: { readonly store: ObjectStore }): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    handles: onlyObjectsOf('persistentvolumeclaims', 'UPDATE'),
    validate(attributes) {
      const { object, oldObject } = attributes;
      if (object === undefined || oldObject === undefined || !grows(object, oldObject)) return undefined;
      if ((oldObject as Claim).status?.phase !== 'Bound')
        throw refusal(attributes, 'Only bound persistent volume claims can be expanded');
      return requireExpansion(store, attributes, object, oldObject);
    },
  };
}

function grows(claim: Claim, old: Claim): boolean {
  const [size, before] = [claim, old].map(({ spec }) => parseQuantity(spec?.resources?.requests?.['storage'] ?? '0'));
  return size !== undefined && before !== undefined && compareQuantity(size, before) > 0;
}

async function requireExpansion(
  store: ObjectStore,
  attributes: AdmissionAttributes,
  claim: Claim,
  old: Claim,
): Promise<void> {
  const name = storageClassOf(claim) ?? '';
  if (name !== '' && name === storageClassOf(old)) {
    const found = await findInCluster(store, attributes, 'storageclasses.storage.k8s.io', name);
    if ((found?.object as StorageClass | undefined)?.allowVolumeExpansion === true) return;
  }
  throw refusal(
    attributes,
    'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
  );
}
