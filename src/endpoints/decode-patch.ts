import { badRequest } from '../apimachinery/errors.ts';
import { parseJson, type ParsedBody } from '../apimachinery/json-parse.ts';
import { isObject, type Json, type JsonObject } from '../apimachinery/json.ts';
import { decodeJsonPatch } from '../apimachinery/patch/json-patch.ts';
import { parseYaml } from '../apimachinery/yaml-parse.ts';
import type { PatchType } from '../registry/registry.ts';
import { reason } from './decode.ts';

export type DecodedPatch = {
  readonly patch: JsonObject | readonly JsonObject[];
  readonly strictErrors: readonly string[];
};

/** Parses a patch document. Throws 400 as the stock server words it for each patch type. */
export function decodePatch(type: PatchType, body: Buffer): DecodedPatch {
  const { value, duplicates } = parse(type, body);
  if (type === 'json') {
    return { patch: decodeJsonPatch(value), strictErrors: duplicates };
  }
  if (isObject(value)) return { patch: value, strictErrors: duplicates };
  if (type === 'merge' && value === null) throw badRequest('Invalid JSON Patch');
  if (value === null) return { patch: {}, strictErrors: duplicates };
  const prefix =
    type === 'merge' ? 'error decoding patch: ' : type === 'apply' ? `error decoding YAML: ${whileDecoding}` : '';
  throw badRequest(`${prefix}${unmarshal(value, 'map[string]interface {}')}`);
}

const whileDecoding = 'error unmarshaling JSON: while decoding JSON: ';

function parse(type: PatchType, body: Buffer): ParsedBody {
  if (type === 'apply') {
    try {
      return parseYaml(body);
    } catch (error) {
      throw badRequest(`error decoding YAML: error converting YAML to JSON: ${reason(error)}`);
    }
  }
  try {
    return parseJson(body);
  } catch (error) {
    throw badRequest(`${type === 'strategic' ? '' : 'error decoding patch: '}${reason(error)}`);
  }
}

function unmarshal(value: Json, goType: string): string {
  const kind = Array.isArray(value)
    ? 'array'
    : typeof value === 'boolean'
      ? 'bool'
      : typeof value === 'bigint'
        ? 'number'
        : typeof value;
  return `json: cannot unmarshal ${kind} into Go value of type ${goType}`;
}
