import { createHash } from 'node:crypto';
import { type Crd, crdResource, type CrdVersion, isCrdConditionTrue } from '../../api/apiextensions.k8s.io/v1/types.ts';
import { reverseGroup, structSchema } from '../../api/own-types.ts';
import { allVerbs, type ResourceDefinition, type VersionDefinition } from '../../api/resource-definition.ts';
import { compileJsonPath, type JsonPath, JsonPathError } from '../../apimachinery/jsonpath.ts';
import { deepEqual, isObject, type Json, type JsonObject, stringify } from '../../apimachinery/json.ts';
import { formatApiVersion, type KubeObject } from '../../apimachinery/object.ts';
import type { StructSchema } from '../../apimachinery/schema/schema.ts';
import { applyStructuralDefaults } from '../../apimachinery/structural/default.ts';
import { publishedDefinition } from '../../apimachinery/structural/publish.ts';
import { prunedCopy } from '../../apimachinery/structural/prune.ts';
import { preserveEverything, type Structural, structuralOf } from '../../apimachinery/structural/structural.ts';
import { type ValueSchema, valueSchemaOf } from '../../apimachinery/structural/value-schema.ts';
import { type RuleTree, ruleTreeOf } from '../../apimachinery/structural/rules/rule-tree.ts';
import { typeOfStructural } from '../../apimachinery/structural/to-schema.ts';
import { compareVersions } from '../../apimachinery/version-order.ts';
import type { WebhookCaller } from '../webhooks.ts';
import { customTable } from './printer-columns.ts';
import { decodeCustomResource } from './decode.ts';
import { scaleOf } from './scale.ts';
import { strategyOf } from './strategy.ts';
import { webhookConversion } from './webhook-conversion.ts';

/** What decides how a definition's objects are served, as one text: equal texts are served by one compiled definition, whoever they belong to. */
export function contentKey(crd: Crd): string {
  const { spec, status } = crd;
  return createHash('sha256')
    .update(
      stringify([
        crd.metadata.name ?? '',
        (spec ?? null) as Json,
        (status?.acceptedNames ?? null) as Json,
        isPristine(crd),
        isTerminating(crd),
      ]),
    )
    .digest('base64url');
}

/** The schema has never been another: what is stored was pruned and defaulted by it. */
function isPristine(crd: Crd): boolean {
  return crd.metadata.generation === 1;
}

export function isTerminating(crd: Crd): boolean {
  return isCrdConditionTrue(crd, 'Terminating');
}

/** One version of a custom resource as its parts need it. Schemas are made when first asked for. */
export type CompiledVersion = {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly version: string;
  readonly namespaced: boolean;
  readonly declared: CrdVersion;
  readonly structural: Structural;
  readonly values: ValueSchema;
  /** Undefined when the schema has no rules in CEL. */
  readonly rules: RuleTree | undefined;
  /** An object as stored in this version, in the form that it has now: pruned and defaulted. Never changes its argument. */
  readStored(object: KubeObject): KubeObject;
  /** An object converted from another version: pruned only, as stock defaults what it reads in the version that it was stored in. Never changes its argument. */
  fit(object: KubeObject): KubeObject;
};

/**
 * A CustomResourceDefinition's content as the registry serves it. `crd` is read, never kept beyond its spec and accepted names. `webhooks` convert between
 * versions where the definition says so.
 */
export function compileDefinition(crd: Crd, webhooks?: WebhookCaller): ResourceDefinition {
  const { spec = {}, status = {} } = crd;
  const { group = '', versions = [], scope } = spec;
  const names = status.acceptedNames ?? spec.names ?? {};
  const { plural = '', singular = '', kind = '', listKind = '', shortNames = [], categories = [] } = names;
  const namespaced = scope === 'Namespaced';
  const pristine = isPristine(crd);
  const terminating = isTerminating(crd);
  const storageVersion = versions.find((version) => version.storage === true)?.name ?? '';
  const compiled = versions
    .map((declared) => new LazyVersion({ group, plural, kind, namespaced, declared }))
    .toSorted((a, b) => compareVersions(a.version, b.version));
  const storage = compiled.find((version) => version.version === storageVersion);
  /** What is stored is defaulted by the schema that it is stored in; that may be newer than the object. */
  const fromOther = (object: KubeObject, version: CompiledVersion): KubeObject =>
    pristine || storage === undefined || storage === version || spec.conversion?.strategy === 'Webhook'
      ? object
      : storage.readStored(object);
  const definitions = compiled.map((version): VersionDefinition => {
    const { declared } = version;
    const readsAsStored = pristine && version.version === storageVersion && !defaultsItsStatus(declared);
    return {
      version: version.version,
      served: declared.served === true,
      ...(declared.deprecated === true
        ? {
            deprecated: true,
            deprecationWarning:
              declared.deprecationWarning ?? defaultDeprecationWarning(group, kind, version.version, versions),
          }
        : {}),
      get schema() {
        return version.schema;
      },
      get table() {
        return version.table;
      },
      ...(readsAsStored
        ? {}
        : {
            fromStorage: (object: KubeObject) =>
              version === storage ? version.readStored(object) : version.fit(fromOther(object, version)),
          }),
    };
  });
  const own = { spec: spec as Json, acceptedNames: status.acceptedNames as Json };
  const conversion = webhookConversion(spec.conversion, webhooks);
  const base = {
    group,
    resource: plural,
    singular,
    kind,
    listKind,
    shortNames,
    categories,
    scope: namespaced ? ('Namespaced' as const) : ('Cluster' as const),
    verbs: allVerbs,
    versions: definitions,
    storageVersion,
    ...(conversion === undefined ? {} : { conversion }),
    builtIn: false,
    origin: {
      resource: crdResource,
      name: crd.metadata.name ?? '',
      isStill: (object: KubeObject) => {
        const { spec: newSpec, status: newStatus } = object as Crd;
        return deepEqual(newSpec as Json, own.spec) && deepEqual(newStatus?.acceptedNames as Json, own.acceptedNames);
      },
    },
  };
  const views = new Map<string, ResourceDefinition>();
  const forVersion = (version: string): ResourceDefinition => views.get(version) ?? main;
  for (const version of compiled) {
    const { declared } = version;
    const scale = scaleOf(declared.subresources?.scale);
    const fieldSelectors = selectableFields(declared);
    const strategy = strategyOf(version, storage ?? version, terminating, conversion);
    views.set(version.version, {
      ...base,
      strategy: strategy.main,
      ...(declared.subresources?.status === undefined ? {} : { status: strategy.status }),
      ...(scale === undefined ? {} : { scale }),
      ...(fieldSelectors === undefined ? {} : { fieldSelectors }),
      forVersion,
    });
  }
  const main: ResourceDefinition = views.get(storageVersion) ??
    [...views.values()][0] ?? { ...base, strategy: { generation: 'spec' } };
  return main;
}

