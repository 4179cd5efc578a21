import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { deepEqual } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { configMapKey } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { atKey, invalidEach } from '../../field-path.ts';
import { base64Size, frozenMessage, maxDataBytes } from './data-size.ts';

type ConfigMap = KubeObject & {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
  immutable?: boolean;
};

function validate(object: KubeObject): FieldError[] {
  const { data = {}, binaryData = {} } = object as ConfigMap;
  const errors: FieldError[] = [];
  let size = 0;
  for (const key of Object.keys(data)) {
    invalidEach(atKey('data', key), key, configMapKey(key), errors);
    if (Object.hasOwn(binaryData, key)) {
      errors.push(fieldError.invalid(atKey('data', key), key, 'duplicate of key present in binaryData'));
    }
    size += Buffer.byteLength(data[key] ?? '');
  }
  for (const key of Object.keys(binaryData)) {
    invalidEach(atKey('binaryData', key), key, configMapKey(key), errors);
    size += base64Size(binaryData[key] ?? '');
  }
  if (size > maxDataBytes) errors.push(fieldError.tooLong('[]', maxDataBytes));
  return errors;
}

function validateUpdate(object: KubeObject, before: KubeObject): FieldError[] {
  const updated = object as ConfigMap;
  const old = before as ConfigMap;
  if (old.immutable !== true) return [];
  const errors: FieldError[] = [];
  if (updated.immutable !== true) errors.push(fieldError.forbidden('immutable', frozenMessage));
  if (!deepEqual(updated.data ?? {}, old.data ?? {})) errors.push(fieldError.forbidden('data', frozenMessage));
  if (!deepEqual(updated.binaryData ?? {}, old.binaryData ?? {})) {
    errors.push(fieldError.forbidden('binaryData', frozenMessage));
  }
  return errors;
}

export const configMaps = builtinResource({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  shortNames: ['cm'],
  scope: 'Namespaced',
  table: {
    columns: [nameColumn, stringColumn('Data', 'The number of entries.'), ageColumn],
    cells: (object, now) => {
      const { data = {}, binaryData = {} } = object as ConfigMap;
      return [
        object.metadata.name ?? '',
        Object.keys(data).length + Object.keys(binaryData).length,
        ageCell(object, now),
      ];
    },
  },
  strategy: { generation: 'none', allowUnconditionalUpdate: true, validate, validateUpdate },
});
