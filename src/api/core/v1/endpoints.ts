import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { deepEqual } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { ipAddress } from '../../../apimachinery/validation/ip.ts';
import {
  dns1123Label,
  nameIsDns1123Subdomain,
  portNumber,
  qualifiedName,
} from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { invalidEach, requireOneOf } from '../../field-path.ts';
import { validateEndpointAddress } from './endpoint-address.ts';

type Address = { ip?: string; hostname?: string; nodeName?: string };
type Port = { name?: string; port?: number; protocol?: string; appProtocol?: string };
type Subset = { addresses?: Address[]; notReadyAddresses?: Address[]; ports?: Port[] };
type Endpoints = KubeObject & { subsets?: Subset[] };

const deprecation = 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice';

function applyDefaults(object: KubeObject): void {
  for (const { ports = [] } of (object as Endpoints).subsets ?? []) {
    for (const port of ports) if (!port.protocol) port.protocol = 'TCP';
  }
}

function validateSubsets(subsets: readonly Subset[]): FieldError[] {
  const errors: FieldError[] = [];
  subsets.forEach(({ addresses = [], notReadyAddresses = [], ports = [] }, index) => {
    const path = `subsets[${index}]`;
    if (addresses.length === 0 && notReadyAddresses.length === 0) {
      errors.push(fieldError.required(path, 'must specify `addresses` or `notReadyAddresses`'));
    }
    addresses.forEach((address, i) => validateAddress(address, `${path}.addresses[${i}]`, errors));
    notReadyAddresses.forEach((address, i) => validateAddress(address, `${path}.notReadyAddresses[${i}]`, errors));
    ports.forEach((port, i) => validatePort(port, ports.length > 1, `${path}.ports[${i}]`, errors));
  });
  return errors;
}

function validateAddress({ ip = '', hostname = '', nodeName }: Address, path: string, errors: FieldError[]): void {
  const messages = ipAddress(ip);
  invalidEach(`${path}.ip`, ip, messages, errors);
  if (hostname !== '') invalidEach(`${path}.hostname`, hostname, dns1123Label(hostname), errors);
  if (nodeName !== undefined) {
    invalidEach(`${path}.nodeName`, nodeName, nameIsDns1123Subdomain(nodeName, false), errors);
  }
  if (messages.length === 0) validateEndpointAddress(ip, `${path}.ip`, errors);
  else errors.push(fieldError.invalid(`${path}.ip`, ip, 'must be a valid IP address'));
}

function validatePort(port: Port, needsName: boolean, path: string, errors: FieldError[]): void {
  const { name = '', port: number = 0, protocol, appProtocol } = port;
  if (name !== '') invalidEach(`${path}.name`, name, dns1123Label(name), errors);
  else if (needsName) errors.push(fieldError.required(`${path}.name`));
  for (const message of portNumber(number)) errors.push(fieldError.invalid(`${path}.port`, number, message));
  requireOneOf(`${path}.protocol`, protocol, ['SCTP', 'TCP', 'UDP'], errors);
  if (appProtocol !== undefined) {
    invalidEach(`${path}.appProtocol`, appProtocol, qualifiedName(appProtocol), errors);
  }
}

const shown = 3;

function endpointsCell({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return '<none>';
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip = '' }) => ip)
      : ports.flatMap(({ port = 0 }) =>
          addresses.map(({ ip = '' }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
        ),
  );
  const text = all.slice(0, shown).join(',');
  return all.length > shown ? `${text} + ${all.length - shown} more...` : text;
}

export const endpoints = builtinResource({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  resource: 'endpoints',
  shortNames: ['ep'],
  scope: 'Namespaced',
  deprecationWarning: deprecation,
  table: {
    columns: [nameColumn, stringColumn('Endpoints', 'The addresses behind the service.'), ageColumn],
    cells: (object, now) => [object.metadata.name ?? '', endpointsCell(object as Endpoints), ageCell(object, now)],
  },
  strategy: {
    generation: 'none',
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: true,
    applyDefaults,
    validateCreate: (object) => validateSubsets((object as Endpoints).subsets ?? []),
    validateUpdate(object, old) {
      const { subsets } = object as Endpoints;
      return deepEqual(subsets, (old as Endpoints).subsets) ? [] : validateSubsets(subsets ?? []);
    },
  },
});
