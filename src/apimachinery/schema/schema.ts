import type { Json, JsonObject } from '../json.ts';
import type { KubeObject } from '../object.ts';

/**
 * The one form in which Atoll holds a type: built-in kinds (generated tables), and structural schemas of CRDs. Decoding, defaulting keys,
 * strategic merge, server-side apply, protobuf and OpenAPI all read it. Schemas are immutable, shared and may be recursive: compare by identity.
 */
export type Schema = StructSchema | MapSchema | ListSchema | ScalarSchema | AnySchema;

/** An object with declared fields. */
export type StructSchema = {
  readonly kind: 'struct';
  /** Definition name as OpenAPI shows it (`io.k8s.api.core.v1.Container`); '' for anonymous ones. */
  readonly name: string;
  readonly fields: ReadonlyMap<string, FieldSchema>;
  /** x-kubernetes-map-type: atomic. */
  readonly atomic: boolean;
  /** Fields that are not declared are kept (x-kubernetes-preserve-unknown-fields). */
  readonly preserveUnknown: boolean;
  /** GroupVersionKind when the type is a top-level kind. */
  readonly gvk?: readonly { readonly group: string; readonly version: string; readonly kind: string }[];
  /** The type as it is declared, where a field overrides its map type. */
  readonly declared?: StructSchema;
  /** x-kubernetes-unions, as OpenAPI shows it. */
  readonly unions?: Json;
  /** Kinds that are not Go structs (custom resources) are decoded their own way; see decodeObject. */
  readonly decode?: (value: JsonObject, source: string | undefined) => Decoded;
  /** The type's definition in OpenAPI, where it is more than can be told from its fields. `standard`: apiVersion, kind and metadata as every kind has them. */
  readonly publish?: (v2: boolean, standard: JsonObject) => JsonObject;
};

/** A body that has been fitted to its type. */
export type Decoded = {
  readonly object: KubeObject;
  /** Texts of strict decoding, in the order of the document: `unknown field "spec.foo"`, `duplicate field "data.a"`. At most 100. */
  readonly unknown: readonly string[];
};

export type FieldSchema = {
  readonly name: string;
  readonly schema: Schema;
  readonly required: boolean;
  /** Go's json `omitempty`: zero values are not written. Matters when decoding protobuf. */
  readonly omitEmpty: boolean;
  /** Go pointer: a zero value that was sent is kept. */
  readonly pointer: boolean;
  /** Protobuf field number; 0 when the type has no protobuf form. */
  readonly proto: number;
  /** Numbers of the messages that protobuf nests the field in and JSON does not (embedded Go structs), outermost first. */
  readonly protoInline?: readonly number[];
  /** x-kubernetes-map-type of the field itself, where it is not the one of its type; `schema` already follows it. */
  readonly mapType?: 'atomic' | 'granular';
  /** Strategic-merge-patch tags; empty when none. */
  readonly patchStrategy: readonly ('merge' | 'replace' | 'retainKeys')[];
  readonly patchMergeKey?: string;
  /** Schema default (structured-merge-diff needs it for key fields such as `protocol: TCP`). */
  readonly default?: Json;
};

/** An object with free keys. */
export type MapSchema = {
  readonly kind: 'map';
  readonly values: Schema;
  readonly atomic: boolean;
  /** Go names of the map and of its keys, for error texts: `v1.ResourceList`, `v1.ResourceName`. */
  readonly goType?: string;
  readonly goKey?: string;
};

export type ListSchema = {
  readonly kind: 'list';
  readonly items: Schema;
  /** x-kubernetes-list-type; `map` lists are keyed by `mapKeys`. */
  readonly listType: 'atomic' | 'set' | 'map';
  readonly mapKeys: readonly string[];
  /** The type declares no x-kubernetes-list-type; `atomic` is what that means. */
  readonly implicit?: boolean;
  readonly goType?: string;
};

export type ScalarType =
  | 'string'
  | 'boolean'
  | 'int32'
  | 'int64'
  | 'double'
  | 'intOrString'
  | 'quantity'
  | 'time'
  | 'microTime'
  | 'duration'
  | 'bytes';

export type ScalarSchema = {
  readonly kind: 'scalar';
  readonly type: ScalarType;
  /** Go name for error texts, where it is not the type's own: `v1.Protocol`. */
  readonly goType?: string;
  /** The values that documentation lists. Decoding does not check them: validation does, in its own words. */
  readonly enum?: readonly string[];
};

/** Anything (RawExtension, JSON, FieldsV1). */
export type AnySchema = {
  readonly kind: 'any';
  /** What Go holds it in; `raw` (RawExtension) when absent. */
  readonly form?: AnyForm;
  /** JSONSchemaProps, for the forms that may hold one. */
  readonly props?: StructSchema;
};

export type AnyForm = 'raw' | 'json' | 'fieldsV1' | 'propsOrArray' | 'propsOrBool' | 'propsOrStringArray';

export const anySchema: AnySchema = { kind: 'any' };
