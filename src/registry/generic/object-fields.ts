import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';

/** A field of an object that should be a struct (spec, status); undefined when it is absent or something else. */
export function structField(object: KubeObject | undefined, field: string): JsonObject | undefined {
  const value = object?.[field] as Json | undefined;
  return isObject(value) ? value : undefined;
}

/** A text inside a struct; '' when absent or something else. */
export function textField(struct: JsonObject | undefined, field: string): string {
  const value = struct?.[field];
  return typeof value === 'string' ? value : '';
}

/** A number inside a struct; 0 when absent or something else. */
export function numberField(struct: JsonObject | undefined, field: string): number {
  const value = struct?.[field];
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0;
}
