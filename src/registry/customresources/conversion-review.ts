import { formatFieldErrorBody } from '../../apimachinery/errors.ts';
import { isObject, type Json, type JsonObject, setOwn } from '../../apimachinery/json.ts';
import { formatApiVersion, type KubeObject } from '../../apimachinery/object.ts';
import { validateAnnotations, validateLabels } from '../../apimachinery/validation/metadata.ts';

const group = 'apiextensions.k8s.io';
const reviewKind = 'ConversionReview';
const known: readonly string[] = ['v1', 'v1beta1'];

/** What a webhook answered cannot be used. The message is stock's. */
export class ConversionError extends Error {
  override readonly name = 'ConversionError';
}

/** The version of ConversionReview that a webhook is asked in: the first of its own that is known. @throws ConversionError */
export function reviewVersion(versions: readonly string[]): string {
  const version = versions.find((each) => known.includes(each));
  if (version === undefined) throw new ConversionError('no supported conversion review versions');
  return version;
}

/** The question: these objects in the form of another version. */
export function conversionReview(
  version: string,
  uid: string,
  desiredAPIVersion: string,
  objects: readonly KubeObject[],
): JsonObject {
  return {
    kind: reviewKind,
    apiVersion: formatApiVersion(group, version),
    request: { uid, desiredAPIVersion, objects: objects.map(withoutRevision) },
  };
}

function withoutRevision(object: KubeObject): JsonObject {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return { ...object, metadata } as JsonObject;
}

/** `group/version, Kind=kind` as Go prints it. */
export function shownKind({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): string {
  return `${apiVersion}, Kind=${kind}`;
}

/** The converted objects of an answer, as they came. @throws ConversionError in stock's words */
export function convertedObjects(version: string, uid: string, answer: JsonObject): readonly Json[] {
  const apiVersion = formatApiVersion(group, version);
  if (version === 'v1' && (answer['apiVersion'] !== apiVersion || answer['kind'] !== reviewKind)) {
    const got = shownKind({ apiVersion: textOf(answer['apiVersion']), kind: textOf(answer['kind']) });
    throw new ConversionError(
      `expected webhook response of ${shownKind({ apiVersion, kind: reviewKind })}, got ${got}`,
    );
  }
  const { response } = answer;
  if (!isObject(response)) throw new ConversionError('no response provided');
  if (version === 'v1' && textOf(response['uid']) !== uid)
    throw new ConversionError(
      `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(textOf(response['uid']))}`,
    );
  const result = isObject(response['result']) ? response['result'] : {};
  const status = textOf(result['status']);
  if (status !== 'Success') {
    const message = textOf(result['message']);
    throw new ConversionError(message === '' ? `response.result.status was '${status}', not 'Success'` : message);
  }
  return Array.isArray(response['convertedObjects']) ? response['convertedObjects'] : [];
}

/**
 * A converted object as it may be used: its type is what was asked for, and its metadata that of the original but for labels and annotations.
 * @throws ConversionError in stock's words
 */
export function acceptConverted(original: KubeObject, converted: Json, desiredApiVersion: string): KubeObject {
  const failed = `conversion webhook for ${shownKind(original)} returned invalid`;
  if (!isObject(converted) || textOf(converted['kind']) === '')
    throw new ConversionError(`Object 'Kind' is missing in '${JSON.stringify(converted).slice(0, 1024)}'`);
  const apiVersion = textOf(converted['apiVersion']);
  if (apiVersion !== desiredApiVersion)
    throw new ConversionError(
      `${failed} object at index 0: invalid groupVersion (expected ${desiredApiVersion}, received ${apiVersion})`,
    );
  const kind = textOf(converted['kind']);
  if (kind !== original.kind)
    throw new ConversionError(
      `${failed} object at index 0: invalid kind (expected ${original.kind}, received ${kind})`,
    );
  const given = converted['metadata'];
  const identity = isObject(given) ? given : {};
  for (const [name, shown] of identifying) {
    const expected = original.metadata[name] ?? '';
    const got = textOf(identity[name]);
    if (got !== expected)
      throw new ConversionError(`${failed} object: must have the same ${shown}: ${expected} != ${got}`);
  }
  if (given === undefined) throw new ConversionError(`${failed} metadata: missing metadata in converted object`);
  if (!isObject(given))
    throw new ConversionError(`${failed} metadata: invalid metadata of type ${goType(given)} in converted object`);
  const metadata = { ...original.metadata };
  for (const field of ['labels', 'annotations'] as const) {
    const texts = textsOf(given[field], field, failed);
    if (texts === undefined) delete metadata[field];
    else metadata[field] = texts;
  }
  return { ...converted, metadata } as KubeObject;
}

const identifying = [
  ['name', 'name'],
  ['namespace', 'namespace'],
  ['uid', 'UID'],
] as const;

function textsOf(
  given: Json | undefined,
  field: 'labels' | 'annotations',
  failed: string,
): Record<string, string> | undefined {
  if (given === undefined || given === null) return undefined;
  if (!isObject(given))
    throw new ConversionError(
      `${failed} metadata: invalid metadata.${field} of type ${goType(given)} in converted object`,
    );
  const texts: JsonObject = {};
  for (const key of Object.keys(given)) {
    const value = given[key] ?? null;
    if (typeof value !== 'string')
      throw new ConversionError(
        `${failed} metadata: metadata.${field}[${key}] must be a string, but is ${goType(value)} in converted object`,
      );
    setOwn(texts, key, value);
  }
  const own = texts as Record<string, string>;
  const errors =
    field === 'labels' ? validateLabels(own, 'metadata.labels') : validateAnnotations(own, 'metadata.annotation');
  if (errors.length > 0) {
    const shown = errors.map((error) => `${error.field}: ${formatFieldErrorBody(error)}`);
    throw new ConversionError(`${failed} metadata: ${shown.length === 1 ? shown[0] : `[${shown.join(', ')}]`}`);
  }
  return own;
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function goType(value: Json): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  return typeof value === 'bigint' || Number.isInteger(value) ? 'int64' : 'float64';
}
