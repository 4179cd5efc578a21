import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goStringSlice } from '../../../apimachinery/go-syntax.ts';
import { nameIsDns1123Label, nameIsDns1123Subdomain } from '../../../apimachinery/validation/names.ts';
import { invalidEach } from '../../field-path.ts';

export type Subject = {
  kind?: string;
  user?: { name?: string };
  group?: { name?: string };
  serviceAccount?: { namespace?: string; name?: string };
};
export type ResourceRule = {
  verbs?: string[];
  apiGroups?: string[];
  resources?: string[];
  clusterScope?: boolean;
  namespaces?: string[];
};
export type NonResourceRule = { verbs?: string[]; nonResourceURLs?: string[] };
export type FlowRule = {
  subjects?: Subject[];
  resourceRules?: ResourceRule[];
  nonResourceRules?: NonResourceRule[];
};

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];
const subjectKinds = ['Group', 'ServiceAccount', 'User'];

/** Errors of one rule of a flow schema: who asks, and for what. */
export function validateFlowRule(rule: FlowRule, path: string, errors: FieldError[]): void {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rule;
  subjects.forEach((subject, index) => validateSubject(subject, `${path}.subjects[${index}]`, errors));
  if (subjects.length === 0) {
    errors.push(fieldError.required(`${path}.subjects`, 'subjects must contain at least one value'));
  }
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    errors.push(fieldError.required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  }
  resourceRules.forEach((each, index) => validateResourceRule(each, `${path}.resourceRules[${index}]`, errors));
  nonResourceRules.forEach((each, index) => {
    validateNonResourceRule(each, `${path}.nonResourceRules[${index}]`, errors);
  });
}

function validateSubject(subject: Subject, path: string, errors: FieldError[]): void {
  const { kind = '' } = subject;
  if (!subjectKinds.includes(kind)) {
    errors.push(fieldError.notSupported(`${path}.kind`, kind, subjectKinds));
    return;
  }
  const field = kind === 'ServiceAccount' ? 'serviceAccount' : kind === 'User' ? 'user' : 'group';
  const named = subject[field];
  const at = `${path}.${field}`;
  if (named === undefined) errors.push(fieldError.required(at, `${field} is required when subject kind is '${kind}'`));
  else {
    const { name = '' } = named;
    if (name === '') errors.push(fieldError.required(`${at}.name`));
    else if (field === 'serviceAccount' && name !== '*') {
      invalidEach(`${at}.name`, name, nameIsDns1123Subdomain(name, false), errors);
    }
    if (field === 'serviceAccount') validateNamespace(subject.serviceAccount?.namespace ?? '', at, errors);
  }
  const others: readonly (readonly [string, 'serviceAccount' | 'user' | 'group'])[] = [
    ['ServiceAccount', 'serviceAccount'],
    ['User', 'user'],
    ['Group', 'group'],
  ];
  for (const [otherKind, other] of others) {
    if (other === field || subject[other] === undefined) continue;
    errors.push(
      fieldError.forbidden(`${path}.${other}`, `${other} is forbidden when subject kind is not '${otherKind}'`),
    );
  }
}

function validateNamespace(namespace: string, path: string, errors: FieldError[]): void {
  const at = `${path}.namespace`;
  if (namespace === '') errors.push(fieldError.required(at, 'must specify namespace for service account'));
  else invalidEach(at, namespace, nameIsDns1123Label(namespace, false), errors);
}

function validateVerbs(given: readonly string[], path: string, errors: FieldError[]): void {
  const at = `${path}.verbs`;
  if (given.length === 0) errors.push(fieldError.required(at, 'verbs must contain at least one value'));
  else if (given.includes('*')) alone(given, at, 'verbs', errors);
  else if (!given.every((verb) => verbs.includes(verb))) {
    errors.push(fieldError.notSupported(at, goSyntax(goStringSlice(given)), verbs));
  }
}

/** A wildcard stands alone. */
function alone(given: readonly string[], path: string, what: string, errors: FieldError[]): void {
  if (given.length < 2 || !given.includes('*')) return;
  const message = `if '*' is present, must not specify other ${what}`;
  errors.push(fieldError.invalid(path, goSyntax(goStringSlice(given)), message));
}

function validateResourceRule(rule: ResourceRule, path: string, errors: FieldError[]): void {
  const { apiGroups = [], resources = [], namespaces = [], clusterScope = false } = rule;
  validateVerbs(rule.verbs ?? [], path, errors);
  if (apiGroups.length === 0) {
    errors.push(fieldError.required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  } else alone(apiGroups, `${path}.apiGroups`, 'api groups', errors);
  if (resources.length === 0) {
    errors.push(fieldError.required(`${path}.resources`, 'resource rules must supply at least one resource'));
  } else alone(resources, `${path}.resources`, 'resources', errors);
  const at = `${path}.namespaces`;
  if (namespaces.length === 0 && !clusterScope) {
    const message = 'resource rules that are not cluster scoped must supply at least one namespace';
    errors.push(fieldError.required(at, message));
  } else if (namespaces.includes('*')) alone(namespaces, at, 'namespaces', errors);
  else {
    namespaces.forEach((namespace, index) => {
      for (const message of nameIsDns1123Label(namespace, false)) {
        const intro = "each member of this list must be '*' or a DNS-1123 label; ";
        errors.push(fieldError.invalid(`${at}[${index}]`, namespace, intro + message));
      }
    });
  }
}

function validateNonResourceRule(rule: NonResourceRule, path: string, errors: FieldError[]): void {
  const { nonResourceURLs: urls = [] } = rule;
  validateVerbs(rule.verbs ?? [], path, errors);
  const at = `${path}.nonResourceURLs`;
  if (urls.length === 0) errors.push(fieldError.required(at, 'nonResourceURLs must contain at least one value'));
  else if (urls.includes('*')) alone(urls, at, 'non-resource URLs', errors);
  else {
    urls.forEach((url, index) => {
      const problem = urlProblem(url);
      if (problem !== undefined) errors.push(fieldError.invalid(`${at}[${index}]`, url, problem));
    });
  }
}

function urlProblem(url: string): string | undefined {
  if (url === '') return 'must not be empty';
  if (url === '/') return undefined;
  if (!url.startsWith('/')) return 'must start with slash';
  if (url.includes(' ')) return 'must not contain white-space';
  if (url.includes('//')) return 'must not contain double slash';
  const wildcards = url.split('*').length - 1;
  if (wildcards === 0 || (wildcards === 1 && url.endsWith('/*'))) return undefined;
  return 'wildcard can only do suffix matching';
}
