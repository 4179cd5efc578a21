import type { JsonObject } from '../json.ts';
import type { StructSchema } from '../schema/schema.ts';
import { type Comparison, compareObjects, type Views } from './compare.ts';
import { type FieldSet, recursiveDifference, setOfFields } from './field-set.ts';

/** The same object in another version of its group, with the schema of that version. */
export type VersionedObject = { readonly object: JsonObject; readonly schema: StructSchema };

/** Converts an object to another apiVersion; undefined when that version is served no more. */
export type ConvertVersion = (object: JsonObject, apiVersion: string) => VersionedObject | undefined;

const excluded = new WeakMap<readonly string[], { top: ReadonlySet<string>; nested: FieldSet | undefined }>();

/** Fields that writes of a resource never own, split into whole top-level fields and paths below. */
export function excludedFields(resetFields: readonly string[]): {
  readonly top: ReadonlySet<string>;
  readonly nested: FieldSet | undefined;
} {
  let fields = excluded.get(resetFields);
  if (fields === undefined) {
    const nested = resetFields.filter((path) => path.includes('.'));
    fields = {
      top: new Set(resetFields.filter((path) => !path.includes('.'))),
      nested: nested.length === 0 ? undefined : setOfFields(nested),
    };
    excluded.set(resetFields, fields);
  }
  return fields;
}

/** The set without what writes of this resource never own. */
export function withoutResetFields(set: FieldSet, resetFields: readonly string[]): FieldSet {
  return resetFields.length === 0 ? set : recursiveDifference(set, setOfFields(resetFields));
}

/**
 * Compares live and updated object in the version of each manager that is asked for; every version at most once.
 */
export class VersionedComparison {
  readonly own: Comparison;
  readonly #live: JsonObject;
  readonly #updated: JsonObject;
  readonly #apiVersion: string;
  readonly #resetFields: readonly string[];
  readonly #convert: ConvertVersion | undefined;
  readonly #views: Views;
  #others: Map<string, Comparison | undefined> | undefined;
  readonly #schema: StructSchema;
  #otherSchemas: Map<string, StructSchema> | undefined;

  constructor(
    live: JsonObject,
    updated: JsonObject,
    schema: StructSchema,
    apiVersion: string,
    resetFields: readonly string[],
    convert: ConvertVersion | undefined,
    views: Views,
  ) {
    this.#live = live;
    this.#updated = updated;
    this.#apiVersion = apiVersion;
    this.#resetFields = resetFields;
    this.#convert = convert;
    this.#views = views;
    this.#schema = schema;
    this.own = this.#compare(live, updated, schema);
  }

  #compare(live: JsonObject, updated: JsonObject, schema: StructSchema): Comparison {
    if (this.#resetFields.length === 0) return compareObjects(live, updated, schema, undefined, this.#views);
    const { top, nested } = excludedFields(this.#resetFields);
    const comparison = compareObjects(live, updated, schema, top, this.#views);
    if (nested === undefined) return comparison;
    return {
      changed: recursiveDifference(comparison.changed, nested),
      removed: recursiveDifference(comparison.removed, nested),
    };
  }

  /** The schema of a version that has been compared in. */
  schemaIn(apiVersion: string): StructSchema {
    return this.#otherSchemas?.get(apiVersion) ?? this.#schema;
  }

  /** The comparison as a manager of that version sees it; undefined when the version is gone. */
  in(apiVersion: string): Comparison | undefined {
    if (apiVersion === this.#apiVersion || this.#convert === undefined) return this.own;
    this.#others ??= new Map();
    if (this.#others.has(apiVersion)) return this.#others.get(apiVersion);
    const live = this.#convert(this.#live, apiVersion);
    const updated = this.#convert(this.#updated, apiVersion);
    const comparison =
      live === undefined || updated === undefined
        ? undefined
        : this.#compare(live.object, updated.object, updated.schema);
    this.#others.set(apiVersion, comparison);
    if (updated !== undefined) (this.#otherSchemas ??= new Map()).set(apiVersion, updated.schema);
    return comparison;
  }
}
