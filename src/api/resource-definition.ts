import type { FieldError } from '../apimachinery/errors.ts';
import type { Json, JsonObject } from '../apimachinery/json.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import type { StructSchema } from '../apimachinery/schema/schema.ts';
import type { ConnectDeclaration } from './connect.ts';
import type { ClusterName } from '../logicalcluster/name.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

export const allVerbs: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

/** One column of a metav1.Table. */
export type TableColumn = {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format: string;
  readonly description: string;
  /** 0 is always shown, 1 with `-o wide`. */
  readonly priority: number;
};

export type TableConvertor = {
  readonly columns: readonly TableColumn[];
  /** Without objects, `rows` is null instead of an empty list: stock's way of kinds that have no printer of their own. */
  readonly nullWhenEmpty?: true;
  /** One cell a column, in order. `now` decides ages. */
  cells(object: KubeObject, now: Date): Json[];
};

/** What a strategy may know of the request it serves. */
export type StrategyContext = {
  readonly user: {
    readonly name: string;
    readonly uid: string;
    readonly groups: readonly string[];
    readonly extra: Readonly<Record<string, readonly string[]>>;
  };
  readonly cluster: string;
  readonly now: Date;
  /** Adds a `Warning:` header to the answer. */
  warn(text: string): void;
};

/**
 * What is particular to a kind. Every function gets objects in the storage version's form unless it says otherwise, may change `object` in place, and
 * never `old`. They are pure but for the context. Generic rules (metadata, generation, namespaces, managed fields) are the registry's.
 */
export type Strategy = {
  /** Fills defaults, on create, update and patch, in the served version `version`. */
  applyDefaults?(object: KubeObject, version: string): void;
  /** Canonical form: what upstream's decoding changes (stringData into data, quantities), and fields a client must not set. */
  prepareForCreate?(object: KubeObject, ctx: StrategyContext): void;
  validate?(object: KubeObject, ctx: StrategyContext): FieldError[];
  /** Rules that hold for new objects only; their errors follow those of `validate`. */
  validateCreate?(object: KubeObject, ctx: StrategyContext): FieldError[];
  /** Keeps what an update must not change (status, unless the status subresource is updated). */
  prepareForUpdate?(object: KubeObject, old: KubeObject, ctx: StrategyContext): void;
  /** Immutable fields and rules over old and new; `validate` is called separately. */
  validateUpdate?(object: KubeObject, old: KubeObject, ctx: StrategyContext): FieldError[];
  /** An update lists what `validate` finds twice among the causes: upstream looks at a new object and at its update, which looks at the object again. */
  readonly repeatsErrors?: boolean;
  /** Sends the warnings that a valid object deserves, on create (no `old`), update and patch. */
  warn?(object: KubeObject, old: KubeObject | undefined, ctx: StrategyContext): void;
  /** The object as it is to be stored, when everything has been decided over it in the request's version. May reuse its argument. */
  beforeStorage?(
    object: KubeObject,
    at: { readonly cluster: ClusterName; readonly signal: AbortSignal },
  ): KubeObject | Promise<KubeObject>;
  /** metadata.name rule; default: DNS-1123 subdomain. Gives messages. `prefix` is true for generateName. */
  validateName?(name: string, prefix: boolean): string[];
  /**
   * `spec`: generation is 1 on create, +1 when anything outside metadata and status changes. `changes`: it is not set before the first such change.
   * `none`: the kind does not count.
   */
  readonly generation: 'spec' | 'changes' | 'none';
  /** With `spec`: changed annotations count too (deployments: they are copied to replica sets). */
  readonly generationCountsAnnotations?: boolean;
  readonly allowCreateOnUpdate?: boolean;
  /** PUT without resourceVersion is accepted. */
  readonly allowUnconditionalUpdate?: boolean;
  /** DELETE answers with the deleted object instead of a Status. */
  readonly returnDeletedObject?: boolean;
  /** What DELETE without propagationPolicy means; default background. `Unsupported`: objects have no dependents, whatever a DELETE says. */
  readonly defaultPropagation?: 'Background' | 'Orphan' | 'Unsupported';
  /** The warning that a DELETE without propagationPolicy draws. */
  readonly deletionWarning?: string;
  /** Fields of the main resource that only a subresource sets; server-side apply resets them. Default: ['status'] when there is a status subresource. */
  readonly resetFields?: readonly string[];
};

/** The status subresource: same object, another part of it may change. Its prepareForUpdate finds all but status and metadata copied from `old`. */
export type StatusSubresource = Partial<ObjectPart>;

/** What a subresource may do that is a view of the object itself (status, approval, ephemeralcontainers). */
export type ObjectPart = {
  /** Keeps what it must not change. */
  prepareForUpdate(object: KubeObject, old: KubeObject, ctx: StrategyContext): void;
  validateUpdate(object: KubeObject, old: KubeObject, ctx: StrategyContext): FieldError[];
  /** Fields that writes through it never own (`status.conditions`). Default for status: everything but it and metadata. */
  readonly resetFields: readonly string[];
};

