import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ipAddress, ipFamily, strictIpAddress } from '../../../apimachinery/validation/ip.ts';
import { validateLabels } from '../../../apimachinery/validation/metadata.ts';
import {
  dns1123Label,
  dns1123Subdomain,
  labelValue,
  nameIsDns1123Subdomain,
  qualifiedName,
} from '../../../apimachinery/validation/names.ts';
import { validateEndpointAddress } from '../../core/v1/endpoint-address.ts';
import { invalidEach, requireOneOf } from '../../field-path.ts';

type Hints = { forZones?: { name?: string }[]; forNodes?: { name?: string }[] };
export type Endpoint = {
  addresses?: string[];
  hostname?: string;
  nodeName?: string;
  deprecatedTopology?: Record<string, string>;
  hints?: Hints;
};
export type EndpointSlice = KubeObject & {
  addressType?: string;
  endpoints?: Endpoint[];
  ports?: { name?: string; protocol?: string; port?: number; appProtocol?: string }[];
};

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];
const protocols = ['SCTP', 'TCP', 'UDP'];
const maxEndpoints = 1000;
const maxPorts = 20_000;
const maxAddresses = 100;
const maxTopologyLabels = 16;
const maxHints = 8;

/** Errors of an endpoint slice (pkg/apis/discovery/validation). */
export function validateEndpointSlice(object: KubeObject): FieldError[] {
  const { addressType = '', endpoints = [], ports = [] } = object as EndpointSlice;
  const errors: FieldError[] = [];
  requireOneOf('addressType', addressType, addressTypes, errors);
  if (ports.length > maxPorts) errors.push(fieldError.tooMany('ports', ports.length, maxPorts));
  else validatePorts(ports, errors);
  if (endpoints.length > maxEndpoints) errors.push(fieldError.tooMany('endpoints', endpoints.length, maxEndpoints));
  else endpoints.forEach((endpoint, index) => validateEndpoint(endpoint, addressType, `endpoints[${index}]`, errors));
  return errors;
}

function validatePorts(ports: NonNullable<EndpointSlice['ports']>, errors: FieldError[]): void {
  const names = new Set<string>();
  ports.forEach(({ name = '', protocol, appProtocol }, index) => {
    const path = `ports[${index}]`;
    if (name !== '') invalidEach(`${path}.name`, name, dns1123Label(name), errors);
    if (names.has(name)) errors.push(fieldError.duplicate(`${path}.name`, name));
    names.add(name);
    if (protocol === undefined) errors.push(fieldError.required(`${path}.protocol`));
    else if (!protocols.includes(protocol))
      errors.push(fieldError.notSupported(`${path}.protocol`, protocol, protocols));
    if (appProtocol !== undefined) invalidEach(`${path}.appProtocol`, appProtocol, qualifiedName(appProtocol), errors);
  });
}

function validateEndpoint(endpoint: Endpoint, type: string, path: string, errors: FieldError[]): void {
  const { addresses = [], nodeName, deprecatedTopology, hostname, hints } = endpoint;
  const at = `${path}.addresses`;
  if (addresses.length === 0) errors.push(fieldError.required(at, 'must contain at least 1 address'));
  else if (addresses.length > maxAddresses) errors.push(fieldError.tooMany(at, addresses.length, maxAddresses));
  addresses.forEach((address, index) => validateAddress(address, type, at, index, errors));
  if (nodeName !== undefined)
    invalidEach(`${path}.nodeName`, nodeName, nameIsDns1123Subdomain(nodeName, false), errors);
  if (deprecatedTopology !== undefined) {
    const topology = `${path}.deprecatedTopology`;
    const count = Object.keys(deprecatedTopology).length;
    if (count > maxTopologyLabels) errors.push(fieldError.tooMany(topology, count, maxTopologyLabels));
    errors.push(...validateLabels(deprecatedTopology, topology));
  }
  if (hostname !== undefined) invalidEach(`${path}.hostname`, hostname, dns1123Label(hostname), errors);
  if (hints !== undefined) validateHints(hints, `${path}.hints`, errors);
}

function validateAddress(address: string, type: string, path: string, index: number, errors: FieldError[]): void {
  const at = `${path}[${index}]`;
  if (type === 'FQDN') {
    validateDomain(address, at, errors);
    return;
  }
  if (type !== 'IPv4' && type !== 'IPv6') return;
  const messages = type === 'IPv4' ? ipAddress(address) : strictIpAddress(address);
  invalidEach(at, address, messages, errors);
  if (messages.length > 0) return;
  if (ipFamily(address) !== type) errors.push(fieldError.invalid(path, address, `must be an ${type} address`));
  validateEndpointAddress(address, at, errors);
}

function validateDomain(name: string, path: string, errors: FieldError[]): void {
  if (name === '') {
    errors.push(fieldError.required(path));
    return;
  }
  const domain = name.replace(/\.$/, '');
  const messages = dns1123Subdomain(domain);
  if (messages.length > 0) {
    errors.push(fieldError.invalid(path, domain, messages.join(',')));
    return;
  }
  const labels = domain.split('.');
  if (labels.length < 2) {
    const message = 'should be a domain with at least two segments separated by dots';
    errors.push(fieldError.invalid(path, domain, message));
    return;
  }
  for (const label of labels) {
    const problems = dns1123Label(label);
    if (problems.length === 0) continue;
    errors.push(fieldError.invalid(path, label, problems.join(',')));
    return;
  }
}

function validateHints({ forZones = [], forNodes = [] }: Hints, path: string, errors: FieldError[]): void {
  for (const [field, list, check] of [
    ['forZones', forZones, labelValue],
    ['forNodes', forNodes, (name: string) => nameIsDns1123Subdomain(name, false)],
  ] as const) {
    if (list.length > maxHints) {
      errors.push(fieldError.tooMany(`${path}.${field}`, list.length, maxHints));
      return;
    }
    const names = new Set<string>();
    list.forEach(({ name = '' }, index) => {
      const at = `${path}.${field}[${index}].name`;
      if (names.has(name)) errors.push(fieldError.duplicate(at, name));
      names.add(name);
      invalidEach(at, name, check(name), errors);
    });
  }
}
