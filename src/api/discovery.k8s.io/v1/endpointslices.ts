import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { immutableMessage, requireOneOf } from '../../field-path.ts';

type EndpointSlice = KubeObject & {
  addressType?: string;
  endpoints?: { addresses?: string[] }[];
  ports?: { name?: string; protocol?: string; port?: number }[];
};

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];
const maxEndpoints = 1000;
const maxPorts = 100;
const maxAddresses = 100;
const shown = 3;

function applyDefaults(object: KubeObject): void {
  for (const port of (object as EndpointSlice).ports ?? []) {
    port.name ??= '';
    port.protocol ??= 'TCP';
  }
}

function validate(object: KubeObject): FieldError[] {
  const { addressType, endpoints = [], ports = [] } = object as EndpointSlice;
  const errors: FieldError[] = [];
  requireOneOf('addressType', addressType, addressTypes, errors);
  if (endpoints.length > maxEndpoints) errors.push(fieldError.tooMany('endpoints', endpoints.length, maxEndpoints));
  endpoints.forEach(({ addresses = [] }, index) => {
    const path = `endpoints[${index}].addresses`;
    if (addresses.length === 0) errors.push(fieldError.required(path, 'must contain at least 1 address'));
    else if (addresses.length > maxAddresses) errors.push(fieldError.tooMany(path, addresses.length, maxAddresses));
  });
  if (ports.length > maxPorts) errors.push(fieldError.tooMany('ports', ports.length, maxPorts));
  return errors;
}

function listCell(values: readonly string[]): string {
  if (values.length === 0) return '<unset>';
  const text = values.slice(0, shown).join(',');
  return values.length > shown ? `${text} + ${values.length - shown} more...` : text;
}

export const endpointSlices = builtinResource({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  resource: 'endpointslices',
  scope: 'Namespaced',
  table: {
    columns: [
      nameColumn,
      stringColumn('AddressType', 'The kind of addresses.'),
      stringColumn('Ports', 'The ports of each endpoint.'),
      stringColumn('Endpoints', 'The addresses behind the service.'),
      ageColumn,
    ],
    cells: (object, now) => {
      const { addressType = '', endpoints = [], ports = [] } = object as EndpointSlice;
      return [
        object.metadata.name ?? '',
        addressType,
        listCell(ports.map(({ port, name = '*' }) => (port === undefined ? name : String(port)))),
        listCell(endpoints.flatMap(({ addresses = [] }) => addresses)),
        ageCell(object, now),
      ];
    },
  },
  strategy: {
    generation: 'spec',
    allowUnconditionalUpdate: true,
    applyDefaults,
    validate,
    validateUpdate(object, old) {
      const { addressType = '' } = object as EndpointSlice;
      if (addressType === (old as EndpointSlice).addressType) return [];
      return [fieldError.invalid('addressType', addressType, immutableMessage)];
    },
  },
});
