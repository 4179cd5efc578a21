import { ApiError } from '../errors.ts';
import { type Json, type JsonObject, isObject, setOwn } from '../json.ts';
import { StrictErrors } from '../json-reader.ts';
import { formatApiVersion, type KubeObject } from '../object.ts';
import { goTypeName, goValueKind } from './go-type.ts';
import { type FieldPlan, planOf, type StructPlan, type ValuePlan } from './plan.ts';
import { decodeScalar, decodesItself, type ScalarProblem } from './scalar.ts';
import type { Decoded, StructSchema } from './schema.ts';
import { listStrictErrors } from './strict.ts';

/** A value that does not fit its field. `problem` is the bare text, for messages that wrap it otherwise (patches). */
export class DecodeError extends ApiError {
  readonly problem: string;

  constructor(problem: string, message: string) {
    super(400, 'BadRequest', message);
    this.name = 'DecodeError';
    this.problem = problem;
  }
}

export type { Decoded };

/**
 * Fits a parsed body to its type, as Go's strict decoder and encoder together do: checks every value, drops and lists fields that are not declared, clears what
 * is null, brings times, quantities and base64 into their canonical form, drops empty values of `omitempty` fields and adds the zero values that Go always
 * writes (`{}` for structs, "" and 0 for required scalars; never null). Fields come in their declared order.
 *
 * The result shares nothing with `value` but free-form parts (RawExtension, FieldsV1, undeclared fields of types that keep them).
 *
 * @param source the JSON text when it repeats keys (ParsedBody.source): the repetitions that matter are then among `unknown`, in order.
 * @throws DecodeError 400 with Go's text for the first value of a wrong type.
 */
export function decodeObject(value: JsonObject, schema: StructSchema, source?: string): Decoded {
  if (schema.decode !== undefined) return schema.decode(value, source);
  const plan = planOf(schema);
  const decoder = new Decoder();
  const object: JsonObject = {};
  const gvk = schema.gvk?.[0];
  if (gvk !== undefined && schema.gvk?.length === 1) {
    object['kind'] = gvk.kind;
    object['apiVersion'] = formatApiVersion(gvk.group, gvk.version);
  }
  try {
    decoder.struct(plan, value, object);
    if (source === undefined && !decoder.sawUnknown) return { object: object as KubeObject, unknown: none };
    return {
      object: object as KubeObject,
      unknown: source === undefined ? inDocumentOrder(plan, value) : listStrictErrors(source, schema),
    };
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    throw decodeError(firstMismatch(plan, value) ?? error, schema);
  }
}

const none: readonly string[] = [];

/** The fast walk is in the order of declaration; unknown fields are listed, and the first mismatch named, in the order of the document. */
function inDocumentOrder(plan: StructPlan, value: JsonObject): string[] {
  const decoder = new Decoder(true);
  decoder.struct(plan, value, {});
  decoder.finish();
  return decoder.errors.texts;
}

function firstMismatch(plan: StructPlan, value: JsonObject): Mismatch | undefined {
  try {
    inDocumentOrder(plan, value);
    return undefined;
  } catch (error) {
    if (error instanceof Mismatch) return error;
    throw error;
  }
}

function decodeError(mismatch: Mismatch, schema: StructSchema): DecodeError {
  const gvk = schema.gvk?.[0];
  const problem = mismatch.text;
  return new DecodeError(
    problem,
    gvk === undefined
      ? problem
      : `${gvk.kind} in version "${gvk.version}" cannot be handled as a ${gvk.kind}: ${problem}`,
  );
}

/** Carries the text of a mismatch out of the walk. */
class Mismatch extends Error {
  readonly text: string;

  constructor(text: string) {
    super(text);
    this.text = text;
  }
}

