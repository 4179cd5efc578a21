import { type FieldError, fieldError, goSyntax } from '../errors.ts';
import { deepEqual, type Json } from '../json.ts';
import { type ManagedFieldsEntry, type ObjectMeta, type OwnerReference, parseApiVersion } from '../object.ts';
import { dns1123Label, labelValue, longerThan, qualifiedName } from './names.ts';

export const totalAnnotationSizeLimit = 256 * 1024;
const maxManagerBytes = 128;
const maxSubresourceBytes = 256;

export type ObjectMetaRules = {
  readonly namespaced: boolean;
  /** The kind's rule for names: messages, [] when fine. `prefix` is true for generateName. */
  readonly validateName: (name: string, prefix: boolean) => string[];
  /** Path of the metadata; usually `metadata`. */
  readonly field: string;
};

/**
 * The rules for the metadata of any new object (k8s.io/apimachinery/pkg/api/validation/objectmeta.go). The name has been generated already
 * when there is only a generateName.
 */
export function validateObjectMeta(meta: ObjectMeta, rules: ObjectMetaRules): FieldError[] {
  const { field } = rules;
  const errors: FieldError[] = [];
  if (meta.generateName !== undefined && meta.generateName !== '') {
    for (const message of rules.validateName(meta.generateName, true)) {
      errors.push(fieldError.invalid(`${field}.generateName`, meta.generateName, message));
    }
  }
  if (meta.name === undefined || meta.name === '') {
    errors.push(fieldError.required(`${field}.name`, 'name or generateName is required'));
  } else {
    for (const message of rules.validateName(meta.name, false)) {
      errors.push(fieldError.invalid(`${field}.name`, meta.name, message));
    }
  }
  const namespace = meta.namespace ?? '';
  if (!rules.namespaced) {
    if (namespace !== '') errors.push(fieldError.forbidden(`${field}.namespace`, 'not allowed on this type'));
  } else if (namespace === '') {
    errors.push(fieldError.required(`${field}.namespace`));
  } else {
    for (const message of dns1123Label(namespace)) {
      errors.push(fieldError.invalid(`${field}.namespace`, namespace, message));
    }
  }
  if (meta.generation !== undefined && meta.generation < 0) {
    errors.push(fieldError.invalid(`${field}.generation`, meta.generation, 'must be greater than or equal to 0'));
  }
  appendCommonErrors(errors, meta, field);
  if (meta.finalizers !== undefined) errors.push(...validateFinalizers(meta.finalizers, `${field}.finalizers`));
  appendManagedFieldsErrors(errors, meta, field);
  return errors;
}

/**
 * What an update may do to metadata. The caller has already carried over what clients cannot set (uid, creationTimestamp, deletion).
 */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, field = 'metadata'): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined && meta.finalizers !== undefined) {
    const known = new Set(old.finalizers);
    const added = [...new Set(meta.finalizers.filter((finalizer) => !known.has(finalizer)))].sort();
    if (added.length > 0) {
      const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
      errors.push(
        fieldError.forbidden(
          `${field}.finalizers`,
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
        ),
      );
    }
  }
  if (meta.resourceVersion === undefined || meta.resourceVersion === '') {
    errors.push(fieldError.invalid(`${field}.resourceVersion`, '', 'must be specified for an update'));
  }
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(fieldError.invalid(`${field}.generation`, meta.generation ?? 0, 'must not be decremented'));
  }
  appendImmutable(errors, `${field}.name`, meta.name ?? '', old.name ?? '');
  appendImmutable(errors, `${field}.namespace`, meta.namespace ?? '', old.namespace ?? '');
  appendImmutable(errors, `${field}.uid`, meta.uid ?? '', old.uid ?? '');
  appendImmutableTime(errors, `${field}.creationTimestamp`, meta.creationTimestamp, old.creationTimestamp);
  appendImmutableTime(errors, `${field}.deletionTimestamp`, meta.deletionTimestamp, old.deletionTimestamp);
  appendImmutable(
    errors,
    `${field}.deletionGracePeriodSeconds`,
    meta.deletionGracePeriodSeconds ?? null,
    old.deletionGracePeriodSeconds ?? null,
  );
  appendCommonErrors(errors, meta, field);
  appendManagedFieldsErrors(errors, meta, field);
  return errors;
}

function appendCommonErrors(errors: FieldError[], meta: ObjectMeta, field: string): void {
  if (meta.labels !== undefined) errors.push(...validateLabels(meta.labels, `${field}.labels`));
  if (meta.annotations !== undefined) errors.push(...validateAnnotations(meta.annotations, `${field}.annotations`));
  if (meta.ownerReferences !== undefined) {
    errors.push(...validateOwnerReferences(meta.ownerReferences, `${field}.ownerReferences`));
  }
}

