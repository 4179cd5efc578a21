import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { cidrContains, cidrMessage, isCidr } from '../../../apimachinery/validation/ip.ts';
import { type LabelSelectorObject, validateLabelSelector } from '../../../apimachinery/validation/label-selector.ts';
import { portName, portNumber } from '../../../apimachinery/validation/names.ts';
import { invalidEach } from '../../field-path.ts';

export type IpBlock = { cidr?: string; except?: string[] };
export type NetworkPeer = {
  podSelector?: LabelSelectorObject;
  namespaceSelector?: LabelSelectorObject;
  ipBlock?: IpBlock;
};
export type NetworkPort = { protocol?: string; port?: number | string; endPort?: number };
const protocols = ['TCP', 'UDP', 'SCTP'];

/** Errors of one port that a policy opens. */
export function validatePolicyPort({ protocol, port, endPort }: NetworkPort, path: string, errors: FieldError[]): void {
  if (protocol !== undefined && !protocols.includes(protocol))
    errors.push(fieldError.notSupported(`${path}.protocol`, protocol, protocols));
  const refuseEnd = (message: string): void => {
    if (endPort !== undefined) errors.push(fieldError.invalid(`${path}.endPort`, endPort, message));
  };
  if (port === undefined) refuseEnd('may not be specified when `port` is not specified');
  else if (typeof port === 'string') {
    refuseEnd('may not be specified when `port` is non-numeric');
    invalidEach(`${path}.port`, port, portName(port), errors);
  } else {
    for (const message of portNumber(port)) errors.push(fieldError.invalid(`${path}.port`, port, message));
    if (endPort === undefined) return;
    if (endPort < port)
      errors.push(fieldError.invalid(`${path}.endPort`, port, 'must be greater than or equal to `port`'));
    for (const message of portNumber(endPort)) errors.push(fieldError.invalid(`${path}.endPort`, endPort, message));
  }
}

/** Errors of one peer that a policy lets in or out. */
export function validatePolicyPeer(peer: NetworkPeer, path: string, errors: FieldError[]): void {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  errors.push(...validateLabelSelector(podSelector, `${path}.podSelector`));
  errors.push(...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`));
  if (ipBlock !== undefined) validateIpBlock(ipBlock, `${path}.ipBlock`, errors);
  const selects = podSelector !== undefined || namespaceSelector !== undefined;
  if (!selects && ipBlock === undefined) errors.push(fieldError.required(path, 'must specify a peer'));
  else if (selects && ipBlock !== undefined)
    errors.push(fieldError.forbidden(path, 'may not specify both ipBlock and another peer'));
}

function validateIpBlock({ cidr = '', except = [] }: IpBlock, path: string, errors: FieldError[]): void {
  if (cidr === '') {
    errors.push(fieldError.required(`${path}.cidr`));
    return;
  }
  if (!isCidr(cidr)) {
    errors.push(fieldError.invalid(`${path}.cidr`, cidr, cidrMessage));
    return;
  }
  except.forEach((hole, index) => {
    const at = `${path}.except[${index}]`;
    if (!isCidr(hole)) errors.push(fieldError.invalid(at, hole, cidrMessage));
    else if (!cidrContains(cidr, hole)) errors.push(fieldError.invalid(at, hole, 'must be a strict subset of `cidr`'));
  });
}
