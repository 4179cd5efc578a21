import { ApiError, internalError } from '../../apimachinery/errors.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import { parseJson } from '../../apimachinery/json-parse.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { applyJsonPatch } from '../../apimachinery/patch/json-patch.ts';
import { DecodeError } from '../../apimachinery/schema/decode.ts';
import type { AdmissionAttributes } from '../admission.ts';
import type { Form } from '../dynamic/match.ts';
import { refit } from '../dynamic/versioned.ts';
import { HookFailure } from './ask.ts';
import type { Verdict } from './verdict.ts';

/** The operations of a webhook's patch. @throws ApiError 500 in stock's words */
export function operationsOf(patch: Buffer): JsonObject[] {
  let value: Json;
  try {
    ({ value } = parseJson(patch));
  } catch (error) {
    throw internalError(error);
  }
  if (value === null) return [];
  if (!Array.isArray(value)) throw unfit(value, 'jsonpatch.Patch');
  return value.map((operation) => {
    if (operation === null) return {};
    if (!isObject(operation)) throw unfit(operation, 'jsonpatch.Operation');
    return operation;
  });
}

function unfit(value: Json, goType: string): ApiError {
  return internalError(new Error(`json: cannot unmarshal ${goKind(value)} into Go value of type ${goType}`));
}

function goKind(value: Json): string {
  if (Array.isArray(value)) return 'array';
  return isObject(value)
    ? 'object'
    : typeof value === 'boolean'
      ? 'bool'
      : typeof value === 'string'
        ? 'string'
        : 'number';
}

/**
 * The object that a webhook's patch makes of `object`, which is in the form: decoded and defaulted anew, as a body is.
 * @throws ApiError 500 in stock's words when the patch cannot be applied or breaks the object; HookFailure for other types of patch.
 */
export function patchedObject(
  hook: string,
  { patchType }: Verdict,
  operations: readonly JsonObject[],
  attributes: AdmissionAttributes,
  object: KubeObject,
  form: Form,
): KubeObject {
  if (patchType !== 'JSONPatch') throw new HookFailure(hook, `unsupported patch type ${JSON.stringify(patchType)}`);
  let patched: Json;
  try {
    patched = applyJsonPatch(object as Json, operations);
  } catch (error) {
    throw error instanceof ApiError ? internalError(error.cause ?? error) : error;
  }
  if (!isObject(patched)) throw unreadable(patched);
  try {
    return refit(attributes, patched, form);
  } catch (error) {
    throw error instanceof DecodeError ? internalError(new Error(error.problem)) : error;
  }
}

function unreadable(patched: Json): ApiError {
  const why = `json: cannot unmarshal ${goKind(patched)} into Go value of type ${typeMeta}`;
  return internalError(new Error(`couldn't get version/kind; json parse error: ${why}`));
}

const typeMeta =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
