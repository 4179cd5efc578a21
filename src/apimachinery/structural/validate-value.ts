import { type FieldError, fieldError, goSyntax } from '../errors.ts';
import { goFloat, goLiteral } from '../go-literal.ts';
import { isObject, type Json, type JsonObject, stringify } from '../json.ts';
import { isUnchanged, keyOf, type Old, oldItems, oldMember, uncorrelated } from './correlate.ts';
import { isMultiple, longerThan, typeOf } from './measure.ts';
import type { Pattern, ValueSchema } from './value-schema.ts';

/**
 * What is wrong with a value by its schema, in the words and order of kube-openapi's validator as apiextensions-apiserver shows them. With `old`, what was
 * wrong before and has not been changed is let be (ratcheting): `old` is the value's state before the update.
 */
export function validateValue(
  value: Json,
  schema: ValueSchema,
  root: string,
  old?: { readonly value: Json | undefined },
): FieldError[] {
  const walk = new Walk(root);
  const result = new Result();
  // A whole object has fields that its schema does not tell of (kind, metadata), so it never counts as unchanged; its members may.
  if (old === undefined || root === '')
    walk.node(value, schema, '', old === undefined ? uncorrelated : old.value, result);
  else walk.ratcheted(value, schema, '', old.value, result);
  return result.errors;
}

/** No error of a hostile object may grow beyond this. */
const maxErrors = 200;
/** So many steps all patterns of one object may take together. */
const maxSteps = 50_000_000;

/** Errors, and how many checks were good: of several alternatives the one with the most is shown. */
class Result {
  readonly errors: FieldError[] = [];
  good = 0;

  add(error: FieldError): void {
    if (this.errors.length < maxErrors && !this.errors.some((known) => sameError(known, error)))
      this.errors.push(error);
  }

  merge(other: Result): void {
    for (const error of other.errors) this.add(error);
    this.good += other.good;
  }
}

function sameError(a: FieldError, b: FieldError): boolean {
  return a.field === b.field && a.type === b.type && a.detail === b.detail;
}

class Walk {
  /** Path of the validated value in the object: '' or `status`. */
  readonly #root: string;
  #steps = 0;

  constructor(root: string) {
    this.#root = root;
  }

  /** A value that has an earlier state: its errors count only when it is not as it was. */
  ratcheted(value: Json, schema: ValueSchema, path: string, old: Old, result: Result): void {
    const own = new Result();
    this.node(value, schema, path, old, own);
    if (own.errors.length > 0 && old !== uncorrelated && isUnchanged(value, old, schema)) own.errors.length = 0;
    result.merge(own);
  }

  node(value: Json, schema: ValueSchema, path: string, old: Old, result: Result): void {
    const before = result.errors.length;
    if (value === null) {
      if (schema.types.length > 0 && !schema.nullable) this.#typeError(path, schema.types.join(','), 'null', result);
      else result.good++;
      this.#enum(null, schema, path, result);
      return;
    }
    if (schema.types.length > 0 || schema.format !== undefined) {
      result.good++;
      if (this.#type(value, schema, path, result)) result.good++;
    }
    if (hasAlternatives(schema)) this.#alternatives(value, schema, path, old, result);
    result.good += 2;
    switch (typeof value) {
      case 'string':
        this.#text(value, schema, path, result);
        break;
      case 'number':
      case 'bigint':
        this.#number(value, schema, path, result);
        break;
      case 'object':
        if (Array.isArray(value)) this.#list(value, schema, path, old, result);
        else this.#object(value as JsonObject, schema, path, old, result, before);
        break;
      default:
    }
  }

  #field(path: string): string {
    const inside = path.startsWith('.') ? path.slice(1) : path;
    if (inside === '') return this.#root === '' ? '<nil>' : this.#root;
    return this.#root === '' ? inside : `${this.#root}.${inside}`;
  }

  #invalid(path: string, value: unknown, text: string, result: Result): void {
    result.add(fieldError.invalid(this.#field(path), value, `${path} in body ${text}`));
  }

  #typeError(path: string, type: string, actual: string, result: Result): void {
    result.add(
      fieldError.typeInvalid(
        this.#field(path),
        actual,
        `${path} in body must be of type ${type}: ${JSON.stringify(actual)}`,
      ),
    );
  }

