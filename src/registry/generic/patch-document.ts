import { type ApiError, fieldError, invalid } from '../../apimachinery/errors.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { goFormat } from '../../apimachinery/patch/go-format.ts';
import { applyJsonPatch, unknownJsonPatchFields } from '../../apimachinery/patch/json-patch.ts';
import { applyMergePatch } from '../../apimachinery/patch/merge-patch.ts';
import { patchedText, touchedByMerge, touchedByOperations } from '../../apimachinery/patch/patched-text.ts';
import { applyStrategicMergePatch } from '../../apimachinery/patch/strategic-merge-patch.ts';
import { conversionProblem } from '../../apimachinery/schema/conversion-problem.ts';
import { DecodeError, decodeObject } from '../../apimachinery/schema/decode.ts';
import type { StructSchema } from '../../apimachinery/schema/schema.ts';
import type { FieldValidation, PatchRequest } from '../registry.ts';

/** What a patch may be refused with, and told about, while it is made into an object. */
export type PatchValidation = { readonly mode: FieldValidation; warn(text: string): void };

/**
 * What a JSON, merge or strategic merge patch makes of an object, as a new object that the caller owns; `base` and the patch stay as they are.
 * @throws 422 when the result is no object of the kind (upstream prints the whole result as the bad value), or has unknown fields and the mode is
 * Strict; what the patch itself throws.
 */
export function patchDocument(
  base: KubeObject,
  schema: StructSchema,
  request: PatchRequest,
  validation: PatchValidation,
): KubeObject {
  const patched = applyPatch(base as JsonObject, schema, request);
  const shown = (): string =>
    request.type === 'strategic'
      ? goFormat(request.patch as Json)
      : patchedText(patched, schema, touchedBy(request)).slice(0, maxShownBytes);
  if (!isObject(patched)) throw badResult(shown(), 'json: cannot unmarshal a value that is no object');
  let decoded: ReturnType<typeof decodeObject>;
  try {
    decoded = decodeObject(patched, schema);
  } catch (error) {
    if (error instanceof DecodeError) {
      const problem = request.type === 'strategic' ? conversionProblem(patched, schema) : undefined;
      throw badResult(shown(), problem ?? error.problem);
    }
    throw error;
  }
  if (validation.mode !== 'Ignore') report([...strictErrors(request), ...decoded.unknown], validation, shown);
  const { apiVersion, kind } = base;
  if (patched['apiVersion'] !== apiVersion || patched['kind'] !== kind)
    throw badResult(
      shown(),
      `no kind ${quoted(patched['kind'])} is registered for version ${quoted(patched['apiVersion'])} in scheme "pkg/runtime/scheme.go:110"`,
    );
  return decoded.object;
}

function quoted(value: Json | undefined): string {
  return JSON.stringify(typeof value === 'string' ? value : '');
}

function touchedBy({ type, patch }: PatchRequest): ReturnType<typeof touchedByMerge> {
  return type === 'json' ? touchedByOperations(patch as readonly JsonObject[]) : touchedByMerge(patch as JsonObject);
}

/** Results can be as large as objects; an error message need not. */
const maxShownBytes = 16 * 1024;

function applyPatch(base: JsonObject, schema: StructSchema, { type, patch }: PatchRequest): Json {
  if (type === 'json') return applyJsonPatch(base, patch as readonly JsonObject[]);
  return type === 'strategic'
    ? applyStrategicMergePatch(base, patch as JsonObject, schema)
    : applyMergePatch(base, patch as JsonObject);
}

function strictErrors({ type, patch, strictErrors: found }: PatchRequest): string[] {
  if (type !== 'json') return [...found];
  return [...found, ...unknownJsonPatchFields(patch as readonly JsonObject[])].map((each) => `json patch ${each}`);
}

function report(errors: readonly string[], validation: PatchValidation, shown: () => string): void {
  if (errors.length === 0) return;
  if (validation.mode === 'Strict') throw badResult(shown(), `strict decoding error: ${errors.join(', ')}`);
  for (const each of errors) validation.warn(each);
}

function badResult(value: string, why: string): ApiError {
  return invalid({ group: '', kind: '' }, '', [fieldError.invalid('patch', value, why)]);
}
