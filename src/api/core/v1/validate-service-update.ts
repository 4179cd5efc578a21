import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goStringSlice } from '../../../apimachinery/go-syntax.ts';
import { ipAddress, ipFamily } from '../../../apimachinery/validation/ip.ts';
import { dns1123Subdomain } from '../../../apimachinery/validation/names.ts';
import { invalidEach } from '../../field-path.ts';
import { isHeadless, needsHealthCheck, type Service, type ServiceSpec } from './service-types.ts';

const onceSet = 'may not change once set';

/** Errors of changes to a Service: its first address and family stay, unless it was or becomes an external name. */
export function validateServiceUpdate(service: Service, before: Service): FieldError[] {
  const { spec = {} } = service;
  const { spec: old = {} } = before;
  const errors: FieldError[] = [];
  if (spec.type !== 'ExternalName' && old.type !== 'ExternalName') {
    if (!(isHeadless(spec) && isHeadless(old))) validateAddresses(spec, old, errors);
    if (!isHeadless(spec) && !isHeadless(old)) validateFamilies(spec, old, errors);
  }
  if (spec.type === 'LoadBalancer' && old.type === 'LoadBalancer' && spec.loadBalancerClass !== old.loadBalancerClass) {
    errors.push(fieldError.invalid('spec.loadBalancerClass', spec.loadBalancerClass ?? null, onceSet));
  }
  if (needsHealthCheck(spec) && needsHealthCheck(old)) {
    if ((spec.healthCheckNodePort ?? 0) !== (old.healthCheckNodePort ?? 0)) {
      errors.push(fieldError.forbidden('spec.healthCheckNodePort', 'field is immutable'));
    }
  }
  return errors;
}

function validateAddresses(spec: ServiceSpec, old: ServiceSpec, errors: FieldError[]): void {
  const { clusterIPs: ips = [], ipFamilyPolicy } = spec;
  const { clusterIPs: oldIps = [] } = old;
  const changed = (index: number, message: string): void => {
    errors.push(fieldError.invalid(`spec.clusterIPs[${index}]`, goSyntax(goStringSlice(spec.clusterIPs)), message));
  };
  if (ips.length === oldIps.length) {
    oldIps.forEach((ip, index) => {
      if (ip !== ips[index]) changed(index, onceSet);
    });
    return;
  }
  if (oldIps.length > ips.length && ips.length === 0) changed(0, 'primary clusterIP can not be unset');
  if (ips.length > 0 && oldIps.length > 0 && ips[0] !== oldIps[0]) changed(0, onceSet);
  if (oldIps.length > ips.length && ips.length === 1 && ipFamilyPolicy !== 'SingleStack') {
    const message = "must be set to 'SingleStack' when releasing the secondary clusterIP";
    errors.push(fieldError.invalid('spec.ipFamilyPolicy', ipFamilyPolicy ?? null, message));
  }
}

function validateFamilies(spec: ServiceSpec, old: ServiceSpec, errors: FieldError[]): void {
  const { ipFamilies: families = [], clusterIPs: ips = [], ipFamilyPolicy } = spec;
  const { ipFamilies: oldFamilies = [] } = old;
  const changed = (values: string[], message: string): void => {
    errors.push(fieldError.invalid('spec.ipFamilies[0]', goSyntax(goStringSlice(values)), message));
  };
  if (families.length === oldFamilies.length) {
    oldFamilies.forEach((family, index) => {
      if (family !== families[index]) changed(families, onceSet);
    });
    return;
  }
  const shrinks = oldFamilies.length > families.length;
  if (shrinks && ips.length === 0) changed(families, 'primary ipFamily can not be unset');
  if (families.length > 0 && oldFamilies.length > 0 && families[0] !== oldFamilies[0]) changed(ips, onceSet);
  if (shrinks && families.length === 1 && ipFamilyPolicy !== 'SingleStack') {
    const message = "must be set to 'SingleStack' when releasing the secondary ipFamily";
    errors.push(fieldError.invalid('spec.ipFamilyPolicy', ipFamilyPolicy ?? null, message));
  }
}

/** Errors of what a load balancer reports. */
export function validateServiceStatus(service: Service, old: Service): FieldError[] {
  const errors: FieldError[] = [];
  const path = 'status.loadBalancer.ingress';
  const ingresses = service.status?.loadBalancer?.ingress ?? [];
  if (service.spec?.type !== 'LoadBalancer' && ingresses.length > 0) {
    return [fieldError.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")];
  }
  const known = old.status?.loadBalancer?.ingress ?? [];
  ingresses.forEach(({ ip = '', hostname = '', ipMode }, index) => {
    const at = `${path}[${index}]`;
    if (ip !== '' && !known.some((ingress) => ingress.ip === ip)) {
      invalidEach(`${at}.ip`, ip, ipAddress(ip), errors);
    }
    if (ipMode === undefined) {
      if (ip !== '') errors.push(fieldError.required(`${at}.ipMode`, 'must be specified when `ip` is set'));
    } else if (ip === '') {
      errors.push(fieldError.forbidden(`${at}.ipMode`, 'may not be specified when `ip` is not set'));
    } else if (ipMode !== 'Proxy' && ipMode !== 'VIP') {
      errors.push(fieldError.notSupported(`${at}.ipMode`, ipMode, ['Proxy', 'VIP']));
    }
    if (hostname === '') return;
    invalidEach(`${at}.hostname`, hostname, dns1123Subdomain(hostname), errors);
    if (ipFamily(hostname) !== undefined) {
      errors.push(fieldError.invalid(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address'));
    }
  });
  return errors;
}
