import { objectMetaSchema } from '../../api/builtin-types.ts';
import type { Json, JsonObject } from '../json.ts';
import type { FieldSchema, ScalarSchema, Schema, StructSchema } from '../schema/schema.ts';

/**
 * Texts for `kubectl explain`: of a type (`field` absent) or of one of its fields. The server has none of its own.
 */
export type Descriptions = (definitionName: string, field?: string) => string | undefined;

/** In what the two versions of OpenAPI differ. */
export type Dialect = {
  /** `#/components/schemas/` or `#/definitions/`. */
  readonly prefix: string;
  /** v3 shows defaults, wraps references that have siblings, and may say "one of". */
  readonly rich: boolean;
  readonly descriptions?: Descriptions;
};

const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Types with a JSON form of their own are definitions too, as upstream names them. */
const leafNames: Readonly<Record<string, string>> = {
  quantity: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  time: `${metaV1}.Time`,
  microTime: `${metaV1}.MicroTime`,
  duration: `${metaV1}.Duration`,
  intOrString: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  raw: 'io.k8s.apimachinery.pkg.runtime.RawExtension',
  fieldsV1: `${metaV1}.FieldsV1`,
  json: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON',
  propsOrArray: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray',
  propsOrBool: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool',
  propsOrStringArray: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray',
};

const plainLeaves: Readonly<Record<string, JsonObject>> = {
  quantity: { type: 'string' },
  time: { type: 'string', format: 'date-time' },
  microTime: { type: 'string', format: 'date-time' },
  duration: { type: 'string' },
  intOrString: { type: 'string', format: 'int-or-string' },
  raw: { type: 'object' },
  fieldsV1: { type: 'object' },
};

const richLeaves: Readonly<Record<string, JsonObject>> = {
  ...plainLeaves,
  quantity: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  intOrString: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
};

const scalars: Readonly<Record<string, JsonObject>> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
};

/** In types that are not upstream's the leaves are written out, as in a CustomResourceDefinition. */
const inlineLeaves: Readonly<Record<string, JsonObject>> = {
  ...plainLeaves,
  quantity: { 'x-kubernetes-int-or-string': true },
  intOrString: { 'x-kubernetes-int-or-string': true },
  raw: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
};

/** Fields that upstream marks as atomic lists although they are none: the documents repeat the marker. */
const atomicThoughNoList: ReadonlySet<string> = new Set([
  'io.k8s.api.certificates.v1.CertificateSigningRequestSpec request',
  'io.k8s.api.certificates.v1.CertificateSigningRequestStatus certificate',
  `${metaV1}.Status details`,
  'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec caBundle',
]);
/** Enumerations whose values the documents do not list: their type is declared apart from its values. */
const enumless: ReadonlySet<string> = new Set([
  'io.k8s.api.admissionregistration.v1.RuleWithOperations scope',
  'io.k8s.api.admissionregistration.v1.NamedRuleWithOperations scope',
]);

