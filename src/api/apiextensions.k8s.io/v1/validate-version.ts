import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { type Structural, structuralOf } from '../../../apimachinery/structural/structural.ts';
import type { CrdColumn, CrdVersion } from './types.ts';

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

/** What is wrong with the warning of a deprecated version. */
export function validateDeprecation({ deprecated, deprecationWarning }: CrdVersion, path: string): FieldError[] {
  if (deprecationWarning === undefined) return [];
  const invalid = (detail: string) => fieldError.invalid(path, deprecationWarning, detail);
  if (deprecated !== true) return [invalid('can only be set for deprecated versions')];
  const errors: FieldError[] = [];
  if (Buffer.byteLength(deprecationWarning) > 256) errors.push(invalid('must be <= 256 characters long'));
  if (deprecationWarning === '') errors.push(invalid('must not be an empty string'));
  const bad = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(deprecationWarning);
  if (bad !== null) {
    const index = Buffer.byteLength(deprecationWarning.slice(0, bad.index));
    const detail = `must only contain printable UTF-8 characters; non-printable character found at index ${index}`;
    errors.push(invalid(detail));
  }
  return errors;
}

/** What is wrong with a printer column. */
export function validateColumn(column: CrdColumn, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { name = '', type = '', format = '', jsonPath = '' } = column;
  const types = `must be one of ${columnTypes.join(',')}`;
  if (name === '') errors.push(fieldError.required(`${path}.name`));
  if (type === '') errors.push(fieldError.required(`${path}.type`, types));
  else if (!columnTypes.includes(type)) errors.push(fieldError.invalid(`${path}.type`, type, types));
  if (format !== '' && !columnFormats.includes(format))
    errors.push(fieldError.invalid(`${path}.format`, format, `must be one of ${columnFormats.join(',')}`));
  if (jsonPath === '') errors.push(fieldError.required(`${path}.JSONPath`));
  else errors.push(...validateSimplePath(jsonPath, `${path}.JSONPath`));
  return errors;
}

function validateSimplePath(text: string, path: string): FieldError[] {
  return text.startsWith('.') ? [] : [fieldError.invalid(path, text, 'must be a simple json path starting with .')];
}

/** What is wrong with the paths of the scale subresource. */
export function validateSubresources({ subresources }: CrdVersion, path: string): FieldError[] {
  const scale = subresources?.scale;
  if (scale === undefined) return [];
  const errors: FieldError[] = [];
  const below = (value: string, field: string, prefixes: readonly string[], where: string) => {
    const problems = validateSimplePath(value, `${path}.scale.${field}`);
    if (problems.length > 0) errors.push(...problems);
    else if (!prefixes.some((prefix) => value.startsWith(prefix)))
      errors.push(fieldError.invalid(`${path}.scale.${field}`, value, `should be a json path under ${where}`));
  };
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath = '' } = scale;
  if (specReplicasPath === '') errors.push(fieldError.required(`${path}.scale.specReplicasPath`));
  else below(specReplicasPath, 'specReplicasPath', ['.spec.'], '.spec');
  if (statusReplicasPath === '') errors.push(fieldError.required(`${path}.scale.statusReplicasPath`));
  else below(statusReplicasPath, 'statusReplicasPath', ['.status.'], '.status');
  if (labelSelectorPath !== '')
    below(labelSelectorPath, 'labelSelectorPath', ['.spec.', '.status.'], 'either .spec or .status');
  return errors;
}

const maxSelectableFields = 8;

/** What is wrong with the fields that field selectors may name. */
export function validateSelectableFields({ selectableFields = [], schema }: CrdVersion, path: string): FieldError[] {
  if (selectableFields.length === 0) return [];
  const errors: FieldError[] = [];
  const props = schema?.openAPIV3Schema;
  if (props === undefined) {
    const detail = 'selectableFields may only be set when version.schema.openAPIV3Schema is not included';
    return [fieldError.invalid(path, '', detail)];
  }
  const root = structuralOf(props);
  const seen = new Set<string>();
  selectableFields.forEach(({ jsonPath = '' }, i) => {
    const at = `${path}[${i}].jsonPath`;
    if (jsonPath === '') {
      errors.push(fieldError.required(at));
      return;
    }
    const found = fieldAt(root, jsonPath);
    if (typeof found === 'string') {
      errors.push(fieldError.invalid(at, jsonPath, `is an invalid path: ${found}`));
      return;
    }
    if (/^\.metadata(\.|$)/.test(jsonPath))
      errors.push(fieldError.invalid(at, jsonPath, 'must not point to fields in metadata'));
    if (!['string', 'boolean', 'integer'].includes(found.type)) {
      const detail =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      errors.push(fieldError.invalid(at, jsonPath, detail));
    }
    if (seen.has(jsonPath)) errors.push(fieldError.duplicate(at, jsonPath));
    seen.add(jsonPath);
  });
  if (seen.size > maxSelectableFields) errors.push(fieldError.tooMany(path, seen.size, maxSelectableFields));
  return errors;
}

/** The schema that a path such as `.spec.color` leads to; a text says why there is none. */
function fieldAt(root: Structural, text: string): Structural | string {
  if (!text.startsWith('.')) return `expected [ or . but got: ${text.slice(0, 1)}`;
  let schema = root;
  for (const name of text.slice(1).split('.')) {
    if (name.includes('[')) return 'array notation is not allowed';
    const next = schema.properties.get(name) ?? (typeof schema.additional === 'object' ? schema.additional : undefined);
    if (next === undefined) return 'does not refer to a valid field';
    schema = next;
  }
  return schema;
}