/** autoscaling/v1 Scale over an object. Paths are arrays of field names. */
export type ScaleSubresource = {
  readonly specReplicasPath: readonly string[];
  readonly statusReplicasPath: readonly string[];
  /** The selector as the string form that Scale.status.selector has. */
  selector(object: KubeObject): string;
};

export type VersionDefinition = {
  readonly version: string;
  readonly served: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
  readonly schema: StructSchema;
  readonly table: TableConvertor;
  /** Conversion; absent means only apiVersion differs. Both may reuse parts of their argument. */
  toStorage?(object: KubeObject): KubeObject;
  fromStorage?(object: KubeObject): KubeObject;
};

/** Conversion between versions that takes a wait: somebody else does it. */
export type VersionConversion = {
  /**
   * Objects, which are all in another version, in the form of `apiVersion`, in the same order. Never changes its arguments.
   * @throws ApiError when they cannot be converted.
   */
  convert(
    at: { readonly cluster: ClusterName; readonly signal: AbortSignal },
    objects: readonly KubeObject[],
    apiVersion: string,
  ): Promise<readonly KubeObject[]>;
};

/** Our declaration of a resource: the registry, discovery, OpenAPI, tables and verbs are computed from it. Immutable. */
export type ResourceDefinition = {
  readonly group: string;
  /** Plural, lower case. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
  readonly verbs: readonly Verb[];
  /** Served versions, preferred first. */
  readonly versions: readonly VersionDefinition[];
  readonly storageVersion: string;
  /**
   * The group under which objects are stored when it is not `group`: two definitions may be two views of one storage (events.k8s.io over core events).
   * Every version then has `toStorage` and `fromStorage`, which also set apiVersion.
   */
  readonly storageGroup?: string;
  /**
   * Absent: `toStorage` and `fromStorage` do it all. Else they only fit an object to its version, and what is in another one is converted by this first.
   */
  readonly conversion?: VersionConversion;
  readonly strategy: Strategy;
  readonly status?: StatusSubresource;
  readonly scale?: ScaleSubresource;
  /** Further subresources (token, binding, finalize …): name → definition. */
  readonly subresources?: Readonly<Record<string, SubresourceDefinition>>;
  /** Field selectors beyond metadata.name and metadata.namespace: label → value of the object. */
  readonly fieldSelectors?: Readonly<Record<string, (object: KubeObject) => string>>;
  /** Built in: strategic merge patch is offered. Custom resources do not. */
  readonly builtIn: boolean;
  /** Where versions differ in more than their schema (custom resources): the definition as requests in that version see it. */
  readonly forVersion?: (version: string) => ResourceDefinition;
  /** The stored object that the definition was made from. */
  readonly origin?: DefinitionOrigin;
  /** Served only to system:masters and never in a tenant's discovery. */
  readonly internal?: boolean;
  /** In which logical clusters it is served; absent: all. `root` for fleet administration. */
  readonly onlyIn?: 'root';
};

/** A custom resource's definition lives as long as the object that it was made from says the same. */
export type DefinitionOrigin = {
  /** Storage resource and name of that object. */
  readonly resource: string;
  readonly name: string;
  /** False for a state of the object that makes another definition: watches of the old one end, so that clients list anew. */
  isStill(object: KubeObject): boolean;
};

/** A subresource with verbs of its own. Unless it is a part, its logic is registered in registry/ under `<resource>/<name>`. */
export type SubresourceDefinition = {
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly verbs: readonly Verb[];
  /** It is the object itself, of which it may change a part: get, update and patch need no logic of their own. */
  readonly part?: ObjectPart;
  /** It is a connection to where the object is: requests are carried there and never reach storage. */
  readonly connect?: ConnectDeclaration;
};

/** The resource of a definition as storage names it: `deployments.apps`. */
export function storageResource(definition: { group: string; resource: string; storageGroup?: string }): string {
  const group = definition.storageGroup ?? definition.group;
  return group === '' ? definition.resource : `${definition.resource}.${group}`;
}

/** The definition as requests in one of its versions see it. */
export function definitionFor(definition: ResourceDefinition, version: string): ResourceDefinition {
  return definition.forVersion?.(version) ?? definition;
}

/** Whether a definition was made from an object (a custom resource), not declared in code. */
export function isCustom(definition: ResourceDefinition): boolean {
  return definition.origin !== undefined;
}

export function findVersion(definition: ResourceDefinition, version: string): VersionDefinition | undefined {
  return definition.versions.find((candidate) => candidate.version === version && candidate.served);
}

export type { JsonObject };
