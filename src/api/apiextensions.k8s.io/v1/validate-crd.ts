import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { deepEqual, type Json } from '../../../apimachinery/json.ts';
import { dns1035Label, dns1123Subdomain } from '../../../apimachinery/validation/names.ts';
import { type Crd, type CrdSpec, type CrdVersion, isCrdConditionTrue } from './types.ts';
import { validateApproval } from './validate-approval.ts';
import { caBundleProblem } from './ca-bundle.ts';
import { storedExpressions } from './check-rules.ts';
import { validateConversion } from './validate-conversion.ts';
import { validateNames } from './validate-names.ts';
import { validateSchema } from './validate-schema.ts';
import {
  validateColumn,
  validateDeprecation,
  validateSelectableFields,
  validateSubresources,
} from './validate-version.ts';

/** What is wrong with a new definition (apiextensions' ValidateCustomResourceDefinition). */
export function validateCrd(crd: Crd): FieldError[] {
  const { group = '', names = {} } = crd.spec ?? {};
  const errors: FieldError[] = [];
  const wanted = `${names.plural ?? ''}.${group}`;
  if (crd.metadata.name !== wanted)
    errors.push(
      fieldError.invalid('metadata.name', crd.metadata.name ?? '', 'must be spec.names.plural+"."+spec.group'),
    );
  errors.push(...validateSpec(crd.spec ?? {}, true), ...validateStatus(crd), ...validateApproval(crd, undefined));
  errors.push(...validatePreserveUnknown(crd, undefined));
  return errors;
}

/** What is wrong with a changed definition. */
export function validateCrdUpdate(crd: Crd, old: Crd): FieldError[] {
  const { spec = {} } = crd;
  const { spec: oldSpec = {} } = old;
  const allowInvalidBundle =
    !isCrdConditionTrue(old, 'Established') || caBundleProblem(oldSpec.conversion) !== undefined;
  const errors = validateSpec(spec, allowInvalidBundle, oldSpec);
  const immutable = (value: string | undefined, before: string | undefined, field: string) => {
    if ((value ?? '') !== (before ?? '')) errors.push(fieldError.invalid(field, value ?? '', 'field is immutable'));
  };
  if (isCrdConditionTrue(old, 'Established')) {
    immutable(spec.scope, oldSpec.scope, 'spec.scope');
    immutable(spec.names?.kind, oldSpec.names?.kind, 'spec.names.kind');
  }
  immutable(spec.group, oldSpec.group, 'spec.group');
  immutable(spec.names?.plural, oldSpec.names?.plural, 'spec.names.plural');
  errors.push(...validateStatus(crd), ...validateApproval(crd, old), ...validatePreserveUnknown(crd, old));
  return errors;
}

/** Upstream holds what all versions have in common outside of them, and names it there. */
function commonPart<K extends keyof CrdVersion>(versions: readonly CrdVersion[], part: K): boolean {
  const first = versions[0]?.[part] as Json | undefined;
  return versions.length > 0 && versions.every((each) => isSet(each[part]) && deepEqual(each[part] as Json, first));
}

function isSet(part: unknown): boolean {
  return part !== undefined && !(Array.isArray(part) && part.length === 0);
}

