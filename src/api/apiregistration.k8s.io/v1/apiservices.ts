import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { dns1035Label, dns1123Subdomain, pathSegmentName } from '../../../apimachinery/validation/names.ts';
import { builtinSchema } from '../../builtin-types.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { invalidEach } from '../../field-path.ts';
import type { ResourceDefinition } from '../../resource-definition.ts';
import { type ApiService, availability, localCondition } from './types.ts';

const group = 'apiregistration.k8s.io';
const defaultPort = 443;
const maxGroupPriority = 20_000;
const maxVersionPriority = 1000;

function applyDefaults(object: KubeObject): void {
  const { service } = (object as ApiService).spec ?? {};
  if (service !== undefined && service !== null && service.port === undefined)
    (service as { port: number }).port = defaultPort;
}

/** Status belongs to whoever looks whether the Service answers; without a Service there is nothing to look at. */
function prepareForCreate(object: KubeObject, { now }: { readonly now: Date }): void {
  const service = object as ApiService;
  const lastTransitionTime = `${now.toISOString().slice(0, 19)}Z`;
  const isLocal = (service.spec?.service ?? null) === null;
  service.status = isLocal ? { conditions: [{ ...localCondition, lastTransitionTime }] } : {};
}

/** The rules of kube-aggregator's validation, with its texts. */
function validate(object: KubeObject): FieldError[] {
  const { spec = {}, metadata } = object as ApiService;
  const { version = '', groupPriorityMinimum = 0, versionPriority = 0, insecureSkipTLSVerify = false } = spec;
  const errors: FieldError[] = [];
  const name = `${version}.${spec.group ?? ''}`;
  if (metadata.name !== name)
    errors.push(
      fieldError.invalid(
        'metadata.name',
        metadata.name,
        `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(name)}`,
      ),
    );
  const { group: servedGroup = '' } = spec;
  if (servedGroup !== '') invalidEach('spec.group', servedGroup, dns1123Subdomain(servedGroup), errors);
  invalidEach('spec.version', version, dns1035Label(version), errors);
  const between = (field: string, value: number, limit: number): void => {
    if (value <= 0 || value > limit)
      errors.push(fieldError.invalid(field, value, `must be positive and less than ${limit}`));
  };
  between('spec.groupPriorityMinimum', groupPriorityMinimum, maxGroupPriority);
  between('spec.versionPriority', versionPriority, maxVersionPriority);
  validateService(spec, errors);
  if (insecureSkipTLSVerify && (spec.caBundle ?? '') !== '')
    errors.push(fieldError.invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'));
  return errors;
}

function validateService(spec: NonNullable<ApiService['spec']>, errors: FieldError[]): void {
  const { service, caBundle = '', insecureSkipTLSVerify = false } = spec;
  if (service === undefined || service === null) {
    if (caBundle !== '')
      errors.push(
        fieldError.invalid(
          'spec.caBundle',
          `${Buffer.from(caBundle, 'base64').length} bytes`,
          'local APIServices may not have a caBundle',
        ),
      );
    if (insecureSkipTLSVerify)
      errors.push(
        fieldError.invalid('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify'),
      );
    return;
  }
  if ((service.namespace ?? '') === '') errors.push(fieldError.required('spec.service.namespace'));
  if ((service.name ?? '') === '') errors.push(fieldError.required('spec.service.name'));
  const { port = defaultPort } = service;
  if (port < 1 || port > 65_535)
    errors.push(
      fieldError.invalid('spec.service.port', port, 'port is not valid: must be between 1 and 65535, inclusive'),
    );
}

function validateStatus(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const { conditions = [] } = (object as ApiService).status ?? {};
  for (const [index, { status }] of conditions.entries())
    if (!['True', 'False', 'Unknown'].includes(status))
      errors.push(fieldError.notSupported(`status.conditions[${index}].status`, status, ['False', 'True', 'Unknown']));
  return errors;
}

function cells(object: KubeObject, now: Date): Json[] {
  const service = object as ApiService;
  const reference = service.spec?.service ?? undefined;
  const { status = 'Unknown', reason = '' } = availability(service) ?? {};
  return [
    object.metadata.name ?? '',
    reference === undefined ? 'Local' : `${reference.namespace}/${reference.name}`,
    status === 'True' ? status : `${status} (${reason})`,
    ageCell(object, now),
  ];
}

const plain = builtinResource({
  group,
  version: 'v1',
  kind: 'APIService',
  resource: 'apiservices',
  categories: ['api-extensions'],
  scope: 'Cluster',
  table: {
    columns: [
      nameColumn,
      stringColumn('Service', 'Who serves the group version.'),
      stringColumn('Available', 'Whether it is served.'),
      ageColumn,
    ],
    cells,
  },
  strategy: {
    generation: 'none',
    validateName: pathSegmentName,
    applyDefaults,
    prepareForCreate,
    validate,
  },
  status: { validateUpdate: validateStatus },
});

const schemaName = 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService';

/** Which group versions a logical cluster has, and who serves them. */
export const apiServices: ResourceDefinition = {
  ...plain,
  versions: plain.versions.map(({ version, served, table }) => ({
    version,
    served,
    table,
    get schema() {
      return builtinSchema(schemaName);
    },
  })),
};
