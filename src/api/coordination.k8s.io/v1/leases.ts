import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { builtinResource } from '../../builtin-resource.ts';

type Lease = KubeObject & {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    leaseTransitions?: number;
    strategy?: string;
    preferredHolder?: string;
  };
};

/** Coordinated leader election is behind a gate that stock servers keep off: its fields are dropped unless they were stored before. */
function dropGatedFields(object: KubeObject, old: KubeObject | undefined): void {
  const { spec } = object as Lease;
  if (spec === undefined) return;
  const oldSpec = (old as Lease | undefined)?.spec;
  if (oldSpec?.strategy === undefined) delete spec.strategy;
  if (oldSpec?.preferredHolder === undefined) delete spec.preferredHolder;
}

function validate(object: KubeObject): FieldError[] {
  const { leaseDurationSeconds: duration, leaseTransitions: transitions } = (object as Lease).spec ?? {};
  const errors: FieldError[] = [];
  if (duration !== undefined && duration <= 0) {
    errors.push(fieldError.invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  }
  if (transitions !== undefined && transitions < 0) {
    errors.push(fieldError.invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
  }
  return errors;
}

export const leases = builtinResource({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  resource: 'leases',
  scope: 'Namespaced',
  table: {
    columns: [nameColumn, stringColumn('Holder', 'Who holds the lease.'), ageColumn],
    cells: (object, now) => [
      object.metadata.name ?? '',
      (object as Lease).spec?.holderIdentity ?? '',
      ageCell(object, now),
    ],
  },
  strategy: {
    generation: 'none',
    allowCreateOnUpdate: true,
    prepareForCreate: (object) => dropGatedFields(object, undefined),
    prepareForUpdate: dropGatedFields,
    validate,
  },
});
