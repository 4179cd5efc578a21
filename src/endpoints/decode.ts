import { groupOfUnservedVersion } from '../api/unserved-versions.ts';
import { isCustom } from '../api/resource-definition.ts';
import { builtinSchemaForKind } from '../api/builtin-types.ts';
import { ApiError, badRequest, fieldError, invalid, unsupportedMediaType } from '../apimachinery/errors.ts';
import { parseJson, type ParsedBody } from '../apimachinery/json-parse.ts';
import { isObject, type Json, type JsonObject, stringify } from '../apimachinery/json.ts';
import { formatApiVersion, type GroupVersionKind, type KubeObject, parseApiVersion } from '../apimachinery/object.ts';
import { decodeProtobufMessage } from '../apimachinery/protobuf/decode.ts';
import { type ProtobufEnvelope, readProtobufEnvelope } from '../apimachinery/protobuf/envelope.ts';
import { hasProtobufForm } from '../apimachinery/protobuf/encode.ts';
import { DecodeError, decodeObject } from '../apimachinery/schema/decode.ts';
import type { StructSchema } from '../apimachinery/schema/schema.ts';
import { parseYaml } from '../apimachinery/yaml-parse.ts';
import type { Catalog, FieldValidation, Target } from '../registry/registry.ts';
import type { Exchange } from './exchange.ts';

const protobufType = 'application/vnd.kubernetes.protobuf';
const bodyTypes = ['application/json', 'application/yaml', protobufType];