  /** Tells about a composition as a whole, which upstream does without a field. */
  #whole(path: string, text: string, result: Result): void {
    result.add(fieldError.invalid(this.#root === '' ? '<nil>' : this.#root, '', `${JSON.stringify(path)} ${text}`));
  }

  #type(value: Json, { types, format }: ValueSchema, path: string, result: Result): boolean {
    const actual = typeOf(value);
    const numeric = types.includes('number') || types.includes('integer');
    const fits =
      types.includes(actual) ||
      (actual === 'integer' && types.includes('number')) ||
      (format !== undefined && types.length === 0);
    if (format !== undefined && actual !== 'string' && actual !== 'array' && !fits) {
      this.#typeError(path, format.name, actual === 'integer' ? 'int64' : actual === 'number' ? 'float64' : '', result);
      return false;
    }
    if (!numeric && format !== undefined && (actual === 'string' || actual === 'array')) return true;
    if (fits) return true;
    this.#typeError(path, types.join(','), actual, result);
    return false;
  }

  #text(text: string, schema: ValueSchema, path: string, result: Result): void {
    const { maxLength, minLength, pattern, format } = schema;
    if (maxLength !== undefined && longerThan(text, maxLength))
      result.add(fieldError.tooLong(this.#field(path), maxLength));
    else if (minLength !== undefined && !longerThan(text, minLength - 1))
      this.#invalid(path, text, `should be at least ${minLength} chars long`, result);
    else {
      const problem = pattern === undefined ? undefined : this.#mismatch(pattern, text);
      if (problem !== undefined) this.#invalid(path, text, `should match '${problem}'`, result);
    }
    if (format !== undefined && !format.check(text)) this.#typeError(path, format.name, text, result);
    this.#enum(text, schema, path, result);
  }

  /** Matching is linear in the text and in the pattern: their product is still bounded. */
  #mismatch(pattern: Pattern, text: string): string | undefined {
    this.#steps += pattern.steps(text);
    return this.#steps > maxSteps ? `${pattern.source}, but that takes too long to find out` : pattern.problem(text);
  }