function appendManagedFieldsErrors(errors: FieldError[], meta: ObjectMeta, field: string): void {
  if (meta.managedFields !== undefined) {
    errors.push(...validateManagedFields(meta.managedFields, `${field}.managedFields`));
  }
}

function appendImmutable(errors: FieldError[], field: string, value: Json, old: Json): void {
  errors.push(...validateImmutableField(value, old, field));
}

/** Go prints a time in words of its own. */
function appendImmutableTime(
  errors: FieldError[],
  field: string,
  value: string | null | undefined,
  old: string | null | undefined,
): void {
  if ((value ?? '') === (old ?? '')) return;
  const shown =
    value === undefined || value === null ? null : goSyntax(`${value.slice(0, 10)} ${value.slice(11, 19)} +0000 UTC`);
  errors.push(fieldError.invalid(field, shown, 'field is immutable'));
}

/** `field is immutable` when the two differ. */
export function validateImmutableField(value: Json | undefined, old: Json | undefined, field: string): FieldError[] {
  return deepEqual(value, old) ? [] : [fieldError.invalid(field, value, 'field is immutable')];
}

export function validateLabels(labels: Readonly<Record<string, string>>, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of Object.keys(labels)) {
    for (const message of qualifiedName(key)) errors.push(fieldError.invalid(field, key, message));
    const value = labels[key] ?? '';
    for (const message of labelValue(value)) errors.push(fieldError.invalid(field, value, message));
  }
  return errors;
}

export function validateAnnotations(annotations: Readonly<Record<string, string>>, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const key of Object.keys(annotations)) {
    for (const message of qualifiedName(key.toLowerCase())) errors.push(fieldError.invalid(field, key, message));
    size += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] ?? '');
  }
  if (size > totalAnnotationSizeLimit) errors.push(fieldError.tooLong(field, totalAnnotationSizeLimit));
  return errors;
}

export function validateOwnerReferences(references: readonly OwnerReference[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  let controller = '';
  for (const reference of references) {
    const { version } = parseApiVersion(reference.apiVersion ?? '');
    if (version === '') {
      errors.push(fieldError.invalid(`${field}.apiVersion`, reference.apiVersion ?? '', 'version must not be empty'));
    }
    for (const name of ['kind', 'name', 'uid'] as const) {
      const value = reference[name] ?? '';
      if (value === '') errors.push(fieldError.invalid(`${field}.${name}`, value, `${name} must not be empty`));
    }
    if (reference.apiVersion === 'v1' && reference.kind === 'Event') {
      errors.push(fieldError.invalid(field, reference, '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (reference.controller !== true) continue;
    const current = `${reference.kind}/${reference.name}`;
    if (controller === '') controller = current;
    else {
      errors.push(
        fieldError.invalid(
          field,
          references,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`,
        ),
      );
    }
  }
  return errors;
}

export function validateFinalizers(finalizers: readonly string[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const finalizer of finalizers) {
    for (const message of qualifiedName(finalizer)) errors.push(fieldError.invalid(field, finalizer, message));
  }
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(fieldError.invalid(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return errors;
}

function validateManagedFields(entries: readonly ManagedFieldsEntry[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  entries.forEach((entry, index) => {
    const path = `${field}[${index}]`;
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') {
      errors.push(fieldError.invalid(`${path}.operation`, entry.operation ?? '', 'must be `Apply` or `Update`'));
    }
    const fieldsType: string = entry.fieldsType ?? '';
    if (fieldsType !== '' && fieldsType !== 'FieldsV1') {
      errors.push(fieldError.invalid(`${path}.fieldsType`, fieldsType, 'must be `FieldsV1`'));
    }
    errors.push(...validateFieldManager(entry.manager ?? '', `${path}.manager`));
    if (longerThan(entry.subresource ?? '', maxSubresourceBytes)) {
      errors.push(fieldError.tooLong(`${path}.subresource`, maxSubresourceBytes));
    }
  });
  return errors;
}

/** The name of a field manager: at most 128 bytes, all printable (`PatchOptions.fieldManager` too). */
export function validateFieldManager(manager: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (longerThan(manager, maxManagerBytes)) errors.push(fieldError.tooLong(field, maxManagerBytes));
  if (/^[\x20-\x7e]*$/.test(manager)) return errors;
  let position = 0;
  for (const character of manager) {
    if (!/^(?:[\p{L}\p{M}\p{N}\p{P}\p{S}]| )$/u.test(character)) {
      const code = character.codePointAt(0) ?? 0;
      const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
      errors.push(fieldError.invalid(field, manager, `invalid character ${name} (at position ${position})`));
    }
    position += Buffer.byteLength(character);
  }
  return errors;
}
