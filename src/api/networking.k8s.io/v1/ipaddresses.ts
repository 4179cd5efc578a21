import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { goString } from '../../../apimachinery/go-syntax.ts';
import { type KubeObject, formatGroupResource } from '../../../apimachinery/object.ts';
import { ageCell, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { strictIpAddress } from '../../../apimachinery/validation/ip.ts';
import { dns1123Subdomain, pathSegmentName } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { invalidEach, requireUnchanged } from '../../field-path.ts';
import type { IPAddress, ParentReference } from './ipaddress-types.ts';

function validate(object: KubeObject): FieldError[] {
  const { parentRef } = (object as IPAddress).spec ?? {};
  const path = 'spec.parentRef';
  if (parentRef === undefined) return [fieldError.required(path)];
  const { group = '', namespace = '' } = parentRef;
  const errors: FieldError[] = [];
  if (group !== '') invalidEach(`${path}.group`, group, dns1123Subdomain(group), errors);
  for (const field of ['resource', 'name'] as const) {
    const value = parentRef[field] ?? '';
    if (value === '') errors.push(fieldError.required(`${path}.${field}`));
    else invalidEach(`${path}.${field}`, value, pathSegmentName(value), errors);
  }
  if (namespace !== '') invalidEach(`${path}.namespace`, namespace, pathSegmentName(namespace), errors);
  return errors;
}

function goParent({ group = '', resource = '', namespace = '', name = '' }: ParentReference): string {
  return `networking.ParentReference{Group:${goString(group)}, Resource:${goString(resource)}, Namespace:${goString(namespace)}, Name:${goString(name)}}`;
}

function parentCell(parent: ParentReference | undefined): string {
  if (parent === undefined) return '<none>';
  const { group = '', resource = '', namespace = '', name = '' } = parent;
  const owner = formatGroupResource({ group, resource }).toLowerCase();
  return namespace === '' ? `${owner}/${name}` : `${owner}/${namespace}/${name}`;
}

export const ipAddresses = builtinResource({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  resource: 'ipaddresses',
  shortNames: ['ip'],
  scope: 'Cluster',
  table: {
    // Rows of a stock server have an age, too, but no column says so.
    columns: [nameColumn, stringColumn('ParentRef', 'What has the address.')],
    cells: (object, now) => [
      object.metadata.name ?? '',
      parentCell((object as IPAddress).spec?.parentRef),
      ageCell(object, now),
    ],
  },
  strategy: {
    generation: 'none',
    allowUnconditionalUpdate: true,
    validateName: (name) => strictIpAddress(name),
    validate,
    validateUpdate(object, old) {
      const { parentRef } = (object as IPAddress).spec ?? {};
      const errors: FieldError[] = [];
      const shown = parentRef === undefined ? 'null' : goParent(parentRef);
      requireUnchanged('spec.parentRef', parentRef, (old as IPAddress).spec?.parentRef, errors, shown);
      return errors;
    },
  },
});
