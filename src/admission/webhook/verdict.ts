import { builtinSchema } from '../../api/builtin-types.ts';
import { ApiError, type StatusDetails } from '../../apimachinery/errors.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import { parseApiVersion } from '../../apimachinery/object.ts';
import { DecodeError, decodeObject } from '../../apimachinery/schema/decode.ts';
import type { ReviewVersion } from './review.ts';

/** What a webhook says. */
export type Verdict = {
  readonly allowed: boolean;
  readonly warnings: readonly string[];
  /** The decoded bytes of a patch; empty: none. */
  readonly patch: Buffer;
  readonly patchType: string;
  readonly auditAnnotations: ReadonlyMap<string, string>;
  /** Status of a refusal. */
  readonly status: JsonObject | undefined;
};

/** An answer that cannot be understood: part of the failure to call the webhook. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer';
}

/** An answer that can be understood, and breaks the rules. */
export class InvalidAnswer extends Error {
  override readonly name = 'InvalidAnswer';
}

const group = 'admission.k8s.io';
const reviewKind = 'AdmissionReview';
const scheme = 'pkg/runtime/scheme.go:110';

/**
 * Reads an AdmissionReview that answers one of `version` with `uid`.
 * @throws UnreadableAnswer, InvalidAnswer in stock's words.
 */
