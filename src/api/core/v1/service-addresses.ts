import { deepEqual } from '../../../apimachinery/json.ts';
import { ipFamily } from '../../../apimachinery/validation/ip.ts';
import { isExternallyAccessible, needsHealthCheck, type ServiceSpec } from './service-types.ts';

/*
 * What stock's registry does with the addresses and ports of Services around their allocation (pkg/registry/core/service/storage). Nothing is
 * allotted here: addresses are those that clients give.
 */

function hasClusterIp({ type }: ServiceSpec): boolean {
  return type !== 'ExternalName';
}

function hasNodePorts({ type }: ServiceSpec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer';
}

/** Completes the addresses of a new Service: clusterIPs follow clusterIP, families follow the addresses. */
export function initializeAddresses(spec: ServiceSpec): void {
  if (spec.clusterIP && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP];
  initializeFamilies(spec, undefined);
}

/** Completes an update that leaves out what the server had filled in, so that clients need not repeat it. */
export function keepAddresses(spec: ServiceSpec, old: ServiceSpec): void {
  if (hasClusterIp(old) && hasClusterIp(spec)) {
    if (!spec.clusterIP && old.clusterIP) spec.clusterIP = old.clusterIP;
    if ((spec.clusterIPs ?? []).length === 0 && old.clusterIPs !== undefined) spec.clusterIPs = old.clusterIPs;
  }
  if (hasNodePorts(old) && hasNodePorts(spec)) keepNodePorts(spec, old);
  if (needsHealthCheck(old) && needsHealthCheck(spec) && !spec.healthCheckNodePort && old.healthCheckNodePort) {
    spec.healthCheckNodePort = old.healthCheckNodePort;
  }
  if ((spec.clusterIP ?? '') !== (old.clusterIP ?? '') && deepEqual(spec.clusterIPs, old.clusterIPs)) {
    if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
    else delete spec.clusterIPs;
  }
  initializeFamilies(spec, old);
}

/** Ports keep their node ports by name, unless another port of the new list has it now. */
function keepNodePorts(spec: ServiceSpec, old: ServiceSpec): void {
  const used = new Set(spec.ports?.map(({ nodePort = 0 }) => nodePort).filter((port) => port !== 0));
  const byName = new Map(old.ports?.map(({ name = '', nodePort = 0 }) => [name, nodePort]));
  for (const port of spec.ports ?? []) {
    const before = byName.get(port.name ?? '') ?? 0;
    if (!port.nodePort && before !== 0 && !used.has(before)) port.nodePort = before;
  }
}

function initializeFamilies(spec: ServiceSpec, old: ServiceSpec | undefined): void {
  if (!hasClusterIp(spec)) return;
  const open = spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? (open ? 'RequireDualStack' : 'SingleStack');
  if (old !== undefined && spec.ipFamilyPolicy === 'SingleStack') {
    if (deepEqual(spec.clusterIPs, old.clusterIPs) && (spec.clusterIPs ?? []).length > 1) {
      spec.clusterIPs = spec.clusterIPs?.slice(0, 1) ?? [];
    }
    if (deepEqual(spec.ipFamilies, old.ipFamilies) && (spec.ipFamilies ?? []).length > 1) {
      spec.ipFamilies = spec.ipFamilies?.slice(0, 1) ?? [];
    }
  }
  const families = [...(spec.ipFamilies ?? [])];
  if (spec.clusterIP !== 'None') {
    for (const ip of (spec.clusterIPs ?? []).slice(families.length)) families.push(ipFamily(ip) ?? 'IPv4');
  }
  if (families.length === 0) families.push('IPv4');
  if (open && families.length < 2 && spec.ipFamilyPolicy !== 'SingleStack') {
    families.push(families[0] === 'IPv4' ? 'IPv6' : 'IPv4');
  }
  spec.ipFamilies = families;
}

/** Drops what the old type needed and the new one must not have, as long as the client did not touch it. */
export function dropForNewType(spec: ServiceSpec, old: ServiceSpec): void {
  if (hasClusterIp(old) && !hasClusterIp(spec)) {
    if ((spec.clusterIP ?? '') === (old.clusterIP ?? '') && deepEqual(spec.clusterIPs, old.clusterIPs)) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    if (deepEqual(spec.ipFamilies, old.ipFamilies)) delete spec.ipFamilies;
    if (spec.ipFamilyPolicy === old.ipFamilyPolicy) delete spec.ipFamilyPolicy;
  }
  if (hasNodePorts(old) && !hasNodePorts(spec)) {
    const known = new Set(old.ports?.map(({ nodePort = 0 }) => nodePort));
    if (spec.ports?.every(({ nodePort = 0 }) => nodePort === 0 || known.has(nodePort)) === true) {
      for (const port of spec.ports) delete port.nodePort;
    }
  }
  if (needsHealthCheck(old) && !needsHealthCheck(spec) && spec.healthCheckNodePort === old.healthCheckNodePort) {
    delete spec.healthCheckNodePort;
  }
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (spec.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts) {
      delete spec.allocateLoadBalancerNodePorts;
    }
    if (spec.loadBalancerClass === old.loadBalancerClass) delete spec.loadBalancerClass;
  }
  const samePolicy = spec.externalTrafficPolicy === old.externalTrafficPolicy;
  if (isExternallyAccessible(old) && !isExternallyAccessible(spec) && samePolicy) delete spec.externalTrafficPolicy;
}
