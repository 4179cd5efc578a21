import { RE2JS } from 're2js';
import { fieldError } from '../errors.ts';
import { isObject, type Json, type JsonObject, stringify } from '../json.ts';
import { canonical } from './canonical.ts';
import { formatCheck, type FormatCheck } from './formats.ts';

/** A JSON schema prepared for validating values: kube-openapi's reading of JSONSchemaProps. */
export type ValueSchema = {
  readonly types: readonly string[];
  readonly nullable: boolean;
  /** A format that is checked; those that nobody knows are ignored. */
  readonly format: { readonly name: string; readonly check: FormatCheck } | undefined;
  readonly maximum: number | undefined;
  readonly exclusiveMaximum: boolean;
  readonly minimum: number | undefined;
  readonly exclusiveMinimum: boolean;
  readonly multipleOf: number | undefined;
  readonly maxLength: number | undefined;
  readonly minLength: number | undefined;
  readonly pattern: Pattern | undefined;
  readonly maxItems: number | undefined;
  readonly minItems: number | undefined;
  readonly uniqueItems: boolean;
  readonly maxProperties: number | undefined;
  readonly minProperties: number | undefined;
  readonly required: readonly string[];
  readonly enum: Enumeration | undefined;
  /** By name. */
  readonly properties: readonly (readonly [name: string, schema: ValueSchema])[];
  readonly names: ReadonlySet<string>;
  readonly additional: ValueSchema | boolean | undefined;
  readonly items: ValueSchema | undefined;
  readonly allOf: readonly ValueSchema[];
  readonly anyOf: readonly ValueSchema[];
  readonly oneOf: readonly ValueSchema[];
  readonly not: ValueSchema | undefined;
  /** Keys by which items of a list are the same before and after an update; empty when they are not. */
  readonly mapKeys: readonly string[];
  readonly atomicMap: boolean;
};

/** The values that a node may have. Enumerations can be long, and so can lists of their values: each is found at once. */
export class Enumeration {
  readonly #values: readonly Json[];
  #texts: ReadonlySet<string> | undefined;
  #others: ReadonlySet<string> | undefined;
  #supported: string | undefined;

  constructor(values: readonly Json[]) {
    this.#values = values;
  }

  has(value: Json): boolean {
    if (typeof value === 'string') {
      this.#texts ??= new Set(this.#values.filter((each) => typeof each === 'string'));
      return this.#texts.has(value);
    }
    this.#others ??= new Set(this.#values.filter((each) => each !== null && typeof each !== 'string').map(canonical));
    return value !== null && this.#others.has(canonical(value));
  }

  /** What errors say of a value that is not among these: which are, of very long enumerations the beginning. Worked out once. */
  get supported(): string {
    return (this.#supported ??= fieldError.notSupported('', '', this.#shown()).detail);
  }

  #shown(): string[] {
    const shown: string[] = [];
    let length = 0;
    for (const each of this.#values) {
      const text = typeof each === 'string' ? each : stringify(each);
      length += text.length;
      if (length > maxShown) break;
      shown.push(text);
    }
    return shown;
  }
}

const maxShown = 16 * 1024;

/** A regular expression in Go's syntax (RE2): linear in the length of the text, whatever the expression. Compiled when first used. */
export class Pattern {
  readonly source: string;
  #compiled: RE2JS | Error | undefined;

  constructor(source: string) {
    this.source = source;
  }

  /** How many steps it takes at most to match a text. */
  steps(text: string): number {
    const compiled = (this.#compiled ??= compile(this.source));
    return compiled instanceof Error ? 0 : text.length * compiled.programSize();
  }

  /** Undefined when the text matches; else what the error shows after `should match`. */
  problem(text: string): string | undefined {
    const compiled = (this.#compiled ??= compile(this.source));
    if (compiled instanceof Error) return `${this.source}, but pattern is invalid: ${compiled.message}`;
    return compiled.matcher(text).find() ? undefined : this.source;
  }
}

function compile(source: string): RE2JS | Error {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Prepares a schema. Never throws: what does not make sense is as if absent. */
export function valueSchemaOf(props: JsonObject): ValueSchema {
  const properties = Object.entries(isObject(props['properties']) ? props['properties'] : {})
    .filter((entry): entry is [string, JsonObject] => isObject(entry[1]))
    .map(([name, each]) => [name, valueSchemaOf(each)] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const { additionalProperties, items, not } = props;
  const format = typeof props['format'] === 'string' ? props['format'] : '';
  const check = format === '' ? undefined : formatCheck(format);
  const pattern = typeof props['pattern'] === 'string' && props['pattern'] !== '' ? props['pattern'] : undefined;
  const intOrString = props['x-kubernetes-int-or-string'] === true;
  const type = typeof props['type'] === 'string' && props['type'] !== '' ? [props['type']] : [];
  const mapKeys = props['x-kubernetes-list-type'] === 'map' ? props['x-kubernetes-list-map-keys'] : undefined;
  return {
    types: intOrString ? ['integer', 'string'] : type,
    nullable: props['nullable'] === true,
    format: check === undefined ? undefined : { name: format, check },
    maximum: number(props['maximum']),
    exclusiveMaximum: props['exclusiveMaximum'] === true,
    minimum: number(props['minimum']),
    exclusiveMinimum: props['exclusiveMinimum'] === true,
    multipleOf: number(props['multipleOf']),
    maxLength: number(props['maxLength']),
    minLength: number(props['minLength']),
    pattern: pattern === undefined ? undefined : new Pattern(pattern),
    maxItems: number(props['maxItems']),
    minItems: number(props['minItems']),
    uniqueItems: props['uniqueItems'] === true,
    maxProperties: number(props['maxProperties']),
    minProperties: number(props['minProperties']),
    required: Array.isArray(props['required']) ? props['required'].filter((each) => typeof each === 'string') : [],
    enum: Array.isArray(props['enum']) && props['enum'].length > 0 ? new Enumeration(props['enum']) : undefined,
    properties,
    names: new Set(properties.map(([name]) => name)),
    additional: isObject(additionalProperties)
      ? valueSchemaOf(additionalProperties)
      : typeof additionalProperties === 'boolean'
        ? additionalProperties
        : undefined,
    items: isObject(items) ? valueSchemaOf(items) : undefined,
    allOf: schemas(props['allOf']),
    anyOf: schemas(props['anyOf']),
    oneOf: schemas(props['oneOf']),
    not: isObject(not) ? valueSchemaOf(not) : undefined,
    mapKeys: Array.isArray(mapKeys) ? mapKeys.filter((each) => typeof each === 'string') : [],
    atomicMap: props['x-kubernetes-map-type'] === 'atomic',
  };
}

function schemas(list: Json | undefined): ValueSchema[] {
  return Array.isArray(list) ? list.filter(isObject).map(valueSchemaOf) : [];
}

function number(value: Json | undefined): number | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}
