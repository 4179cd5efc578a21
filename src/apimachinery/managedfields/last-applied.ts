import { isObject, type Json, type JsonObject } from '../json.ts';
import type { KubeObject } from '../object.ts';
import { goFormat } from '../patch/go-format.ts';
import type { StructSchema } from '../schema/schema.ts';
import { totalAnnotationSizeLimit } from '../validation/metadata.ts';
import { compareObjects, configAndStored } from './compare.ts';
import { difference, type FieldSet } from './field-set.ts';
import { compareText } from './path-element.ts';
import { fieldSetOf } from './to-field-set.ts';
import { typedValueErrors } from './validate.ts';

/** The annotation in which client-side `kubectl apply` keeps what it applied, and the manager name of kubectl's server-side apply. */
export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';
export const kubectlManager = 'kubectl';

function lastApplied(object: KubeObject): string | undefined {
  const { annotations } = object.metadata;
  if (!isObject(annotations) || !Object.hasOwn(annotations, lastAppliedAnnotation)) return undefined;
  const value = annotations[lastAppliedAnnotation];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * The fields that client-side apply set and that nobody has changed since: kubectl may take these over by server-side apply. Undefined when the
 * annotation is absent, of another version, or no object of the type.
 */
export function unchangedSinceLastApplied(
  live: KubeObject,
  schema: StructSchema,
  apiVersion: string,
): FieldSet | undefined {
  const text = lastApplied(live);
  if (text === undefined) return undefined;
  let applied: Json;
  try {
    applied = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  if (!isObject(applied) || applied.apiVersion !== apiVersion) return undefined;
  if (typedValueErrors(applied, schema).length > 0) return undefined;
  const { changed, removed } = compareObjects(applied, live as JsonObject, schema, undefined, configAndStored);
  return difference(difference(fieldSetOf(applied, schema), changed), removed);
}

/**
 * Keeps the annotation of an object that kubectl applies server-side equal to what it applies, so that client-side apply can be used again. Gives the
 * object itself when it has no such annotation or nothing is to change.
 */
export function withLastApplied(object: KubeObject, config: KubeObject): KubeObject {
  const before = lastApplied(object);
  if (before === undefined) return object;
  const described = describeConfig(config);
  if (before === described) return object;
  const annotations: Record<string, string> = {
    ...object.metadata.annotations,
    [lastAppliedAnnotation]: described,
  };
  let size = 0;
  for (const key of Object.keys(annotations)) {
    size += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] ?? '');
  }
  if (size > totalAnnotationSizeLimit) delete annotations[lastAppliedAnnotation];
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** The configuration as Go's encoder writes it: sorted members, `<`, `>` and `&` escaped, a line feed at the end. */
function describeConfig(config: KubeObject): string {
  const annotations: Json | undefined = config.metadata.annotations;
  let metadata = config.metadata as JsonObject;
  if (isObject(annotations)) {
    const others: JsonObject = { ...annotations };
    delete others[lastAppliedAnnotation];
    metadata = { ...metadata, annotations: others };
  }
  return `${encodeSorted({ ...(config as JsonObject), metadata })}\n`;
}

function encodeSorted(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(encodeSorted).join(',')}]`;
  if (isObject(value)) {
    const members: string[] = [];
    for (const key of Object.keys(value).sort(compareText)) {
      const item = value[key];
      if (item !== undefined) members.push(`${encodeText(key)}:${encodeSorted(item)}`);
    }
    return `{${members.join(',')}}`;
  }
  return typeof value === 'string' ? encodeText(value) : value === null ? 'null' : goFormat(value);
}

function encodeText(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
