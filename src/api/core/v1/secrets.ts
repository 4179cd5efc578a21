import { ApiError, type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { deepEqual, isObject, type Json, setOwn } from '../../../apimachinery/json.ts';
import { parseJson } from '../../../apimachinery/json-parse.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { configMapKey } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { atKey, invalidEach, requireUnchanged } from '../../field-path.ts';
import type { StrategyContext } from '../../resource-definition.ts';
import { base64Size, frozenMessage, maxDataBytes } from './data-size.ts';
import { keyPairProblem } from './tls-key-pair.ts';

type Secret = KubeObject & {
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  immutable?: boolean;
  type?: string;
};

const serviceAccountNameAnnotation = 'kubernetes.io/service-account.name';

/** stringData is write-only: it becomes part of data, and wins over it. */
function applyDefaults(object: KubeObject): void {
  const secret = object as Secret;
  const { stringData } = secret;
  if (stringData !== undefined) {
    const keys = Object.keys(stringData);
    if (keys.length > 0) {
      const data = secret.data ?? {};
      for (const key of keys) setOwn(data, key, Buffer.from(stringData[key] ?? '').toString('base64'));
      secret.data = data;
    }
    delete secret.stringData;
  }
  if (secret.type === undefined || secret.type === '') secret.type = 'Opaque';
}

function validate(object: KubeObject): FieldError[] {
  const secret = object as Secret;
  const { data = {} } = secret;
  const errors: FieldError[] = [];
  let size = 0;
  for (const key of Object.keys(data)) {
    invalidEach(atKey('data', key), key, configMapKey(key), errors);
    size += base64Size(data[key] ?? '');
  }
  if (size > maxDataBytes) errors.push(fieldError.tooLong('data', maxDataBytes));
  validateType(secret, data, errors);
  return errors;
}

function warn(object: KubeObject, _old: KubeObject | undefined, ctx: StrategyContext): void {
  const { type, data = {} } = object as Secret;
  if (type !== 'kubernetes.io/tls') return;
  const problem = keyPairProblem(decode(data['tls.crt']), decode(data['tls.key']));
  if (problem !== undefined) ctx.warn(problem);
}

function validateType(secret: Secret, data: Record<string, string>, errors: FieldError[]): void {
  const required = (key: string): void => {
    errors.push(fieldError.required(atKey('data', key)));
  };
  switch (secret.type) {
    case 'kubernetes.io/service-account-token':
      if ((secret.metadata.annotations?.[serviceAccountNameAnnotation] ?? '') === '') {
        errors.push(fieldError.required(atKey('metadata.annotations', serviceAccountNameAnnotation)));
      }
      return;
    case 'kubernetes.io/dockercfg':
      validateJson(data, '.dockercfg', errors);
      return;
    case 'kubernetes.io/dockerconfigjson':
      validateJson(data, '.dockerconfigjson', errors);
      return;
    case 'kubernetes.io/basic-auth':
      if (!Object.hasOwn(data, 'username') && !Object.hasOwn(data, 'password')) {
        required('username');
        required('password');
      }
      return;
    case 'kubernetes.io/ssh-auth':
      if ((data['ssh-privatekey'] ?? '') === '') required('ssh-privatekey');
      return;
    case 'kubernetes.io/tls':
      if (!Object.hasOwn(data, 'tls.crt')) required('tls.crt');
      if (!Object.hasOwn(data, 'tls.key')) required('tls.key');
      return;
  }
}

function decode(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString();
}

/** Registry credentials must be a JSON object. The value is never repeated in the error. */
function validateJson(data: Record<string, string>, key: string, errors: FieldError[]): void {
  const path = atKey('data', key);
  if (!Object.hasOwn(data, key)) {
    errors.push(fieldError.required(path));
    return;
  }
  const problem = jsonObjectProblem(decode(data[key]));
  if (problem !== undefined) errors.push(fieldError.invalid(path, '<secret contents redacted>', problem));
}

/** Why a text is not a JSON object, in the words of Go's encoding/json; undefined when it is one (or null). */
function jsonObjectProblem(text: string): string | undefined {
  let value: Json;
  try {
    ({ value } = parseJson(Buffer.from(text)));
  } catch (error) {
    if (error instanceof ApiError) return error.message;
    throw error;
  }
  if (value === null || isObject(value)) return undefined;
  const found = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return `json: cannot unmarshal ${found === 'bigint' ? 'number' : found} into Go value of type map[string]interface {}`;
}

function validateUpdate(object: KubeObject, before: KubeObject): FieldError[] {
  const updated = object as Secret;
  const old = before as Secret;
  const errors: FieldError[] = [];
  requireUnchanged('type', updated.type, old.type, errors);
  if (old.immutable !== true) return errors;
  if (updated.immutable !== true) errors.push(fieldError.forbidden('immutable', frozenMessage));
  if (!deepEqual(updated.data ?? {}, old.data ?? {})) errors.push(fieldError.forbidden('data', frozenMessage));
  return errors;
}

export const secrets = builtinResource({
  group: '',
  version: 'v1',
  kind: 'Secret',
  resource: 'secrets',
  scope: 'Namespaced',
  table: {
    columns: [
      nameColumn,
      stringColumn('Type', 'What the secret is for.'),
      stringColumn('Data', 'The number of entries.'),
      ageColumn,
    ],
    cells: (object, now) => {
      const { type = '', data = {} } = object as Secret;
      return [object.metadata.name ?? '', type, Object.keys(data).length, ageCell(object, now)];
    },
  },
  strategy: { generation: 'none', allowUnconditionalUpdate: true, applyDefaults, validate, validateUpdate, warn },
  fieldSelectors: { type: (object) => (object as Secret).type ?? '' },
});
