import type { ResourceList } from '../../../api/core/v1/pod-template/types.ts';
import { type Amounts, onesOf } from '../../../apimachinery/amounts.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { compareQuantity, parseQuantity, type Quantity } from '../../../apimachinery/quantity.ts';
import type { Evaluator } from './evaluator.ts';

type Claim = KubeObject & {
  spec?: { resources?: { requests?: ResourceList }; storageClassName?: string };
  status?: { allocatedResources?: ResourceList };
};

const nano = 1_000_000_000n;
const countName = 'count/persistentvolumeclaims';
const claims = 'persistentvolumeclaims';
const storage = 'requests.storage';
const classSuffix = '.storageclass.storage.k8s.io/';
const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** Claims count once, and what they request of storage, both also by storage class (upstream's evaluator/core/persistent_volume_claims.go). */
export const claimEvaluator: Evaluator = {
  tracks: (name) =>
    name === countName ||
    name === claims ||
    name === storage ||
    name.endsWith(classSuffix + claims) ||
    name.endsWith(classSuffix + storage),
  usage(object): Amounts {
    const claim = object as Claim;
    const className = claim.metadata.annotations?.[classAnnotation] ?? claim.spec?.storageClassName ?? '';
    const amounts = new Map(onesOf([countName, claims]));
    const requested = storageOf(claim);
    if (requested !== undefined) amounts.set(storage, requested);
    if (className !== '') {
      for (const [name, quantity] of onesOf([`${className}${classSuffix}${claims}`])) amounts.set(name, quantity);
      if (requested !== undefined) amounts.set(`${className}${classSuffix}${storage}`, requested);
    }
    return amounts;
  },
  matchesScope: () => false,
  changes: true,
  checksUpdate: (subresource) => subresource === '',
};

/** What is requested, or allocated where that is more, in whole bytes. */
function storageOf({ spec, status }: Claim): Quantity | undefined {
  const requested = spec?.resources?.requests?.['storage'];
  if (requested === undefined) return undefined;
  const request = wholeBytes(parseQuantity(String(requested)));
  const allocated = status?.allocatedResources?.['storage'];
  if (allocated === undefined) return request;
  const held = wholeBytes(parseQuantity(String(allocated)));
  return compareQuantity(held, request) > 0 ? held : request;
}

function wholeBytes(quantity: Quantity): Quantity {
  const rest = quantity.nano % nano;
  return rest <= 0n ? quantity : { ...quantity, nano: quantity.nano - rest + nano };
}
