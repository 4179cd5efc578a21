import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { ipAddress, ipFamily } from '../../../apimachinery/validation/ip.ts';
import {
  dns1123Subdomain,
  nameIsDns1035Label,
  nameIsDns1123Subdomain,
  pathSegmentName,
  portName,
  portNumber,
  wildcardDns1123Subdomain,
} from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { invalidEach } from '../../field-path.ts';

type Backend = {
  service?: { name?: string; port?: { name?: string; number?: number } };
  resource?: { apiGroup?: string; kind?: string; name?: string };
};
type Path = { path?: string; pathType?: string; backend?: Backend };
type Rule = { host?: string; http?: { paths?: Path[] } };
type Ingress = KubeObject & {
  spec?: {
    ingressClassName?: string;
    defaultBackend?: Backend;
    rules?: Rule[];
    tls?: { hosts?: string[]; secretName?: string }[];
  };
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } };
};

const classAnnotation = 'kubernetes.io/ingress.class';
const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];
const badSequences = ['//', '/./', '/../', '%2f', '%2F'];
const badSuffixes = ['/..', '/.'];

function validateHost(host: string, path: string, errors: FieldError[]): void {
  const messages = host.includes('*') ? wildcardDns1123Subdomain(host) : dns1123Subdomain(host);
  invalidEach(path, host, messages, errors);
}

function validate(object: KubeObject): FieldError[] {
  const { rules = [], tls = [], defaultBackend, ingressClassName } = (object as Ingress).spec ?? {};
  const errors: FieldError[] = [];
  if (rules.length === 0 && defaultBackend === undefined) {
    const message = 'either `defaultBackend` or `rules` must be specified';
    errors.push(fieldError.invalid('spec', goSyntax('[]networking.IngressRule(nil)'), message));
  }
  if (defaultBackend !== undefined) validateBackend(defaultBackend, 'spec.defaultBackend', errors);
  rules.forEach(({ host = '', http }, index) => {
    const path = `spec.rules[${index}]`;
    if (host !== '') {
      if (ipFamily(host) !== undefined) {
        errors.push(fieldError.invalid(`${path}.host`, host, 'must be a DNS name, not an IP address'));
      }
      validateHost(host, `${path}.host`, errors);
    }
    if (http === undefined) return;
    const { paths = [] } = http;
    if (paths.length === 0) errors.push(fieldError.required(`${path}.http.paths`));
    paths.forEach((each, at) => validatePath(each, `${path}.http.paths[${at}]`, errors));
  });
  tls.forEach(({ hosts = [], secretName = '' }, index) => {
    const path = `spec.tls[${index}]`;
    hosts.forEach((host, at) => validateHost(host, `${path}.hosts[${at}]`, errors));
    if (secretName === '') return;
    invalidEach(`${path}.secretName`, secretName, nameIsDns1123Subdomain(secretName, false), errors);
  });
  if (ingressClassName !== undefined) {
    const messages = nameIsDns1123Subdomain(ingressClassName, false);
    invalidEach('spec.ingressClassName', ingressClassName, messages, errors);
  }
  return errors;
}

function validatePath({ path: url = '', pathType, backend = {} }: Path, path: string, errors: FieldError[]): void {
  if (pathType === undefined) {
    errors.push(fieldError.required(`${path}.pathType`, 'pathType must be specified'));
    return;
  }
  const refuse = (message: string): void => {
    errors.push(fieldError.invalid(`${path}.path`, url, message));
  };
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!url.startsWith('/')) refuse('must be an absolute path');
    for (const sequence of badSequences) if (url.includes(sequence)) refuse(`must not contain '${sequence}'`);
    for (const suffix of badSuffixes) if (url.endsWith(suffix)) refuse(`cannot end with '${suffix}'`);
  } else if (pathType === 'ImplementationSpecific') {
    if (url !== '' && !url.startsWith('/')) refuse('must be an absolute path');
  } else errors.push(fieldError.notSupported(`${path}.pathType`, pathType, pathTypes));
  validateBackend(backend, `${path}.backend`, errors);
}

