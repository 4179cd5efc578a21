import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { nameIsDns1123Label, qualifiedName } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { at, invalidEach } from '../../field-path.ts';
import type { Verb } from '../../resource-definition.ts';

type Namespace = KubeObject & { spec?: { finalizers?: string[] }; status?: { phase?: string } };

const nameLabel = 'kubernetes.io/metadata.name';
const contentFinalizer = 'kubernetes';
const legacyFinalizers: ReadonlySet<string> = new Set([contentFinalizer, 'orphan', 'foregroundDeletion']);

/** Every namespace carries its name as a label, so that selectors can name namespaces. */
function labelWithName(object: KubeObject): void {
  const { metadata } = object;
  if (metadata.name === undefined || metadata.name === '') return;
  metadata.labels ??= {};
  metadata.labels[nameLabel] = metadata.name;
}

/** Errors of one finalizer of spec.finalizers: a qualified name, and one of the known ones when it has no domain. */
function validateFinalizer(name: string, path: string, errors: FieldError[]): void {
  invalidEach(path, name, qualifiedName(name), errors);
  if (!name.includes('/') && !legacyFinalizers.has(name)) {
    const message = 'name is neither a standard finalizer name nor is it fully qualified';
    errors.push(fieldError.invalid(path, name, message));
  }
}

/** What a PUT to /finalize may set: any list of well-formed finalizers. */
export function validateNamespaceFinalize(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const finalizers = (object as Namespace).spec?.finalizers ?? [];
  finalizers.forEach((name, index) => validateFinalizer(name, at('spec.finalizers', index), errors));
  return errors;
}

function validate(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of (object as Namespace).spec?.finalizers ?? []) validateFinalizer(name, 'spec.finalizers', errors);
  return errors;
}

function applyDefaults(object: KubeObject): void {
  const namespace = object as Namespace;
  labelWithName(namespace);
  const status = (namespace.status ??= {});
  if ((status.phase ?? '') === '') status.phase = 'Active';
}

function prepareForCreate(object: KubeObject): void {
  const namespace = object as Namespace;
  labelWithName(namespace);
  const finalizers = namespace.spec?.finalizers ?? [];
  if (!finalizers.includes(contentFinalizer)) finalizers.push(contentFinalizer);
  namespace.spec = { finalizers };
  namespace.status = { phase: 'Active' };
}

function prepareForUpdate(object: KubeObject, before: KubeObject): void {
  const namespace = object as Namespace;
  const old = before as Namespace;
  labelWithName(namespace);
  namespace.spec = old.spec ?? {};
  namespace.status = old.status ?? {};
}

function validateStatus(object: KubeObject): FieldError[] {
  const phase = (object as Namespace).status?.phase ?? '';
  const deleting = object.metadata.deletionTimestamp !== undefined;
  if (deleting && phase !== 'Terminating') {
    const message = "may only be 'Terminating' if `deletionTimestamp` is not empty";
    return [fieldError.invalid('status.Phase', phase, message)];
  }
  if (!deleting && phase !== 'Active') {
    return [fieldError.invalid('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty")];
  }
  return [];
}

const verbs: readonly Verb[] = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

export const namespaces = builtinResource({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  resource: 'namespaces',
  shortNames: ['ns'],
  scope: 'Cluster',
  verbs,
  table: {
    columns: [nameColumn, stringColumn('Status', 'The phase of the namespace.'), ageColumn],
    cells: (object, now) => [
      object.metadata.name ?? '',
      (object as Namespace).status?.phase ?? '',
      ageCell(object, now),
    ],
  },
  strategy: {
    generation: 'none',
    allowUnconditionalUpdate: true,
    returnDeletedObject: true,
    applyDefaults,
    prepareForCreate,
    prepareForUpdate,
    validate,
    validateName: nameIsDns1123Label,
  },
  status: { validateUpdate: validateStatus },
  subresources: { finalize: { kind: { group: '', version: 'v1', kind: 'Namespace' }, verbs: ['update'] } },
  fieldSelectors: {
    'status.phase': (object) => (object as Namespace).status?.phase ?? '',
  },
});