/** One walk over one body. */
class Decoder {
  /** Filled in the order of the document; the fast walk only notes that there is something. */
  readonly errors = new StrictErrors();
  sawUnknown = false;
  readonly #inDocumentOrder: boolean;
  /** Where the walk is: field names, list indexes and keys of maps. */
  readonly #path: (string | number)[] = [];
  /** The same in Go's error texts: only field names, without the last one. */
  readonly #fieldPath: string[] = [];
  /** Above zero inside values that decode themselves: their unknown fields are nobody's concern, and errors name the field that holds them. */
  #opaque = 0;
  #opaqueField = '';
  /** The first mismatch after which the walk went on. */
  #first: Mismatch | undefined;

  constructor(inDocumentOrder = false) {
    this.#inDocumentOrder = inDocumentOrder;
  }

  struct(plan: StructPlan, value: JsonObject, object: JsonObject): JsonObject {
    if (this.#inDocumentOrder) {
      for (const key of Object.keys(value)) {
        const field = plan.byName.get(key);
        if (field !== undefined) this.#field(plan, field, value[key] ?? null);
        else if (!plan.preserveUnknown && this.#opaque === 0) this.errors.add('unknown field', this.#path, key);
      }
      return object;
    }
    let known = 0;
    const fields = plan.fields;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as FieldPlan;
      const given = field.inherited && !Object.hasOwn(value, field.name) ? undefined : value[field.name];
      if (given !== undefined) {
        known++;
        const decoded = this.#field(plan, field, given);
        if (decoded !== undefined) {
          object[field.name] = decoded;
          continue;
        }
      }
      if (field.zero !== undefined) object[field.name] = field.zero();
    }
    for (const _ in value) known--;
    if (known < 0) this.#unknown(plan, value, object);
    return object;
  }