function validateBackend({ service, resource }: Backend, path: string, errors: FieldError[]): void {
  if (service !== undefined && resource !== undefined) {
    errors.push(fieldError.invalid(path, '', 'cannot set both resource and service backends'));
  } else if (resource !== undefined) {
    const { apiGroup, kind = '', name = '' } = resource;
    const at = `${path}.resource`;
    if (apiGroup !== undefined) invalidEach(`${at}.apiGroup`, apiGroup, dns1123Subdomain(apiGroup), errors);
    if (kind === '') errors.push(fieldError.required(`${at}.kind`, 'kind is required'));
    else invalidEach(`${at}.kind`, kind, pathSegmentName(kind), errors);
    if (name === '') errors.push(fieldError.required(`${at}.name`, 'name is required'));
    else invalidEach(`${at}.name`, name, pathSegmentName(name), errors);
  } else if (service !== undefined) validateService(service, path, errors);
  else errors.push(fieldError.invalid(path, '', 'resource or service backend is required'));
}

function validateService(
  { name = '', port = {} }: { name?: string; port?: { name?: string; number?: number } },
  path: string,
  errors: FieldError[],
): void {
  if (name === '') errors.push(fieldError.required(`${path}.service.name`));
  else invalidEach(`${path}.service.name`, name, nameIsDns1035Label(name, false), errors);
  const { name: named = '', number = 0 } = port;
  if (named !== '' && number !== 0) {
    errors.push(fieldError.invalid(path, '', 'cannot set both port name & port number'));
  } else if (named !== '') invalidEach(`${path}.service.port.name`, named, portName(named), errors);
  else if (number !== 0) {
    for (const message of portNumber(number)) {
      errors.push(fieldError.invalid(`${path}.service.port.number`, number, message));
    }
  } else errors.push(fieldError.required(path, 'port name or number is required'));
}

const shown = 3;

function hostsCell(rules: readonly Rule[]): string {
  const hosts = rules.map(({ host = '' }) => host).filter((host) => host !== '');
  if (hosts.length === 0) return '*';
  const text = hosts.slice(0, shown).join(',');
  return hosts.length > shown ? `${text} + ${rules.length - shown} more...` : text;
}

export const ingresses = builtinResource({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  resource: 'ingresses',
  shortNames: ['ing'],
  scope: 'Namespaced',
  table: {
    columns: [
      nameColumn,
      stringColumn('Class', 'The class of ingress controller that serves it.'),
      stringColumn('Hosts', 'The host names that it answers.'),
      stringColumn('Address', 'Where it is reached.'),
      stringColumn('Ports', 'The ports it listens on.'),
      ageColumn,
    ],
    cells: (object, now) => {
      const { spec = {}, status = {} } = object as Ingress;
      const addresses = status.loadBalancer?.ingress?.map(({ ip, hostname }) => ip || (hostname ?? '')) ?? [];
      return [
        object.metadata.name ?? '',
        spec.ingressClassName ?? '<none>',
        hostsCell(spec.rules ?? []),
        [...new Set(addresses.filter((address) => address !== ''))].toSorted().join(','),
        (spec.tls?.length ?? 0) > 0 ? '80, 443' : '80',
        ageCell(object, now),
      ];
    },
  },
  strategy: {
    generation: 'spec',
    allowUnconditionalUpdate: true,
    prepareForCreate(object) {
      (object as Ingress).status = { loadBalancer: {} };
    },
    validate,
    validateCreate(object) {
      const { ingressClassName } = (object as Ingress).spec ?? {};
      const annotation = object.metadata.annotations?.[classAnnotation];
      if (annotation === undefined || ingressClassName === undefined || annotation === ingressClassName) return [];
      const message = 'must match `ingressClassName` when both are specified';
      return [fieldError.invalid(`annotations.${classAnnotation}`, annotation, message)];
    },
    warn(object, old, ctx) {
      if (old !== undefined || object.metadata.annotations?.[classAnnotation] === undefined) return;
      if ((object as Ingress).spec?.ingressClassName !== undefined) return;
      ctx.warn(`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`);
    },
  },
  status: {
    validateUpdate(object) {
      const errors: FieldError[] = [];
      (object as Ingress).status?.loadBalancer?.ingress?.forEach(({ ip = '', hostname = '' }, index) => {
        const path = `status.loadBalancer.ingress[${index}]`;
        if (ip !== '') invalidEach(`${path}.ip`, ip, ipAddress(ip), errors);
        if (hostname !== '') invalidEach(`${path}.hostname`, hostname, dns1123Subdomain(hostname), errors);
      });
      return errors;
    },
  },
});
