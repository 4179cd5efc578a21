import { builtinSchema } from '../api/builtin-types.ts';
import { badRequest, unsupportedMediaType } from '../apimachinery/errors.ts';
import { parseJson, type ParsedBody } from '../apimachinery/json-parse.ts';
import { isObject, type Json, type JsonObject } from '../apimachinery/json.ts';
import { decodeProtobufObject } from '../apimachinery/protobuf/decode.ts';
import type { StructSchema } from '../apimachinery/schema/schema.ts';
import { parseYaml } from '../apimachinery/yaml-parse.ts';
import { goTypeMeta, mediaTypeOf, reason } from './decode.ts';
import type { RawDeleteOptions } from './options.ts';

/**
 * DeleteOptions from a DELETE's body. Any group's apiVersion is accepted, as by the stock server, and unknown fields are ignored. Throws 400 where
 * the stock server answers 500 without a reason, with the same text: it is the client's mistake.
 */
export function decodeDeleteOptions(body: Buffer, contentType: string): RawDeleteOptions {
  const mediaType = mediaTypeOf(contentType);
  const value: Json =
    mediaType === 'application/vnd.kubernetes.protobuf'
      ? (decodeProtobufObject(body, schemaFor, defaultKind) as unknown as JsonObject)
      : parse(body, mediaType).value;
  if (value === null) return { dryRun: [] };
  if (!isObject(value))
    throw badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${typeName(value)} into Go value of type ${goTypeMeta}`,
    );
  const kind = value['kind'];
  if (kind !== undefined && kind !== '' && kind !== 'DeleteOptions') {
    const given = value['apiVersion'];
    const apiVersion = typeof given === 'string' && given !== '' ? given : 'meta.k8s.io/v1';
    throw badRequest(
      `no kind ${JSON.stringify(String(kind as string))} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:110"`,
    );
  }
  const grace = value['gracePeriodSeconds'] ?? undefined;
  if (grace !== undefined && !(typeof grace === 'number' && Number.isInteger(grace)))
    throw wrong('gracePeriodSeconds', grace, 'int64');
  const orphan = value['orphanDependents'] ?? undefined;
  if (orphan !== undefined && typeof orphan !== 'boolean') throw wrong('orphanDependents', orphan, 'bool');
  const policy = text(value, 'propagationPolicy', 'v1.DeletionPropagation');
  const preconditions = preconditionsOf(value);
  return {
    dryRun: dryRunOf(value),
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(orphan === undefined ? {} : { orphanDependents: orphan }),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    ...(preconditions === undefined ? {} : { preconditions }),
  };
}

const schema = builtinSchema('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions');
const defaultKind = { group: 'meta.k8s.io', version: 'v1', kind: 'DeleteOptions' };

function schemaFor({ kind }: { readonly kind: string }): StructSchema | undefined {
  return kind === 'DeleteOptions' ? schema : undefined;
}

function parse(body: Buffer, mediaType: string): ParsedBody {
  switch (mediaType) {
    case '':
    case 'application/json':
      try {
        return parseJson(body);
      } catch (error) {
        throw badRequest(`couldn't get version/kind; json parse error: ${reason(error)}`);
      }
    case 'application/yaml':
      return parseYaml(body);
    default:
      throw unsupportedMediaType(['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']);
  }
}

function dryRunOf(value: JsonObject): readonly string[] {
  const dryRun = value['dryRun'] ?? undefined;
  if (dryRun === undefined) return [];
  if (!Array.isArray(dryRun)) throw wrong('dryRun', dryRun, '[]string');
  return dryRun.map((item) => {
    if (typeof item !== 'string') throw wrong('dryRun', item, 'string');
    return item;
  });
}

function preconditionsOf(value: JsonObject): RawDeleteOptions['preconditions'] {
  const given = value['preconditions'] ?? undefined;
  if (given === undefined) return undefined;
  if (!isObject(given)) throw wrong('preconditions', given, 'v1.Preconditions');
  const uid = text(given, 'uid', 'types.UID', 'Preconditions.preconditions');
  const resourceVersion = text(given, 'resourceVersion', 'string', 'Preconditions.preconditions');
  return { ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
}

function text(value: JsonObject, field: string, goType: string, path?: string): string | undefined {
  const given = value[field] ?? undefined;
  if (given === undefined || typeof given === 'string') return given;
  throw wrong(field, given, goType, path);
}

function wrong(field: string, value: Json, goType: string, path = 'DeleteOptions'): Error {
  const shown = goType === 'int64' && typeof value === 'number' ? ` ${value}` : '';
  return badRequest(
    `json: cannot unmarshal ${typeName(value)}${shown} into Go struct field ${path}.${field} of type ${goType}`,
  );
}

function typeName(value: Json): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'bigint' ? 'number' : typeof value;
}