  #number(value: number | bigint, schema: ValueSchema, path: string, result: Result): void {
    const { multipleOf, maximum, minimum, exclusiveMaximum, exclusiveMinimum } = schema;
    const integer = typeof value === 'bigint' || Number.isInteger(value);
    const bound = (limit: number) => (integer ? String(Math.trunc(limit)) : goFloat(limit));
    const limitOf = (limit: number) => (integer ? Math.trunc(limit) : limit);
    result.good++;
    if (multipleOf !== undefined && limitOf(multipleOf) <= 0) {
      const detail = `factor MultipleOf declared for ${path} must be positive: ${bound(multipleOf)}`;
      result.add(fieldError.invalid(this.#field(path), limitOf(multipleOf), detail));
    } else if (multipleOf !== undefined && !isMultiple(value, multipleOf, integer))
      this.#invalid(path, value, `should be a multiple of ${integer ? multipleOf : goFloat(multipleOf)}`, result);
    if (minimum !== undefined) {
      const limit = limitOf(minimum);
      if (exclusiveMinimum ? value <= limit : value < limit)
        this.#invalid(
          path,
          value,
          `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${bound(minimum)}`,
          result,
        );
    }
    if (maximum !== undefined) {
      const limit = limitOf(maximum);
      if (exclusiveMaximum ? value >= limit : value > limit)
        this.#invalid(
          path,
          value,
          `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${bound(maximum)}`,
          result,
        );
    }
    this.#enum(value, schema, path, result);
  }

  #list(list: readonly Json[], schema: ValueSchema, path: string, old: Old, result: Result): void {
    const { items, minItems, maxItems, uniqueItems } = schema;
    if (items !== undefined) {
      const earlier = oldItems(schema, old);
      for (let i = 0; i < list.length; i++) {
        const item = list[i] as Json;
        const before =
          earlier === undefined || !isObject(item)
            ? uncorrelated
            : (earlier.get(keyOf(item, schema.mapKeys)) ?? uncorrelated);
        const here = `${path}[${i}]`;
        if (before === uncorrelated) this.node(item, items, here, uncorrelated, result);
        else this.ratcheted(item, items, here, before, result);
      }
    }
    if (minItems !== undefined && list.length < minItems)
      this.#invalid(path, list.length, `should have at least ${minItems} items`, result);
    if (maxItems !== undefined && list.length > maxItems)
      result.add(fieldError.tooMany(this.#field(path), list.length, maxItems));
    if (uniqueItems && new Set(list.map(stringify)).size < list.length)
      this.#invalid(path, '', `shouldn't contain duplicates`, result);
    result.good++;
    this.#enum(list as Json, schema, path, result);
  }

  #object(object: JsonObject, schema: ValueSchema, path: string, old: Old, result: Result, _before: number): void {
    this.#enum(object, schema, path, result);
    const { minProperties, maxProperties, additional, names, properties, required } = schema;
    if (minProperties !== undefined || maxProperties !== undefined) {
      const size = Object.keys(object).length;
      if (minProperties !== undefined && size < minProperties)
        this.#invalid(path, size, `should have at least ${minProperties} properties`, result);
      if (maxProperties !== undefined && size > maxProperties)
        result.add(fieldError.tooMany(this.#field(path), size, maxProperties));
    }
    if (additional === false) {
      for (const name of Object.keys(object))
        if (!names.has(name))
          result.add(fieldError.invalid(this.#field(path), name, `${path}.${name} in body is a forbidden property`));
    } else if (typeof additional === 'object') {
      for (const name of Object.keys(object))
        if (!names.has(name)) this.#member(object, name, additional, `${path}.${name}`, schema, old, result);
    }
    for (const [name, property] of properties) {
      if (Object.hasOwn(object, name) && object[name] !== undefined)
        this.#member(object, name, property, path === '' ? name : `${path}.${name}`, schema, old, result);
    }
    for (const name of required) {
      if (!Object.hasOwn(object, name) || object[name] === undefined)
        result.add(fieldError.required(this.#field(`${path}.${name}`)));
    }
  }

  #member(
    object: JsonObject,
    name: string,
    schema: ValueSchema,
    path: string,
    parent: ValueSchema,
    old: Old,
    result: Result,
  ): void {
    const value = object[name] as Json;
    const before = oldMember(name, path, parent, old);
    if (before === uncorrelated) this.node(value, schema, path, uncorrelated, result);
    else this.ratcheted(value, schema, path, before, result);
  }

  #enum(value: Json, { enum: allowed }: ValueSchema, path: string, result: Result): void {
    if (allowed === undefined || allowed.has(value)) return;
    const bad = typeof value === 'object' && value !== null ? goSyntax(goLiteral(value)) : value;
    const { supported: detail } = allowed;
    result.add({ type: 'FieldValueNotSupported', field: this.#field(path), badValue: bad, detail });
  }

  #alternatives(value: Json, schema: ValueSchema, path: string, old: Old, result: Result): void {
    const attempt = (each: ValueSchema): Result => {
      const own = new Result();
      this.node(value, each, path, old, own);
      return own;
    };
    const { anyOf, oneOf, allOf, not } = schema;
    if (anyOf.length > 0) {
      let best: Result | undefined;
      for (const each of anyOf) {
        const own = attempt(each);
        if (own.errors.length === 0) {
          best = own;
          break;
        }
        if (best === undefined || own.good > best.good) best = own;
      }
      if (best !== undefined && best.errors.length > 0)
        this.#whole(path, 'must validate at least one schema (anyOf)', result);
      if (best !== undefined) result.merge(best);
    }
    if (oneOf.length > 0) this.#oneOf(oneOf.map(attempt), path, result);
    if (allOf.length > 0) {
      let valid = 0;
      for (const each of allOf) {
        const own = attempt(each);
        if (own.errors.length === 0) valid++;
        result.merge(own);
      }
      if (valid < allOf.length)
        this.#whole(path, `must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`, result);
    }
    if (not !== undefined && attempt(not).errors.length === 0)
      this.#whole(path, 'must not validate the schema (not)', result);
  }

  #oneOf(results: readonly Result[], path: string, result: Result): void {
    const valid = results.filter((each) => each.errors.length === 0);
    if (valid.length === 1) {
      result.merge(valid[0] as Result);
      return;
    }
    const why = valid.length === 0 ? 'Found none valid' : `Found ${valid.length} valid alternatives`;
    this.#whole(path, `must validate one and only one schema (oneOf). ${why}`, result);
    if (valid.length > 0) return;
    let best = results[0] as Result;
    for (const each of results) if (each.good > best.good) best = each;
    result.merge(best);
  }
}

function hasAlternatives({ anyOf, oneOf, allOf, not }: ValueSchema): boolean {
  return anyOf.length > 0 || oneOf.length > 0 || allOf.length > 0 || not !== undefined;
}