/** A create takes the status away; what its schema has for one comes back when the object is read. */
function defaultsItsStatus({ schema, subresources }: CrdVersion): boolean {
  const properties = schema?.openAPIV3Schema?.['properties'];
  if (subresources?.status === undefined || !isObject(properties)) return false;
  const status = Object.hasOwn(properties, 'status') ? properties['status'] : undefined;
  return isObject(status) && status['default'] !== undefined;
}

/** In stock's words, which name the newest version that is served, not deprecated, and newer than this one. */
function defaultDeprecationWarning(
  group: string,
  kind: string,
  version: string,
  versions: readonly CrdVersion[],
): string {
  const is = `${formatApiVersion(group, version)} ${kind} is deprecated`;
  const [newest] = versions
    .filter((each) => each.served === true && each.deprecated !== true)
    .map(({ name = '' }) => name)
    .toSorted(compareVersions);
  if (newest === undefined || compareVersions(newest, version) > 0) return is;
  return `${is}; use ${formatApiVersion(group, newest)} ${kind}`;
}

class LazyVersion implements CompiledVersion {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly version: string;
  readonly namespaced: boolean;
  readonly declared: CrdVersion;
  #structural: Structural | undefined;
  #values: ValueSchema | undefined;
  #rules: { readonly tree: RuleTree | undefined } | undefined;
  #schema: StructSchema | undefined;
  #table: VersionDefinition['table'] | undefined;

  constructor(options: { group: string; plural: string; kind: string; namespaced: boolean; declared: CrdVersion }) {
    this.group = options.group;
    this.plural = options.plural;
    this.kind = options.kind;
    this.namespaced = options.namespaced;
    this.declared = options.declared;
    this.version = options.declared.name ?? '';
  }

  get structural(): Structural {
    const props = this.declared.schema?.openAPIV3Schema;
    return (this.#structural ??= props === undefined ? preserveEverything : structuralOf(props));
  }

  get values(): ValueSchema {
    return (this.#values ??= valueSchemaOf(this.declared.schema?.openAPIV3Schema ?? {}));
  }

  get rules(): RuleTree | undefined {
    return (this.#rules ??= { tree: ruleTreeOf(this.structural, true) }).tree;
  }

  get table(): VersionDefinition['table'] {
    return (this.#table ??= customTable(this.declared.additionalPrinterColumns));
  }

  get schema(): StructSchema {
    return (this.#schema ??= this.#makeSchema());
  }

  readStored(object: KubeObject): KubeObject {
    const read = this.fit(object);
    applyStructuralDefaults(read as JsonObject, this.structural);
    return read;
  }

  fit(object: KubeObject): KubeObject {
    const { structural } = this;
    const { kind, metadata } = object;
    return {
      kind,
      apiVersion: formatApiVersion(this.group, this.version),
      metadata,
      ...prunedCopy(object as JsonObject, structural),
    } as KubeObject;
  }

  #makeSchema(): StructSchema {
    const { group, version, kind, declared } = this;
    const gvk = { group, version, kind };
    const bare = structSchema({ gvk, fields: {} });
    const typed = typeOfStructural(this.structural, [...bare.fields.values()]);
    return {
      ...typed,
      name: `${reverseGroup(group)}.${version}.${kind}`,
      gvk: [gvk],
      decode: (value, source) => decodeCustomResource(value, gvk, this.structural, source),
      publish: (v2, standard) =>
        publishedDefinition(declared.schema?.openAPIV3Schema, {
          v2,
          gvk,
          standard,
          selectableFields: (declared.selectableFields ?? []).map(({ jsonPath = '' }) => jsonPath.replace(/^\./, '')),
        }),
    };
  }
}

function selectableFields(declared: CrdVersion): ResourceDefinition['fieldSelectors'] {
  const fields = declared.selectableFields ?? [];
  if (fields.length === 0) return undefined;
  const selectors: Record<string, (object: KubeObject) => string> = {};
  for (const { jsonPath = '' } of fields) {
    let path: JsonPath;
    try {
      path = compileJsonPath(jsonPath);
    } catch (error) {
      if (error instanceof JsonPathError) continue;
      throw error;
    }
    selectors[jsonPath.replace(/^\./, '')] = (object) => {
      const [value] = path(object as JsonObject);
      return value === undefined || value === null ? '' : typeof value === 'string' ? value : stringify(value);
    };
  }
  return selectors;
}