  /** The value as it is to be stored; undefined when the field is to be absent. */
  #field(plan: StructPlan, field: FieldPlan, given: Json): Json | undefined {
    if (given === null) return undefined;
    const value = field.value;
    switch (value.kind) {
      case 'scalar': {
        const decoded = decodeScalar(value.type, given);
        if (typeof decoded === 'object') return this.#mismatch(plan, field, value, given, decoded);
        return field.dropsZero && (decoded === '' || decoded === 0 || decoded === false) ? undefined : decoded;
      }
      case 'any':
        return value.props === undefined ? given : this.#schemaUnion(plan, field, value, given);
      default: {
        this.#path.push(field.name);
        this.#fieldPath.push(field.name);
        const decoded = this.#value(plan, field, value, given);
        this.#path.pop();
        this.#fieldPath.pop();
        return field.dropsZero && isEmpty(decoded) ? undefined : decoded;
      }
    }
  }

  /** A value inside a field: of the field itself, or of its list or map. The path already has it. */
  #value(plan: StructPlan, field: FieldPlan, value: ValuePlan, given: Json): Json {
    switch (value.kind) {
      case 'struct':
        if (!isObject(given)) return this.#mismatch(plan, field, value, given);
        return this.struct(value.struct, given, {});
      case 'list':
        if (!Array.isArray(given)) return this.#mismatch(plan, field, value, given);
        return this.#list(plan, field, value.items, given);
      case 'map':
        if (!isObject(given)) return this.#mismatch(plan, field, value, given);
        return this.#map(plan, field, value.values, given);
      case 'scalar': {
        const decoded = decodeScalar(value.type, given);
        if (typeof decoded === 'object') return this.#mismatch(plan, field, value, given, decoded);
        return decoded;
      }
      case 'any':
        return value.props === undefined ? given : (this.#schemaUnion(plan, field, value, given) ?? null);
    }
  }

  #list(plan: StructPlan, field: FieldPlan, items: ValuePlan, given: readonly Json[]): Json[] {
    const list: Json[] = [];
    for (let i = 0; i < given.length; i++) {
      const item = given[i] as Json;
      if (item === null) list.push(items.zero());
      else if (items.kind === 'scalar') list.push(this.#value(plan, field, items, item));
      else {
        this.#path.push(i);
        list.push(this.#value(plan, field, items, item));
        this.#path.pop();
      }
    }
    return list;
  }

  #map(plan: StructPlan, field: FieldPlan, values: ValuePlan, given: JsonObject): JsonObject {
    const map: JsonObject = {};
    const isText = values.kind === 'scalar' && values.type === 'string';
    for (const key in given) {
      const item = given[key];
      if (item === undefined) continue;
      let decoded: Json;
      if (isText && typeof item === 'string') decoded = item;
      else if (item === null) decoded = values.zero();
      else {
        this.#path.push(key);
        decoded = this.#value(plan, field, values, item);
        this.#path.pop();
      }
      if (key === '__proto__') setOwn(map, key, decoded);
      else map[key] = decoded;
    }
    return map;
  }

  /** JSONSchemaPropsOrBool and its kin (apiextensions/v1/marshal.go): they read a JSON Schema or something simpler. */
  #schemaUnion(plan: StructPlan, field: FieldPlan, value: ValuePlan & { kind: 'any' }, given: Json): Json | undefined {
    const props = value.props?.();
    if (props === undefined) return given;
    if (this.#opaque++ === 0) this.#opaqueField = this.#describe(plan, field);
    const before = this.#first;
    this.#first = undefined;
    let decoded: Json | undefined;
    if (isObject(given)) decoded = this.struct(props, given, {});
    else if (value.form === 'propsOrBool') {
      if (typeof given !== 'boolean') throw new Mismatch('boolean or JSON schema expected');
      decoded = given;
    } else if (Array.isArray(given) && given.length > 0)
      decoded = given.map((item) => {
        if (value.form === 'propsOrStringArray') {
          if (item !== null && typeof item !== 'string') return this.#mismatchInside(item, 'string');
          return item ?? '';
        }
        if (item === null) return {};
        return isObject(item) ? this.struct(props, item, {}) : this.#mismatchInside(item, 'v1.JSONSchemaProps');
      });
    this.#opaque--;
    this.finish();
    this.#first = before;
    return decoded;
  }

  #mismatch(plan: StructPlan, field: FieldPlan, value: ValuePlan, given: Json, why: ScalarProblem = {}): null {
    const type = why.type ?? goTypeName(value.schema);
    const where = this.#opaque > 0 ? this.#opaqueField : this.#describe(plan, field);
    const text =
      why.problem ??
      `json: cannot unmarshal ${why.cannot ?? goValueKind(given)} into Go struct field ${where} of type ${type}`;
    return this.#fail(text, value.kind === 'scalar' && decodesItself(value.type));
  }

  #mismatchInside(given: Json, type: string): null {
    return this.#fail(
      `json: cannot unmarshal ${goValueKind(given)} into Go struct field ${this.#opaqueField} of type ${type}`,
      false,
    );
  }

  /** Go goes on after a wrong kind, and tells the first at the end; the error of a type that decodes itself ends it at once. */
  #fail(text: string, final: boolean): null {
    const mismatch = new Mismatch(text);
    if (!this.#inDocumentOrder || final) throw mismatch;
    this.#first ??= mismatch;
    return null;
  }

  /** Throws what was found on a walk in the order of the document. */
  finish(): void {
    if (this.#first !== undefined) throw this.#first;
  }

  /** `PodSpec.spec.template.spec.containers`: the struct that has the field, and the path of fields to it. */
  #describe(plan: StructPlan, field: FieldPlan): string {
    const path =
      this.#fieldPath.at(-1) === field.name && field.value.kind !== 'scalar'
        ? this.#fieldPath
        : [...this.#fieldPath, field.name];
    return `${plan.goName}.${path.join('.')}`;
  }

  #unknown(plan: StructPlan, value: JsonObject, object: JsonObject): void {
    if (plan.preserveUnknown) {
      for (const key of Object.keys(value)) if (!plan.byName.has(key)) setOwn(object, key, value[key]);
      return;
    }
    if (this.#opaque === 0) this.sawUnknown = true;
  }
}

function isEmpty(value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value as JsonObject) return false;
  return true;
}