const mediaParameter = /^\s*[!#$%&'*+.^_`|~\w-]+=("[^"]*"|[!#$%&'*+.^_`|~\w-]+)\s*$/;

/** A Content-Type without its parameters, in lower case; '' when there is none at all, the whole text when it is none (Go's mime.ParseMediaType). */
export function mediaTypeOf(header: string): string {
  if (header === '' || header === 'application/json') return header;
  const [type = '', ...parameters] = header.split(';');
  if (parameters.at(-1)?.trim() === '') parameters.pop();
  return parameters.every((each) => mediaParameter.test(each)) ? type.trim().toLowerCase() || header : header;
}

/** The kind that a request's body must be: the resource's, or the subresource's. */
export function bodyKind(target: Target): GroupVersionKind {
  const { definition, version, subresource } = target;
  const own = subresource === '' ? undefined : definition.subresources?.[subresource];
  if (own !== undefined) return own.kind;
  if (subresource === 'scale' && definition.scale !== undefined) {
    return { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  }
  return { group: definition.group, version: version.version, kind: definition.kind };
}

/**
 * The object in a request's body: JSON, YAML or protobuf, checked against the kind's schema. Unknown and repeated fields are an error, a warning or
 * nothing, as `fieldValidation` says. Throws ApiError 400 and 415 in the stock server's words.
 */
export function decodeBody(
  x: Exchange,
  body: Buffer,
  target: Target,
  catalog: Catalog,
  fieldValidation: FieldValidation,
): KubeObject {
  const expected = bodyKind(target);
  if (mediaTypeOf(x.header('content-type')) === protobufType) {
    const object = decodeProtobuf(body, target, expected, catalog);
    x.audit?.requested(object);
    return object;
  }
  const ofDefinition = target.subresource === '' || target.subresource === 'status';
  const isUntyped = ofDefinition && isCustom(target.definition);
  const { value, duplicates, source } = parse(body, mediaTypeOf(x.header('content-type')), expected, !isUntyped);
  const typed = isUntyped ? asCustom(value, expected, body) : asTyped(value, expected, catalog, body);
  const { object, unknown } = decodeObject(typed, bodySchema(target, expected), source);
  // Of a JSON text that repeats keys the decoder lists the repetitions itself, in order.
  const strict = source !== undefined || duplicates.length === 0 ? unknown : [...duplicates, ...unknown];
  report(x, expected, strict, fieldValidation);
  object.metadata ??= {};
  x.audit?.requested(object);
  return object;
}

/** Protobuf has no names: nothing in it can be unknown or repeated. Kinds without a protobuf form refuse it. */
function decodeProtobuf(body: Buffer, target: Target, expected: GroupVersionKind, catalog: Catalog): KubeObject {
  const schema = bodySchema(target, expected);
  if (!hasProtobufForm(schema)) throw unsupportedMediaType(bodyTypes.filter((type) => type !== protobufType));
  let envelope: ProtobufEnvelope;
  try {
    envelope = readProtobufEnvelope(body);
  } catch (error) {
    throw unrecognized(expected, reason(error), body);
  }
  const actual = checkKind(envelope.apiVersion, envelope.kind, expected, catalog, body);
  const apiVersion = formatApiVersion(actual.group, actual.version);
  try {
    return decodeProtobufMessage(envelope.raw, schema, { apiVersion, kind: actual.kind });
  } catch (error) {
    if (error instanceof DecodeError) throw error;
    throw cannotBeHandled(actual, expected, reason(error));
  }
}

function bodySchema(target: Target, expected: GroupVersionKind): StructSchema {
  const { definition, version } = target;
  if (expected.kind === definition.kind && expected.group === definition.group) return version.schema;
  const schema = builtinSchemaForKind(expected);
  if (schema === undefined) throw new Error(`there is no schema for ${expected.kind} in ${expected.group}`);
  return schema;
}

function parse(body: Buffer, mediaType: string, expected: GroupVersionKind, merged: boolean): ParsedBody {
  switch (mediaType) {
    case '':
    case 'application/json':
      try {
        return parseJson(body, merged);
      } catch (error) {
        throw unrecognized(expected, `couldn't get version/kind; json parse error: ${reason(error)}`, body);
      }
    case 'application/yaml':
      try {
        return parseYaml(body);
      } catch (error) {
        if (error instanceof ApiError && error.code === 413) throw error;
        throw unrecognized(expected, reason(error), body);
      }
    default:
      throw unsupportedMediaType(bodyTypes);
  }
}

/** The type that stock reads a body's kind into, as Go prints it. */
export const goTypeMeta =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** Checks kind and apiVersion against what is expected, and fills them in where the body leaves them out. */
function asTyped(value: unknown, expected: GroupVersionKind, catalog: Catalog, body: Buffer): JsonObject {
  const object = value === null ? {} : value;
  const fail = (why: string) => unrecognized(expected, `couldn't get version/kind; json parse error: ${why}`, body);
  if (!isObject(object)) throw fail(`json: cannot unmarshal ${goKind(object)} into Go value of type ${goTypeMeta}`);
  for (const field of ['apiVersion', 'kind'] as const) {
    const given = object[field];
    if (given !== undefined && given !== null && typeof given !== 'string') {
      throw fail(`json: cannot unmarshal ${goKind(given)} into Go struct field .${field} of type string`);
    }
  }
  const apiVersion = typeof object['apiVersion'] === 'string' ? object['apiVersion'] : '';
  const kind = typeof object['kind'] === 'string' ? object['kind'] : '';
  const actual = checkKind(apiVersion, kind, expected, catalog, body);
  if (kind === '') object['kind'] = actual.kind;
  if (apiVersion === '') object['apiVersion'] = formatApiVersion(actual.group, actual.version);
  return object;
}

/**
 * As `asTyped`, of a custom resource: stock knows its kind from the body alone, so there it has to stand, and tells one that is wrong from one that it cannot
 * decode (apiextensions-apiserver's validateCustomResource).
 */
function asCustom(value: unknown, expected: GroupVersionKind, body: Buffer): JsonObject {
  if (!isObject(value) || typeof value['kind'] !== 'string' || value['kind'] === '')
    throw unrecognized(
      expected,
      `Object 'Kind' is missing in '${body[0] === 0x7b ? body.toString() : stringify(value as Json)}'`,
      body,
    );
  const apiVersion = typeof value['apiVersion'] === 'string' ? value['apiVersion'] : '';
  const wanted = formatApiVersion(expected.group, expected.version);
  if (apiVersion !== wanted)
    throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`);
  if (value['kind'] !== expected.kind) {
    const metadata = isObject(value['metadata']) ? value['metadata'] : {};
    const name = typeof metadata['name'] === 'string' ? metadata['name'] : '';
    throw invalid({ group: expected.group, kind: value['kind'] }, name, [
      fieldError.invalid('kind', value['kind'], `must be ${expected.kind}`),
    ]);
  }
  return value;
}

/** The kind of a body that says it is `kind` of `apiVersion`; empty texts mean what is expected. Throws 400 unless it is that. */
function checkKind(
  apiVersion: string,
  kind: string,
  expected: GroupVersionKind,
  catalog: Catalog,
  body: Buffer,
): GroupVersionKind {
  if (apiVersion.split('/').length > 2) {
    throw unrecognized(expected, `unexpected GroupVersion string: ${apiVersion}`, body);
  }
  const given = parseApiVersion(apiVersion);
  const group = apiVersion === '' ? expected.group : given.group;
  const version = apiVersion === '' ? expected.version : given.version;
  const actual = { group, version, kind: kind === '' ? expected.kind : kind };
  if (actual.kind !== expected.kind || actual.group !== expected.group || actual.version !== expected.version) {
    throw wrongKind(actual, expected, catalog);
  }
  return actual;
}

function wrongKind(actual: GroupVersionKind, expected: GroupVersionKind, catalog: Catalog): ApiError {
  const versions = catalog.definitions.filter((each) => each.group === actual.group && each.kind === actual.kind);
  const apiVersion = formatApiVersion(actual.group, actual.version);
  const formerly = groupOfUnservedVersion(apiVersion, actual.kind);
  const isServed = versions.some((each) => each.versions.some((version) => version.version === actual.version));
  if (!isServed && formerly === undefined) {
    const why = `no kind ${JSON.stringify(actual.kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:110"`;
    return cannotBeHandled(actual, expected, why);
  }
  if (actual.kind === expected.kind && (formerly ?? actual.group) === expected.group) {
    const wanted = formatApiVersion(expected.group, expected.version);
    return badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`,
    );
  }
  const internal = expected.group === '' ? 'core' : (expected.group.split('.')[0] ?? '');
  const why = `converting (${actual.version}.${actual.kind}) to (${internal}.${expected.kind}): unknown conversion`;
  return cannotBeHandled(actual, expected, why);
}

function cannotBeHandled(actual: GroupVersionKind, expected: GroupVersionKind, why: string): ApiError {
  return badRequest(
    `${actual.kind} in version ${JSON.stringify(actual.version)} cannot be handled as a ${expected.kind}: ${why}`,
  );
}

function report(
  x: Exchange,
  expected: GroupVersionKind,
  strictErrors: readonly string[],
  fieldValidation: FieldValidation,
): void {
  if (strictErrors.length === 0 || fieldValidation === 'Ignore') return;
  if (fieldValidation === 'Strict') {
    throw cannotBeHandled(expected, expected, `strict decoding error: ${strictErrors.join(', ')}`);
  }
  for (const text of strictErrors) x.warn(text);
}

const summaryBytes = 30;

function unrecognized(expected: GroupVersionKind, why: string, body: Buffer): ApiError {
  return badRequest(
    `the object provided is unrecognized (must be of type ${expected.kind}): ${why} (${summarize(body)})`,
  );
}

/** The beginning of a body as the stock server shows it in errors: text when it looks like JSON, else hexadecimal. */
function summarize(body: Buffer): string {
  if (body.length === 0) return '<empty>';
  const cut = body.subarray(0, summaryBytes);
  const text = body[0] === 0x7b ? cut.toString('utf8') : cut.toString('hex');
  return body.length > summaryBytes ? `${text} ...` : text;
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'bigint' ? 'number' : typeof value;
}

/** The text of an expected error; anything else is a bug and goes on. */
export function reason(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  throw error;
}