/** Collects the definitions of types and of all that they refer to, each once. */
export class DefinitionSet {
  readonly #dialect: Dialect;
  readonly #definitions = new Map<string, JsonObject>();

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** Sorted by name. */
  all(): JsonObject {
    return Object.fromEntries([...this.#definitions].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** A reference to a named type, which is then defined. */
  reference(schema: StructSchema): JsonObject {
    if (!this.#definitions.has(schema.name)) {
      const definition: JsonObject = {};
      this.#definitions.set(schema.name, definition);
      Object.assign(definition, this.#published(schema) ?? this.#object(schema.declared ?? schema));
    }
    return { $ref: this.#dialect.prefix + schema.name };
  }

  /** What an answer is: a named type, or a text. */
  answer(schema: StructSchema | 'text'): JsonObject {
    return schema === 'text' ? { type: 'string' } : this.reference(schema);
  }

  #published({ publish }: StructSchema): JsonObject | undefined {
    if (publish === undefined) return undefined;
    // The texts are those that every kind of Kubernetes has.
    const describe = (field: string): JsonObject => {
      const description = this.#dialect.descriptions?.('io.k8s.api.core.v1.ConfigMap', field);
      return description === undefined ? {} : { description };
    };
    return publish(!this.#dialect.rich, {
      apiVersion: { type: 'string', ...describe('apiVersion') },
      kind: { type: 'string', ...describe('kind') },
      metadata: this.#withSiblings(this.reference(objectMetaSchema), describe('metadata')),
    });
  }

  #leaf(kind: string, upstream: boolean): JsonObject {
    const name = leafNames[kind];
    if (!upstream || name === undefined) return { ...inlineLeaves[kind] };
    if (!this.#definitions.has(name)) {
      const description = this.#dialect.descriptions?.(name);
      this.#definitions.set(name, {
        ...(description === undefined ? {} : { description }),
        ...(this.#dialect.rich ? richLeaves : plainLeaves)[kind],
      });
    }
    return { $ref: this.#dialect.prefix + name };
  }

  #object(schema: StructSchema): JsonObject {
    const description = schema.name === '' ? undefined : this.#dialect.descriptions?.(schema.name);
    const required = [...schema.fields.values()].filter((field) => field.required).map((field) => field.name);
    const properties: JsonObject = {};
    for (const name of [...schema.fields.keys()].toSorted()) {
      const field = schema.fields.get(name);
      if (field !== undefined) properties[name] = this.#property(schema, field);
    }
    return {
      ...(description === undefined ? {} : { description }),
      type: 'object',
      ...(required.length === 0 ? {} : { required }),
      ...(schema.fields.size === 0 ? {} : { properties }),
      ...(schema.preserveUnknown ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
      ...(schema.gvk === undefined
        ? {}
        : {
            'x-kubernetes-group-version-kind': schema.gvk.map(({ group, kind, version }) => ({ group, kind, version })),
          }),
      ...(schema.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
      ...(schema.unions === undefined ? {} : { 'x-kubernetes-unions': schema.unions }),
    };
  }

  #property(owner: StructSchema, field: FieldSchema): JsonObject {
    const upstream = owner.name.startsWith('io.k8s.');
    const description = owner.name === '' ? undefined : this.#dialect.descriptions?.(owner.name, field.name);
    const value = this.#value(field.schema, upstream);
    if (enumless.has(`${owner.name} ${field.name}`)) delete value['enum'];
    return this.#withSiblings(value, {
      ...(description === undefined ? {} : { description }),
      ...(field.default === undefined || !this.#dialect.rich ? {} : { default: field.default }),
      ...(atomicThoughNoList.has(`${owner.name} ${field.name}`) ? { 'x-kubernetes-list-type': 'atomic' } : {}),
      ...(field.mapType === undefined ? {} : { 'x-kubernetes-map-type': field.mapType }),
      ...(field.patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
      ...(field.patchStrategy.length === 0 ? {} : { 'x-kubernetes-patch-strategy': field.patchStrategy.join(',') }),
    });
  }

  /** A reference may have no siblings in OpenAPI 3.0: it is wrapped. */
  #withSiblings(schema: JsonObject, siblings: JsonObject): JsonObject {
    if (Object.keys(siblings).length === 0) return schema;
    return this.#dialect.rich && '$ref' in schema ? { allOf: [schema], ...siblings } : { ...schema, ...siblings };
  }

  #value(schema: Schema, upstream: boolean): JsonObject {
    switch (schema.kind) {
      case 'struct':
        return schema.name === '' ? this.#object(schema) : this.reference(schema);
      case 'list':
        return {
          type: 'array',
          items: this.#element(schema.items, upstream),
          ...(schema.implicit === true ? {} : { 'x-kubernetes-list-type': schema.listType }),
          ...(schema.mapKeys.length === 0 ? {} : { 'x-kubernetes-list-map-keys': [...schema.mapKeys] }),
        };
      case 'map':
        return {
          type: 'object',
          additionalProperties: this.#element(schema.values, upstream),
          ...(schema.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
        };
      case 'scalar':
        return this.#scalar(schema, upstream);
      case 'any':
        return this.#any(schema, upstream);
    }
  }

  #scalar(schema: ScalarSchema, upstream: boolean): JsonObject {
    const known = scalars[schema.type];
    if (known === undefined) return this.#leaf(schema.type, upstream);
    return schema.enum === undefined ? { ...known } : { ...known, enum: [...schema.enum] };
  }

  #any(schema: Schema & { kind: 'any' }, upstream: boolean): JsonObject {
    const form = schema.form ?? 'raw';
    if (!upstream && form === 'json') return { 'x-kubernetes-preserve-unknown-fields': true };
    return this.#leaf(form, upstream);
  }

  /** Items of lists and values of maps: upstream gives what is no pointer a default. */
  #element(schema: Schema, upstream: boolean): JsonObject {
    const value = this.#value(schema, upstream);
    const zero = upstream && this.#dialect.rich ? elementDefault(schema) : undefined;
    return zero === undefined ? value : this.#withSiblings(value, { default: zero });
  }
}

function elementDefault(schema: Schema): Json | undefined {
  if (schema.kind === 'struct') return {};
  if (schema.kind !== 'scalar') return undefined;
  if (schema.type === 'string') return '';
  if (schema.type === 'boolean') return false;
  return schema.type === 'int32' || schema.type === 'int64' || schema.type === 'double' ? 0 : undefined;
}
