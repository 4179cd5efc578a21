import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goString, goStringSlice } from '../../../apimachinery/go-syntax.ts';
import { ipAddress, ipFamily, isCidr } from '../../../apimachinery/validation/ip.ts';
import { validateLabels } from '../../../apimachinery/validation/metadata.ts';
import { dns1123Label, dns1123Subdomain, portNumber, qualifiedName } from '../../../apimachinery/validation/names.ts';
import { atKey, invalidEach, requireOneOf } from '../../field-path.ts';
import { validateEndpointAddress } from './endpoint-address.ts';
import { validatePort } from './pod-template/validate-probes.ts';
import {
  isExternallyAccessible,
  isHeadless,
  needsHealthCheck,
  type Service,
  type ServicePort,
  type ServiceSpec,
} from './service-types.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const protocols = ['SCTP', 'TCP', 'UDP'];
const policies = ['Cluster', 'Local'];
const families = ['IPv4', 'IPv6'];
const familyPolicies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const maxAffinitySeconds = 86_400;
const hintsAnnotation = 'service.kubernetes.io/topology-aware-hints';
const modeAnnotation = 'service.kubernetes.io/topology-mode';
const rangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const loadBalancerOnly = "may only be used when `type` is 'LoadBalancer'";

/** Errors of a Service after defaulting, in the order of pkg/apis/core/validation. */
export function validateService(service: Service): FieldError[] {
  const { spec = {}, metadata } = service;
  const { annotations = {} } = metadata;
  const errors: FieldError[] = [];
  // Upstream looks at these before all others, and no further when they are wrong: it is about to allot addresses.
  if (spec.type !== 'ExternalName') validateClusterIps(spec, errors);
  if (errors.length > 0) return errors;
  const hints = annotations[hintsAnnotation];
  const mode = annotations[modeAnnotation];
  if (hints !== undefined && mode !== undefined && hints !== mode) {
    const message = `must match annotations[${hintsAnnotation}] when both are specified`;
    errors.push(fieldError.invalid(atKey('metadata.annotations', modeAnnotation), mode, message));
  }
  const { ports = [], type = '' } = spec;
  const headless = isHeadless(spec);
  if (ports.length === 0 && !headless && type !== 'ExternalName') errors.push(fieldError.required('spec.ports'));
  if (headless && (type === 'LoadBalancer' || type === 'NodePort')) {
    errors.push(fieldError.invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`));
  }
  if (type === 'ExternalName') validateExternalName(spec, errors);
  const names = new Set<string>();
  ports.forEach((port, index) => validateServicePort(port, ports.length > 1, names, `spec.ports[${index}]`, errors));
  errors.push(...validateLabels(spec.selector ?? {}, 'spec.selector'));
  validateSessionAffinity(spec, errors);
  spec.externalIPs?.forEach((ip, index) => {
    const path = `spec.externalIPs[${index}]`;
    const messages = ipAddress(ip);
    invalidEach(path, ip, messages, errors);
    if (messages.length === 0) validateEndpointAddress(ip, path, errors);
  });
  requireOneOf('spec.type', type, types, errors);
  validateNodePorts(spec, errors);
  validateDistinctPorts(ports, errors);
  validateSourceRanges(spec, annotations[rangesAnnotation], errors);
  if (spec.allocateLoadBalancerNodePorts !== undefined && type !== 'LoadBalancer') {
    errors.push(fieldError.forbidden('spec.allocateLoadBalancerNodePorts', loadBalancerOnly));
  }
  validateLoadBalancerClass(spec, errors);
  validateTrafficPolicies(spec, errors);
  return errors;
}

function validateExternalName(spec: ServiceSpec, errors: FieldError[]): void {
  const message = 'may not be set for ExternalName services';
  const { externalName = '' } = spec;
  if ((spec.clusterIPs ?? []).length > 0) errors.push(fieldError.forbidden('spec.clusterIPs', message));
  if ((spec.ipFamilies ?? []).length > 0) errors.push(fieldError.forbidden('spec.ipFamilies', message));
  if (spec.ipFamilyPolicy !== undefined) errors.push(fieldError.forbidden('spec.ipFamilyPolicy', message));
  const name = externalName.endsWith('.') ? externalName.slice(0, -1) : externalName;
  if (name === '') errors.push(fieldError.required('spec.externalName'));
  else invalidEach('spec.externalName', name, dns1123Subdomain(name), errors);
}

function validateServicePort(
  port: ServicePort,
  needsName: boolean,
  names: Set<string>,
  path: string,
  errors: FieldError[],
): void {
  const { name = '', port: number = 0, protocol, targetPort, appProtocol } = port;
  if (name === '') {
    if (needsName) errors.push(fieldError.required(`${path}.name`));
  } else {
    invalidEach(`${path}.name`, name, dns1123Label(name), errors);
    if (names.has(name)) errors.push(fieldError.duplicate(`${path}.name`, name));
    else names.add(name);
  }
  for (const message of portNumber(number)) errors.push(fieldError.invalid(`${path}.port`, number, message));
  requireOneOf(`${path}.protocol`, protocol, protocols, errors);
  validatePort(targetPort, `${path}.targetPort`, errors);
  if (appProtocol !== undefined) {
    invalidEach(`${path}.appProtocol`, appProtocol, qualifiedName(appProtocol), errors);
  }
}

function validateSessionAffinity(spec: ServiceSpec, errors: FieldError[]): void {
  const { sessionAffinity = '', sessionAffinityConfig: config } = spec;
  requireOneOf('spec.sessionAffinity', sessionAffinity, ['ClientIP', 'None'], errors);
  if (sessionAffinity === 'ClientIP') {
    const seconds = config?.clientIP?.timeoutSeconds ?? 0;
    if (seconds > 0 && seconds <= maxAffinitySeconds) return;
    const message = `must be greater than 0 and less than ${maxAffinitySeconds}`;
    errors.push(fieldError.invalid('spec.sessionAffinityConfig.clientIP.timeoutSeconds', seconds, message));
  } else if (sessionAffinity === 'None' && config !== undefined) {
    errors.push(fieldError.forbidden('spec.sessionAffinityConfig', 'must not be set when session affinity is None'));
  }
}

function validateClusterIps(spec: ServiceSpec, errors: FieldError[]): void {
  const { clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  const path = 'spec.clusterIPs';
  const all = (message: string): void => {
    errors.push(fieldError.invalid(path, goSyntax(goStringSlice(clusterIPs)), message));
  };
  if (clusterIP !== '') {
    if (clusterIPs.length === 0) errors.push(fieldError.required(path));
    else if (clusterIPs[0] !== clusterIP) all('first value must match `clusterIP`');
  } else if (clusterIPs.length > 0) all('must be empty when `clusterIP` is not specified');
  const seen = new Set<string>();
  ipFamilies.forEach((family, index) => {
    const at = `spec.ipFamilies[${index}]`;
    if (!families.includes(family)) errors.push(fieldError.notSupported(at, family, families));
    if (seen.has(family)) errors.push(fieldError.duplicate(at, family));
    seen.add(family);
  });
  if (ipFamilyPolicy !== undefined && !familyPolicies.includes(ipFamilyPolicy)) {
    errors.push(fieldError.notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, familyPolicies));
  }
  let broken = false;
  clusterIPs.forEach((ip, index) => {
    if (index === 0 && ip === 'None') {
      if (clusterIPs.length === 1) return;
      broken = true;
      all("'None' must be the first and only value");
      return;
    }
    const messages = ipAddress(ip);
    if (messages.length > 0) broken = true;
    invalidEach(`${path}[${index}]`, ip, messages, errors);
  });
  if (clusterIPs.length > 2) all('may only hold up to 2 values');
  if (broken) return;
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(ipFamily)).size < 2) {
    all('may specify no more than one IP for each IP family');
  }
  if (ipFamilyPolicy === 'SingleStack') {
    const needed = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
    const many = (what: string): void => {
      errors.push(fieldError.invalid('spec.ipFamilyPolicy', ipFamilyPolicy, `${needed} ${what} are specified`));
    };
    if (clusterIPs.length === 2) many('cluster IPs');
    if (ipFamilies.length === 2) many('IP families');
  }
  if (isHeadless(spec)) return;
  clusterIPs.forEach((ip, index) => {
    const family = ipFamilies[index];
    if (family === undefined || !families.includes(family) || ipFamily(ip) === family) return;
    const message = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    errors.push(fieldError.invalid(`${path}[${index}]`, ip, message));
  });
}

function validateNodePorts({ ports = [], type }: ServiceSpec, errors: FieldError[]): void {
  const used = new Set<string>();
  const message = "may not be used when `type` is 'ClusterIP'";
  ports.forEach(({ nodePort = 0 }, index) => {
    if (type !== 'ClusterIP' || nodePort === 0) return;
    errors.push(fieldError.forbidden(`spec.ports[${index}].nodePort`, message));
  });
  ports.forEach(({ nodePort = 0, protocol = '' }, index) => {
    if (nodePort === 0) return;
    const key = `${protocol}/${nodePort}`;
    if (used.has(key)) errors.push(fieldError.duplicate(`spec.ports[${index}].nodePort`, nodePort));
    used.add(key);
  });
}

function validateDistinctPorts(ports: readonly ServicePort[], errors: FieldError[]): void {
  const used = new Set<string>();
  ports.forEach(({ port = 0, protocol = '' }, index) => {
    const key = `${protocol}/${port}`;
    if (used.has(key)) {
      const shown = `core.ServicePort{Name:"", Protocol:${goString(protocol)}, AppProtocol:(*string)(nil), Port:${port}, TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:""}, NodePort:0}`;
      errors.push(fieldError.duplicate(`spec.ports[${index}]`, goSyntax(shown)));
    }
    used.add(key);
  });
}

const cidrMessage = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

function validateSourceRanges(spec: ServiceSpec, annotation: string | undefined, errors: FieldError[]): void {
  const { loadBalancerSourceRanges: ranges = [], type } = spec;
  const check = (range: string, path: string): void => {
    if (!isCidr(range)) errors.push(fieldError.invalid(path, range, cidrMessage));
  };
  if (ranges.length > 0) {
    const path = 'spec.LoadBalancerSourceRanges';
    if (type !== 'LoadBalancer') errors.push(fieldError.forbidden(path, loadBalancerOnly));
    ranges.forEach((range, index) => check(range.trim(), `${path}[${index}]`));
  } else if (annotation !== undefined) {
    const path = atKey('metadata.annotations', rangesAnnotation);
    if (type !== 'LoadBalancer') errors.push(fieldError.forbidden(path, loadBalancerOnly));
    if (annotation.trim() === '') return;
    for (const range of annotation.trim().split(',')) check(range.trim(), path);
  }
}

/** Errors of the class of load balancers: only they have one. */
export function validateLoadBalancerClass(spec: ServiceSpec, errors: FieldError[]): void {
  const { loadBalancerClass: name, type } = spec;
  if (name === undefined) return;
  const path = 'spec.loadBalancerClass';
  if (type === 'LoadBalancer') invalidEach(path, name, qualifiedName(name), errors);
  else errors.push(fieldError.forbidden(path, loadBalancerOnly));
}

function validateTrafficPolicies(spec: ServiceSpec, errors: FieldError[]): void {
  const { externalTrafficPolicy = '', healthCheckNodePort = 0, trafficDistribution, internalTrafficPolicy } = spec;
  if (isExternallyAccessible(spec)) {
    requireOneOf('spec.externalTrafficPolicy', externalTrafficPolicy, policies, errors);
  } else if (externalTrafficPolicy !== '') {
    const message = 'may only be set for externally-accessible services';
    errors.push(fieldError.invalid('spec.externalTrafficPolicy', externalTrafficPolicy, message));
  }
  if (healthCheckNodePort !== 0) {
    const path = 'spec.healthCheckNodePort';
    if (needsHealthCheck(spec)) {
      for (const message of portNumber(healthCheckNodePort)) {
        errors.push(fieldError.invalid(path, healthCheckNodePort, message));
      }
    } else {
      const message = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
      errors.push(fieldError.invalid(path, healthCheckNodePort, message));
    }
  }
  if (internalTrafficPolicy !== undefined && !policies.includes(internalTrafficPolicy)) {
    errors.push(fieldError.notSupported('spec.internalTrafficPolicy', internalTrafficPolicy, policies));
  }
  if (trafficDistribution !== undefined && trafficDistribution !== 'PreferClose') {
    errors.push(fieldError.notSupported('spec.trafficDistribution', trafficDistribution, ['PreferClose']));
  }
}
