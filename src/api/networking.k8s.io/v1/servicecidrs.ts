import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goStringSlice } from '../../../apimachinery/go-syntax.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { ipFamily, strictCidr } from '../../../apimachinery/validation/ip.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { immutableMessage, invalidEach } from '../../field-path.ts';
import { keepMetadataForStatus } from '../../metadata-for-status.ts';

export type ServiceCIDR = KubeObject & { spec?: { cidrs?: string[] } };

const path = 'spec.cidrs';

function validate(object: KubeObject): FieldError[] {
  const cidrs = (object as ServiceCIDR).spec?.cidrs ?? [];
  if (cidrs.length === 0) return [fieldError.required(path, 'at least one CIDR required')];
  if (cidrs.length > 2) {
    const shown = `networking.ServiceCIDRSpec{CIDRs:${goStringSlice(cidrs)}}`;
    return [fieldError.invalid(path, goSyntax(shown), 'may only hold up to 2 values')];
  }
  const errors: FieldError[] = [];
  cidrs.forEach((cidr, index) => invalidEach(`${path}[${index}]`, cidr, strictCidr(cidr), errors));
  const [first, second] = cidrs.map((cidr) => ipFamily(cidr.split('/', 1)[0] ?? ''));
  if (cidrs.length === 2 && first === second && first !== undefined) {
    const message = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    errors.push(fieldError.invalid(path, goSyntax(goStringSlice(cidrs)), message));
  }
  return errors;
}

/** A second range may join the first; else ranges stay. */
function validateUpdate(object: KubeObject, before: KubeObject): FieldError[] {
  const { cidrs = [] } = (object as ServiceCIDR).spec ?? {};
  const { cidrs: old = [] } = (before as ServiceCIDR).spec ?? {};
  const errors: FieldError[] = [];
  if (old.length === cidrs.length || (old.length === 1 && cidrs.length === 2)) {
    old.forEach((cidr, index) => {
      if (cidr === cidrs[index]) return;
      errors.push(fieldError.invalid(`${path}[${index}]`, cidrs[index] ?? '', immutableMessage));
    });
    return old.length === cidrs.length ? errors : [...errors, ...validate(object)];
  }
  return [fieldError.invalid(path, goSyntax(goStringSlice((object as ServiceCIDR).spec?.cidrs)), immutableMessage)];
}

export const serviceCidrs = builtinResource({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  resource: 'servicecidrs',
  scope: 'Cluster',
  table: {
    columns: [nameColumn, stringColumn('CIDRs', 'The ranges of addresses.'), ageColumn],
    cells: (object, now) => [
      object.metadata.name ?? '',
      (object as ServiceCIDR).spec?.cidrs?.join(',') ?? '',
      ageCell(object, now),
    ],
  },
  strategy: {
    generation: 'none',
    allowUnconditionalUpdate: true,
    // Upstream means to reset the status here, but names the group wrongly.
    resetFields: [],
    prepareForCreate(object) {
      object['status'] ??= {};
    },
    validateCreate: validate,
    validateUpdate,
  },
  status: { resetFields: [], prepareForUpdate: keepMetadataForStatus },
});