function validateSpec(spec: CrdSpec, allowInvalidBundle: boolean, old?: CrdSpec): FieldError[] {
  const { group = '', scope = '', versions = [], names = {}, conversion } = spec;
  const errors: FieldError[] = [];
  const groupProblems = dns1123Subdomain(group);
  if (group === '') errors.push(fieldError.required('spec.group'));
  else if (groupProblems.length > 0) errors.push(fieldError.invalid('spec.group', group, groupProblems.join(',')));
  else if (!group.includes('.'))
    errors.push(fieldError.invalid('spec.group', group, 'should be a domain with at least one dot'));
  if (scope === '') errors.push(fieldError.required('spec.scope'));
  else if (scope !== 'Cluster' && scope !== 'Namespaced')
    errors.push(fieldError.notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
  const common = {
    schema: commonPart(versions, 'schema'),
    subresources: commonPart(versions, 'subresources'),
    additionalPrinterColumns: commonPart(versions, 'additionalPrinterColumns'),
    selectableFields: commonPart(versions, 'selectableFields'),
  };
  if (!common.schema || versions[0]?.schema?.openAPIV3Schema === undefined)
    versions.forEach(({ schema }, i) => {
      if (schema?.openAPIV3Schema === undefined)
        errors.push(fieldError.required(`spec.versions[${i}].schema.openAPIV3Schema`, 'schemas are required'));
    });

  const isStored = storedExpressions(old?.versions ?? []);
  const unchanged = (version: CrdVersion): boolean =>
    old?.versions?.some(
      (each) => each.name === version.name && deepEqual(each.schema as Json, version.schema as Json),
    ) === true;
  const check = (version: CrdVersion, parts: (keyof typeof common)[], at: string): void => {
    if (parts.includes('schema')) {
      const { openAPIV3Schema } = version.schema ?? {};
      const withStatus = common.schema ? versions.some(hasStatus) : hasStatus(version);
      const path = common.schema ? 'spec.validation.openAPIV3Schema' : `${at}.schema.openAPIV3Schema`;
      // What has been accepted once is not looked at again.
      if (openAPIV3Schema !== undefined && !unchanged(version))
        errors.push(...validateSchema(openAPIV3Schema, path, withStatus, isStored));
    }
    if (parts.includes('subresources'))
      errors.push(...validateSubresources(version, `${common.subresources ? 'spec' : at}.subresources`));
    if (parts.includes('additionalPrinterColumns')) {
      const place = `${common.additionalPrinterColumns ? 'spec' : at}.additionalPrinterColumns`;
      (version.additionalPrinterColumns ?? []).forEach((column, i) =>
        errors.push(...validateColumn(column, `${place}[${i}]`)),
      );
    }
    if (parts.includes('selectableFields'))
      errors.push(...validateSelectableFields(version, `${common.selectableFields ? 'spec' : at}.selectableFields`));
  };
  const parts = Object.keys(common) as (keyof typeof common)[];
  versions.forEach((version, i) => {
    const at = `spec.versions[${i}]`;
    const problems = dns1035Label(version.name ?? '');
    if (problems.length > 0) errors.push(fieldError.invalid(`${at}.name`, version.name ?? '', problems.join(',')));
    errors.push(...validateDeprecation(version, `${at}.deprecationWarning`));
    check(
      version,
      parts.filter((part) => !common[part]),
      at,
    );
  });
  const shownVersions = goSyntax(`[]apiextensions.CustomResourceDefinitionVersion{${versions.length}}`);
  if (new Set(versions.map((version) => version.name)).size < versions.length)
    errors.push(fieldError.invalid('spec.versions', shownVersions, 'must contain unique version names'));
  if (versions.filter((version) => version.storage === true).length !== 1) {
    const detail = 'must have exactly one version marked as storage version';
    errors.push(fieldError.invalid('spec.versions', shownVersions, detail));
  }
  // Upstream's internal type repeats the first version's name.
  const { name: firstName = '' } = versions[0] ?? {};
  const firstProblems = firstName === '' ? [] : dns1035Label(firstName);
  if (firstProblems.length > 0) errors.push(fieldError.invalid('spec.version', firstName, firstProblems.join(',')));
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const)
    if ((names[field] ?? '') === '') errors.push(fieldError.required(`spec.names.${field}`));
  errors.push(...validateNames(names, 'spec.names'));
  const [first] = versions;
  if (first !== undefined)
    check(
      first,
      parts.filter((part) => common[part]),
      'spec',
    );
  if (conversion !== undefined) {
    if (conversion.strategy !== 'None' && spec.preserveUnknownFields === true) {
      const detail = 'must be None if spec.preserveUnknownFields is true';
      errors.push(fieldError.invalid('spec.conversion.strategy', conversion.strategy ?? '', detail));
    }
    errors.push(...validateConversion(conversion, 'spec.conversion', allowInvalidBundle));
  }
  return errors;
}

function hasStatus(version: CrdVersion): boolean {
  return version.subresources?.status !== undefined;
}

function validateStatus({ spec = {}, status = {} }: Crd): FieldError[] {
  const errors = validateNames(status.acceptedNames ?? {}, 'status.acceptedNames');
  const stored = status.storedVersions ?? [];
  const field = 'status.storedVersions';
  const shown = goSyntax(`[]string{${stored.map((each) => JSON.stringify(each)).join(', ')}}`);
  if (stored.length === 0) {
    errors.push(fieldError.invalid(field, shown, 'must have at least one stored version'));
    return errors;
  }
  const versions = spec.versions ?? [];
  for (const { name = '', storage } of versions)
    if (storage === true && !stored.includes(name))
      errors.push(fieldError.invalid(field, shown, `must have the storage version ${name}`));
  stored.forEach((name, i) => {
    if (versions.some((version) => version.name === name)) return;
    errors.push(
      fieldError.invalid(
        `${field}[${i}]`,
        name,
        `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
      ),
    );
  });
  return errors;
}

function validatePreserveUnknown({ spec }: Crd, old: Crd | undefined): FieldError[] {
  if (old?.spec?.preserveUnknownFields === true || spec?.preserveUnknownFields !== true) return [];
  const detail =
    'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
  return [fieldError.invalid('spec.preserveUnknownFields', true, detail)];
}
