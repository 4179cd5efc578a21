import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { dns1123Subdomain, nameIsDns1123Label, pathSegmentName } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { invalidEach, requireUnchanged, validateDomainPath } from '../../field-path.ts';

type Parameters = { apiGroup?: string; kind?: string; name?: string; scope?: string; namespace?: string };
type IngressClass = KubeObject & { spec?: { controller?: string; parameters?: Parameters } };

const maxControllerLength = 250;
const scopes = ['Cluster', 'Namespace'];

function validate(object: KubeObject): FieldError[] {
  const { controller = '', parameters } = (object as IngressClass).spec ?? {};
  const errors: FieldError[] = [];
  const path = 'spec.controller';
  if (Buffer.byteLength(controller) > maxControllerLength) errors.push(fieldError.tooLong(path, maxControllerLength));
  validateDomainPath(controller, path, errors);
  if (parameters !== undefined) validateParameters(parameters, 'spec.parameters', errors);
  return errors;
}

function validateParameters(parameters: Parameters, path: string, errors: FieldError[]): void {
  const { apiGroup, kind = '', name = '', scope, namespace } = parameters;
  if (apiGroup !== undefined) invalidEach(`${path}.apiGroup`, apiGroup, dns1123Subdomain(apiGroup), errors);
  if (kind === '') errors.push(fieldError.required(`${path}.kind`, 'kind is required'));
  else invalidEach(`${path}.kind`, kind, pathSegmentName(kind), errors);
  if (name === '') errors.push(fieldError.required(`${path}.name`, 'name is required'));
  else invalidEach(`${path}.name`, name, pathSegmentName(name), errors);
  if (scope === undefined) {
    errors.push(fieldError.required(`${path}.scope`));
    return;
  }
  const at = `${path}.namespace`;
  if (!scopes.includes(scope)) errors.push(fieldError.notSupported(`${path}.scope`, scope, scopes));
  else if (scope === 'Namespace') {
    if (namespace === undefined) errors.push(fieldError.required(at, "`parameters.scope` is set to 'Namespace'"));
    else invalidEach(at, namespace, nameIsDns1123Label(namespace, false), errors);
  } else if (namespace !== undefined) {
    errors.push(fieldError.forbidden(at, "`parameters.scope` is set to 'Cluster'"));
  }
}

function parametersCell({ apiGroup, kind = '', name = '' }: Parameters): string {
  return `${apiGroup === undefined ? kind : `${kind}.${apiGroup}`}/${name}`;
}

export const ingressClasses = builtinResource({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  resource: 'ingressclasses',
  scope: 'Cluster',
  table: {
    columns: [
      nameColumn,
      stringColumn('Controller', 'What serves the ingresses of this class.'),
      stringColumn('Parameters', 'The object that configures it.'),
      ageColumn,
    ],
    cells: (object, now) => {
      const { controller = '', parameters } = (object as IngressClass).spec ?? {};
      const shown = parameters === undefined ? '<none>' : parametersCell(parameters);
      return [object.metadata.name ?? '', controller, shown, ageCell(object, now)];
    },
  },
  strategy: {
    generation: 'spec',
    allowUnconditionalUpdate: true,
    applyDefaults(object) {
      const { parameters } = (object as IngressClass).spec ?? {};
      if (parameters !== undefined) parameters.scope ??= 'Cluster';
    },
    validateCreate: validate,
    validateUpdate(object, old) {
      const errors: FieldError[] = [];
      const before = (old as IngressClass).spec?.controller ?? '';
      requireUnchanged('spec.controller', (object as IngressClass).spec?.controller ?? '', before, errors);
      return [...errors, ...validate(object)];
    },
  },
});
