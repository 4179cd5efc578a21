import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goString } from '../../../apimachinery/go-syntax.ts';
import { deepEqual } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { nameIsDns1123Subdomain, nameIsPathSegment } from '../../../apimachinery/validation/names.ts';
import { invalidEach } from '../../field-path.ts';
import type { Strategy, TableConvertor } from '../../resource-definition.ts';
import { rbacGroup } from './rules.ts';

/** What RoleBinding and ClusterRoleBinding share: everything but which roles they may name. */
export type Binding = KubeObject & {
  roleRef?: { apiGroup?: string; kind?: string; name?: string };
  subjects?: Subject[];
};

export type Subject = { kind?: string; apiGroup?: string; name?: string; namespace?: string };

const subjectKinds = ['ServiceAccount', 'User', 'Group'];

function applyDefaults(object: KubeObject): void {
  const binding = object as Binding;
  binding.roleRef ??= {};
  if ((binding.roleRef.apiGroup ?? '') === '') binding.roleRef.apiGroup = rbacGroup;
  for (const subject of binding.subjects ?? []) {
    const named = subject.kind === 'User' || subject.kind === 'Group';
    if (named && (subject.apiGroup ?? '') === '') subject.apiGroup = rbacGroup;
  }
}

function validateBinding(object: KubeObject, namespaced: boolean): FieldError[] {
  const { roleRef = {}, subjects = [] } = object as Binding;
  const { apiGroup = '', kind = '', name = '' } = roleRef;
  const roleKinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  const errors: FieldError[] = [];
  if (apiGroup !== rbacGroup) errors.push(fieldError.notSupported('roleRef.apiGroup', apiGroup, [rbacGroup]));
  if (!roleKinds.includes(kind)) errors.push(fieldError.notSupported('roleRef.kind', kind, roleKinds));
  if (name === '') errors.push(fieldError.required('roleRef.name'));
  else invalidEach('roleRef.name', name, nameIsPathSegment(name, false), errors);
  subjects.forEach((subject, index) => validateSubject(subject, namespaced, `subjects[${index}]`, errors));
  return errors;
}

function validateSubject(subject: Subject, namespaced: boolean, path: string, errors: FieldError[]): void {
  const { kind = '', apiGroup = '', name = '', namespace = '' } = subject;
  if (name === '') errors.push(fieldError.required(`${path}.name`));
  if (kind === 'ServiceAccount') {
    if (name !== '') invalidEach(`${path}.name`, name, nameIsDns1123Subdomain(name, false), errors);
    if (apiGroup !== '') errors.push(fieldError.notSupported(`${path}.apiGroup`, apiGroup, ['']));
    if (!namespaced && namespace === '') errors.push(fieldError.required(`${path}.namespace`));
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== rbacGroup) errors.push(fieldError.notSupported(`${path}.apiGroup`, apiGroup, [rbacGroup]));
  } else {
    errors.push(fieldError.notSupported(`${path}.kind`, kind, subjectKinds));
  }
}

/** What a binding grants never changes; who gets it may. */
function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const { roleRef = {} } = object as Binding;
  if (deepEqual(roleRef, (old as Binding).roleRef ?? {})) return [];
  const { apiGroup = '', kind = '', name = '' } = roleRef;
  const shown = `rbac.RoleRef{APIGroup:${goString(apiGroup)}, Kind:${goString(kind)}, Name:${goString(name)}}`;
  return [fieldError.invalid('roleRef', goSyntax(shown), 'cannot change roleRef')];
}

export function bindingStrategy(namespaced: boolean): Strategy {
  return {
    generation: 'none',
    repeatsErrors: true,
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: true,
    applyDefaults,
    validate: (object) => validateBinding(object, namespaced),
    validateUpdate,
    validateName: nameIsPathSegment,
  };
}

function subjectNames(subjects: readonly Subject[], kind: string): string {
  return subjects
    .filter((subject) => subject.kind === kind)
    .map(({ name = '', namespace = '' }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name))
    .join(', ');
}

export const bindingTable: TableConvertor = {
  columns: [
    nameColumn,
    stringColumn('Role', 'The role that is granted.'),
    ageColumn,
    stringColumn('Users', 'The users that get it.', 1),
    stringColumn('Groups', 'The groups that get it.', 1),
    stringColumn('ServiceAccounts', 'The service accounts that get it.', 1),
  ],
  cells: (object, now) => {
    const { roleRef = {}, subjects = [] } = object as Binding;
    return [
      object.metadata.name ?? '',
      `${roleRef.kind ?? ''}/${roleRef.name ?? ''}`,
      ageCell(object, now),
      subjectNames(subjects, 'User'),
      subjectNames(subjects, 'Group'),
      subjectNames(subjects, 'ServiceAccount'),
    ];
  },
};
