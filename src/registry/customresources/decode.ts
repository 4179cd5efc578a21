import { objectMetaSchema } from '../../api/builtin-types.ts';
import { badRequest } from '../../apimachinery/errors.ts';
import { readExactly } from '../../apimachinery/json-reader.ts';
import { isObject, type JsonObject, setOwn } from '../../apimachinery/json.ts';
import { formatApiVersion, type GroupVersionKind, type KubeObject } from '../../apimachinery/object.ts';
import { DecodeError, decodeObject } from '../../apimachinery/schema/decode.ts';
import type { Decoded } from '../../apimachinery/schema/schema.ts';
import { prunedCopy } from '../../apimachinery/structural/prune.ts';
import type { Structural } from '../../apimachinery/structural/structural.ts';
import { coerceEmbedded } from './embedded.ts';
import { cannotBeHandled } from './refusal.ts';

const none: readonly string[] = [];

/**
 * Fits a body to a custom resource (the schema-coercing decoder of apiextensions-apiserver): metadata as of every kind, all else pruned by the schema. Types
 * are not looked at: validation does, in its own words. The result shares nothing with `value`.
 * @param source the JSON text when it repeats keys.
 * @throws DecodeError 400 for metadata of wrong types.
 */
export function decodeCustomResource(
  value: JsonObject,
  gvk: GroupVersionKind,
  schema: Structural,
  source: string | undefined,
): Decoded {
  const object: JsonObject = { kind: gvk.kind, apiVersion: formatApiVersion(gvk.group, gvk.version) };
  const unknown: string[] = source === undefined ? [] : [...readExactly(source).duplicates];
  const given = value['metadata'];
  if (given === undefined || given === null) object['metadata'] = {};
  else {
    const { metadata, problems } = decodeMetadata(given as JsonObject, gvk);
    object['metadata'] = metadata;
    unknown.push(...problems);
  }
  const dropped: string[] = [];
  const fields = prunedCopy(value, schema, dropped);
  for (const name of Object.keys(fields)) setOwn(object, name, fields[name]);
  if (schema.hasEmbedded) coerceEmbedded(object, schema, gvk, dropped);
  for (const path of dropped) unknown.push(`unknown field ${JSON.stringify(path)}`);
  return { object: object as KubeObject, unknown: unknown.length === 0 ? none : unknown };
}

function decodeMetadata(given: JsonObject, gvk: GroupVersionKind): { metadata: JsonObject; problems: string[] } {
  try {
    if (!isObject(given))
      throw badRequest(`json: cannot unmarshal ${goKind(given)} into Go value of type v1.ObjectMeta`);
    const { object, unknown } = decodeObject(given, objectMetaSchema);
    const problems = unknown.map((text) => text.replace(/^(unknown|duplicate) field "/, '$1 field "metadata.'));
    return { metadata: object as JsonObject, problems };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new DecodeError(error.problem, cannotBeHandled(gvk, error.problem));
  }
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'bigint' ? 'number' : typeof value;
}
