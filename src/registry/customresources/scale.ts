import type { CrdScale } from '../../api/apiextensions.k8s.io/v1/types.ts';
import type { ScaleSubresource } from '../../api/resource-definition.ts';
import { type FieldError, fieldError } from '../../apimachinery/errors.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';

/** The scale subresource that a definition declares. */
export function scaleOf(declared: CrdScale | undefined): ScaleSubresource | undefined {
  if (declared === undefined) return undefined;
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath } = declared;
  const selectorPath = labelSelectorPath === undefined ? undefined : pathOf(labelSelectorPath);
  return {
    specReplicasPath: pathOf(specReplicasPath),
    statusReplicasPath: pathOf(statusReplicasPath),
    selector(object) {
      const value = selectorPath === undefined ? undefined : valueAt(object, selectorPath);
      return typeof value === 'string' ? value : '';
    },
  };
}

/** `.spec.replicas` → its fields; a leading dot is ignored. */
function pathOf(text: string): string[] {
  return (text.startsWith('.') ? text.slice(1) : text).split('.');
}

const maxInt32 = 2 ** 31 - 1;

/** What is wrong with the replicas of an object that can be scaled. */
export function validateScale(object: KubeObject, declared: CrdScale, part: 'spec' | 'status'): FieldError[] {
  const errors: FieldError[] = [];
  const replicas = part === 'spec' ? declared.specReplicasPath : declared.statusReplicasPath;
  if (replicas !== undefined) validateReplicas(object, replicas, errors);
  const { labelSelectorPath } = declared;
  if (part === 'status' && labelSelectorPath !== undefined) {
    const value = valueAt(object, pathOf(labelSelectorPath));
    if (value !== undefined && typeof value !== 'string')
      errors.push(fieldError.invalid(labelSelectorPath, '', accessorError(labelSelectorPath, value, 'string')));
  }
  return errors;
}

function validateReplicas(object: KubeObject, path: string, errors: FieldError[]): void {
  const value = valueAt(object, pathOf(path));
  if (value === undefined) return;
  if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isInteger(value)))
    errors.push(fieldError.invalid(path, 0, accessorError(path, value, 'int64')));
  else if (value < 0) errors.push(fieldError.invalid(path, value, 'should be a non-negative integer'));
  else if (value > maxInt32)
    errors.push(fieldError.invalid(path, value, `should be less than or equal to ${maxInt32}`));
}

function accessorError(path: string, value: Json, expected: string): string {
  const dotted = path.startsWith('.') ? path : `.${path}`;
  return `${dotted} accessor error: ${goValue(value)} is of the type ${goType(value)}, expected ${expected}`;
}

function goType(value: Json): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string'
    ? 'string'
    : typeof value === 'bigint' || Number.isInteger(value)
      ? 'int64'
      : 'float64';
}

function goValue(value: Json): string {
  return value === null ? '<nil>' : typeof value === 'object' ? JSON.stringify(value).slice(0, 1024) : String(value);
}

function valueAt(object: KubeObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = object as JsonObject;
  for (const field of path) value = isObject(value) && Object.hasOwn(value, field) ? value[field] : undefined;
  return value;
}
