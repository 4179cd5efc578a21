import { definitionFor } from '../../api/resource-definition.ts';
import { deepCopy, type Json, type JsonObject, setOwn } from '../../apimachinery/json.ts';
import { internalError } from '../../apimachinery/errors.ts';
import { formatApiVersion, type KubeObject } from '../../apimachinery/object.ts';
import { decodeObject } from '../../apimachinery/schema/decode.ts';
import type { StructSchema } from '../../apimachinery/schema/schema.ts';
import { writeNulls } from '../../apimachinery/schema/nulls.ts';
import { builtinSchemaForKind } from '../../api/builtin-types.ts';
import { apiVersionOf, factsOf } from '../../registry/generic/resource-facts.ts';
import { fromStorageVersion, toStorageVersion } from '../../registry/generic/versions.ts';
import type { AdmissionAttributes } from '../admission.ts';
import type { Form } from './match.ts';

/** An object in a form, as clients get it. The result shares nothing with the argument. @throws ApiError when it cannot be converted */
export async function inForm(attributes: AdmissionAttributes, object: KubeObject, form: Form): Promise<KubeObject> {
  const { kind, target } = attributes;
  if (kind !== undefined) return asServed(attributes, deepCopy(object as Json) as KubeObject, form);
  const { definition, version } = form;
  const own = await converted(attributes, object, form);
  const served = fromStorageVersion(definition, version, own);
  const copy = deepCopy({ ...served, apiVersion: apiVersionOf(definition, version) } as Json) as KubeObject;
  if (target.definition.builtIn) writeNulls(copy as JsonObject, version.schema);
  return copy;
}

/**
 * Custom resources whose conversion takes a wait are in the request's version while they are admitted, but for their apiVersion; one that is deleted is as it
 * is stored.
 */
async function converted(attributes: AdmissionAttributes, object: KubeObject, form: Form): Promise<KubeObject> {
  const { conversion } = form.definition;
  if (conversion === undefined) return object;
  const { target, operation, ctx } = attributes;
  const from = operation === 'DELETE' ? object.apiVersion : apiVersionOf(target.definition, target.version);
  const to = apiVersionOf(form.definition, form.version);
  if (from === to) return { ...object, apiVersion: to };
  const at = { cluster: ctx.cluster.name, signal: ctx.signal };
  const [result] = await conversion.convert(at, [{ ...object, apiVersion: from }], to);
  return result ?? object;
}

/** The type of what is shown in a form; undefined for subresources whose kind is unknown. */
export function schemaOf({ kind }: AdmissionAttributes, { version }: Form): StructSchema | undefined {
  return kind === undefined ? version.schema : builtinSchemaForKind(kind);
}

/**
 * Fits an object that somebody outside has made to the type of its form, with defaults, as a request's body is. `unknown` takes what does not belong there.
 * @throws DecodeError for a value of the wrong type; ApiError 500 for an object of another kind.
 */
export function refit(
  attributes: AdmissionAttributes,
  object: JsonObject,
  form: Form,
  unknown: string[] = [],
): KubeObject {
  checkKind(object, form);
  const schema = schemaOf(attributes, form);
  if (schema === undefined) return object as KubeObject;
  const decoded = decodeObject(object, schema);
  unknown.push(...decoded.unknown);
  const fitted = withMetadata(decoded.object);
  if (attributes.kind === undefined)
    definitionFor(form.definition, form.version.version).strategy.applyDefaults?.(fitted, form.version.version);
  return fitted;
}

function withMetadata(object: KubeObject): KubeObject {
  object.metadata ??= {};
  return object;
}

/** As JSON that others get it: with the nulls that Go writes. Changes and gives its argument. */
export function asServed(attributes: AdmissionAttributes, object: KubeObject, form: Form): KubeObject {
  const { target, kind } = attributes;
  const schema = schemaOf(attributes, form);
  if (schema !== undefined && (kind !== undefined || target.definition.builtIn))
    writeNulls(object as JsonObject, schema);
  return object;
}

/** Makes `attributes.object`, in place, what `object` in that form says. `object` is given away. @throws ApiError when it cannot be converted */
export async function replaceObject(attributes: AdmissionAttributes, object: KubeObject, form: Form): Promise<void> {
  const { target, kind, ctx } = attributes;
  const into = attributes.object as JsonObject | undefined;
  if (into === undefined) return;
  let next = object;
  if (kind === undefined) {
    const { definition, version } = target;
    if (definition.builtIn) next = toStorageVersion(form.definition, form.version, object);
    else {
      const to = apiVersionOf(definition, version);
      if (object.apiVersion !== to && definition.conversion !== undefined) {
        const at = { cluster: ctx.cluster.name, signal: ctx.signal };
        next = (await definition.conversion.convert(at, [object], to))[0] ?? object;
      }
      if (object.apiVersion !== to) next = fromStorageVersion(definition, version, next);
      next = { ...next, apiVersion: factsOf(definition).storageApiVersion };
    }
  }
  for (const key of Object.keys(into)) delete into[key];
  for (const key of Object.keys(next)) setOwn(into, key, (next as JsonObject)[key]);
}

/** A patch may do much, not make another kind of an object. */
function checkKind(patched: JsonObject, { kind }: Form): void {
  const expected = formatApiVersion(kind.group, kind.version);
  const apiVersion = typeof patched['apiVersion'] === 'string' ? patched['apiVersion'] : '';
  const name = typeof patched['kind'] === 'string' ? patched['kind'] : '';
  if ((apiVersion === '' || apiVersion === expected) && (name === '' || name === kind.kind)) return;
  const [what, where] = [JSON.stringify(name), JSON.stringify(apiVersion)];
  const message = `no kind ${what} is registered for version ${where} in scheme "pkg/runtime/scheme.go:110"`;
  throw internalError(new Error(message));
}