export function readVerdict(version: ReviewVersion, uid: string, mutating: boolean, answer: JsonObject): Verdict {
  checkKind(version, answer);
  const response = typed(answer, 'response', 'object', `${reviewKind}.response`, `${version}.AdmissionResponse`);
  if (response === undefined) throw new InvalidAnswer('webhook response was absent');
  const fields = responseFields(response);
  if (version === 'v1') {
    if (fields.uid !== uid)
      throw new InvalidAnswer(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(fields.uid)}`);
    const expected = `${group}/v1, Kind=${reviewKind}`;
    const got = shownKind(answer);
    if (got !== expected) throw new InvalidAnswer(`expected webhook response of ${expected}, got ${got}`);
    checkPatch(mutating, fields);
  }
  const { allowed, warnings, auditAnnotations, patch, patchType, status } = fields;
  const type = version === 'v1' ? (patchType ?? '') : patch.length > 0 ? 'JSONPatch' : '';
  return { allowed, warnings, auditAnnotations, patch: mutating ? patch : Buffer.alloc(0), patchType: type, status };
}

type ResponseFields = Omit<Verdict, 'patchType'> & { readonly uid: string; readonly patchType: string | undefined };

function checkPatch(mutating: boolean, { patch, patchType }: ResponseFields): void {
  if (!mutating) {
    if (patch.length > 0) throw new InvalidAnswer('validating webhook may not return response.patch');
    if (patchType !== undefined) throw new InvalidAnswer('validating webhook may not return response.patchType');
    return;
  }
  if (patch.length > 0 && patchType === undefined)
    throw new InvalidAnswer('webhook returned response.patch but not response.patchType');
  if (patch.length === 0 && patchType !== undefined)
    throw new InvalidAnswer('webhook returned response.patchType but not response.patch');
  if (patchType === '') throw new InvalidAnswer('webhook returned invalid response.patchType of ""');
}

/** What is missing is taken to be as expected; what is there must be known. */
function checkKind(version: ReviewVersion, answer: JsonObject): void {
  const apiVersion = typed(answer, 'apiVersion', 'string', `${reviewKind}.apiVersion`, 'string') ?? '';
  const kind = typed(answer, 'kind', 'string', `${reviewKind}.kind`, 'string') ?? '';
  if (apiVersion === '') return;
  const shown = kind === '' ? reviewKind : kind;
  if (apiVersion === `${group}/${version}` && shown === reviewKind) return;
  const isReview = shown === reviewKind && (apiVersion === `${group}/v1` || apiVersion === `${group}/v1beta1`);
  const isStatus = shown === 'Status' && apiVersion === 'v1';
  if (isReview || isStatus) {
    const from = `${parseApiVersion(apiVersion).version}.${shown}`;
    throw new UnreadableAnswer(`converting (${from}) to (${version}.${reviewKind}): unknown conversion`);
  }
  const [what, where] = [JSON.stringify(shown), JSON.stringify(apiVersion)];
  throw new UnreadableAnswer(`no kind ${what} is registered for version ${where} in scheme ${JSON.stringify(scheme)}`);
}

function shownKind({ apiVersion, kind }: JsonObject): string {
  const version = typeof apiVersion === 'string' ? apiVersion : '';
  return `${version.includes('/') ? version : `/${version}`}, Kind=${typeof kind === 'string' ? kind : ''}`;
}

function responseFields(response: JsonObject): ResponseFields {
  const field = <T extends 'string' | 'boolean' | 'object' | 'array'>(name: string, type: T, goType: string) =>
    typed(response, name, type, `AdmissionResponse.response.${name}`, goType);
  const uid = field('uid', 'string', 'types.UID') ?? '';
  const allowed = field('allowed', 'boolean', 'bool') ?? false;
  const status = field('status', 'object', 'v1.Status');
  const patch = field('patch', 'string', '[]uint8') ?? '';
  const patchType = field('patchType', 'string', 'v1.PatchType');
  const annotations = field('auditAnnotations', 'object', 'map[string]string') ?? {};
  const auditAnnotations = new Map<string, string>();
  for (const key of Object.keys(annotations))
    auditAnnotations.set(
      key,
      typed(annotations, key, 'string', 'AdmissionResponse.response.auditAnnotations', 'string') ?? '',
    );
  const warnings = (field('warnings', 'array', '[]string') ?? []).map((warning) => {
    if (warning === null) return '';
    if (typeof warning === 'string') return warning;
    throw mismatch(warning, 'AdmissionResponse.response.warnings', 'string');
  });
  return {
    uid,
    allowed,
    status: status && readStatus(status),
    patch: bytesOf(patch),
    patchType,
    warnings,
    auditAnnotations,
  };
}

type ByType = { string: string; boolean: boolean; object: JsonObject; array: Json[] };

/** A member of a Go type; null is as good as none. */
function typed<T extends keyof ByType>(
  object: JsonObject,
  name: string,
  type: T,
  path: string,
  goType: string,
): ByType[T] | undefined {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  if (value === undefined || value === null) return undefined;
  const actual = Array.isArray(value) ? 'array' : typeof value;
  if (actual !== type) throw mismatch(value, path, goType);
  return value as ByType[T];
}

function mismatch(value: Json, path: string, goType: string): UnreadableAnswer {
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  const shown = kind === 'bigint' ? 'number' : kind;
  return new UnreadableAnswer(`json: cannot unmarshal ${shown} into Go struct field ${path} of type ${goType}`);
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function bytesOf(text: string): Buffer {
  const clean = text.replace(/[\r\n]/g, '');
  if (base64.test(clean)) return Buffer.from(clean, 'base64');
  const at = clean.search(/[^A-Za-z0-9+/]/);
  throw new UnreadableAnswer(`illegal base64 data at input byte ${at < 0 ? clean.length - (clean.length % 4) : at}`);
}

function readStatus(status: JsonObject): JsonObject {
  try {
    return decodeObject(status, builtinSchema('io.k8s.apimachinery.pkg.apis.meta.v1.Status')).object as JsonObject;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new UnreadableAnswer(error.problem.replace(/Go struct field (\w+)\./, 'Go struct field $1.response.status.'));
  }
}

const smallestRefusal = 400;
const largestCode = 999;

/** What a client is told when a webhook refuses. Codes that no HTTP answer can have become 500. */
export function refusalOf(hook: string, status: JsonObject = {}): ApiError {
  const denied = `admission webhook ${JSON.stringify(hook)} denied the request`;
  const message = textOf(status['message']);
  const reason = textOf(status['reason']);
  const why = message !== '' ? `: ${message}` : reason !== '' ? `: ${reason}` : ' without explanation';
  const given = typeof status['code'] === 'number' ? status['code'] : 0;
  const code = given < smallestRefusal ? smallestRefusal : given > largestCode ? 500 : given;
  const details = isObject(status['details']) ? { details: status['details'] as StatusDetails } : {};
  return new ApiError(code, reason, `${denied}${why}`, details);
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
