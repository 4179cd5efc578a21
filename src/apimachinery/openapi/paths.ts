import { builtinSchemaForKind, listMetaSchema } from '../../api/builtin-types.ts';
import { structSchema, type as fieldType } from '../../api/own-types.ts';
import {
  definitionFor,
  type ResourceDefinition,
  type Verb,
  type VersionDefinition,
} from '../../api/resource-definition.ts';
import type { GroupVersionKind } from '../object.ts';
import type { StructSchema } from '../schema/schema.ts';
import {
  deleteParameters,
  listParameters,
  type Parameter,
  patchParameters,
  pathParameter,
  pretty,
  selectParameters,
  writeParameters,
} from './parameters.ts';

export type Method = 'get' | 'put' | 'post' | 'delete' | 'patch';

/** What both versions of OpenAPI are written from: one request that a resource answers. */
export type Operation = {
  readonly method: Method;
  /** x-kubernetes-action. */
  readonly action: string;
  readonly id: string;
  readonly tag: string;
  /** Absent for discovery. */
  readonly gvk?: GroupVersionKind;
  readonly parameters: readonly Parameter[];
  readonly body?: { readonly schema: StructSchema; readonly required: boolean; readonly mediaTypes: readonly string[] };
  readonly responses: Readonly<Record<string, StructSchema>>;
  readonly produces: readonly string[];
};

export type Path = {
  readonly path: string;
  /** Those that all operations have. */
  readonly parameters: readonly Parameter[];
  readonly operations: readonly Operation[];
};

const meta = (name: string): StructSchema => fieldType.builtin(`io.k8s.apimachinery.pkg.apis.meta.v1.${name}`);

const json = ['application/json', 'application/yaml'];
const protobuf = 'application/vnd.kubernetes.protobuf';
const anyBody = ['*/*'];
const patchTypes = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'];
const strategicPatch = 'application/strategic-merge-patch+json';

/** `/api/v1` or `/apis/apps/v1`. */
export function groupVersionRoot(group: string, version: string): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** `rbac.authorization.k8s.io` → `rbacAuthorization`, as operation ids and tags name groups. */
function groupWord(group: string): string {
  const words = (group === '' ? 'core' : group.replace(/\.k8s\.io$/, '')).split(/[.-]/);
  return words.map((word, i) => (i === 0 ? word : capitalize(word))).join('');
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

const listSchemas = new WeakMap<StructSchema, StructSchema>();

/** The list type of a kind: Kubernetes' own, or one made for a kind that is not built in. */
export function listSchemaOf(definition: ResourceDefinition, version: VersionDefinition): StructSchema {
  const gvk = { group: definition.group, version: version.version, kind: definition.listKind };
  const builtin = builtinSchemaForKind(gvk);
  if (builtin !== undefined) return builtin;
  let schema = listSchemas.get(version.schema);
  if (schema === undefined) {
    const kind = structSchema({ gvk, fields: { items: { schema: fieldType.list(version.schema), required: true } } });
    const metadata = kind.fields.get('metadata');
    const fields = new Map(kind.fields);
    if (metadata !== undefined) fields.set('metadata', { ...metadata, schema: listMetaSchema });
    const name = version.schema.name.slice(0, version.schema.name.lastIndexOf('.') + 1) + definition.listKind;
    schema = { ...kind, name, fields };
    listSchemas.set(version.schema, schema);
  }
  return schema;
}

/** Every path of one group and version, discovery first, then by name. */
export function pathsOf(group: string, version: string, definitions: readonly ResourceDefinition[]): Path[] {
  const root = groupVersionRoot(group, version);
  const word = `${capitalize(groupWord(group))}${capitalize(version)}`;
  const tag = `${groupWord(group)}_${version}`;
  const discovery: Operation = {
    method: 'get',
    action: '',
    id: `get${word}APIResources`,
    tag,
    parameters: [],
    responses: { 200: meta('APIResourceList') },
    produces: [...json, protobuf],
  };
  const paths = [{ path: `${root}/`, parameters: [], operations: [discovery] as Operation[] }] as Path[];
  for (const definition of definitions) {
    if (definition.group !== group) continue;
    const served = definition.versions.find((each) => each.version === version && each.served);
    const view = definitionFor(definition, version);
    if (served !== undefined) paths.push(...new ResourcePaths(view, served, root, word, tag).all());
  }
  return paths.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

class ResourcePaths {
  readonly #definition: ResourceDefinition;
  readonly #version: VersionDefinition;
  readonly #root: string;
  readonly #word: string;
  readonly #tag: string;
  readonly #gvk: GroupVersionKind;
  readonly #produces: readonly string[];

  constructor(definition: ResourceDefinition, version: VersionDefinition, root: string, word: string, tag: string) {
    this.#definition = definition;
    this.#version = version;
    this.#root = root;
    this.#word = word;
    this.#tag = tag;
    this.#gvk = { group: definition.group, version: version.version, kind: definition.kind };
    this.#produces = definition.builtIn ? [...json, protobuf] : json;
  }

  all(): Path[] {
    const { resource, scope, status, scale, subresources, verbs } = this.#definition;
    const namespaced = scope === 'Namespaced';
    const scoped = namespaced ? `${this.#root}/namespaces/{namespace}/${resource}` : `${this.#root}/${resource}`;
    const paths: Path[] = [];
    const add = (path: string, operations: readonly Operation[]) => {
      if (operations.length > 0) paths.push(withCommonParameters(path, operations));
    };
    if (namespaced && verbs.includes('list')) add(`${this.#root}/${resource}`, [this.#list(true)]);
    add(scoped, this.#collection());
    add(`${scoped}/{name}`, this.#item());
    const own = this.#version.schema;
    if (status !== undefined)
      add(`${scoped}/{name}/status`, this.#subresource('status', this.#gvk, own, ['get', 'update', 'patch']));
    const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
    const scaleSchema = builtinSchemaForKind(scaleKind);
    if (scale !== undefined && scaleSchema !== undefined)
      add(`${scoped}/{name}/scale`, this.#subresource('scale', scaleKind, scaleSchema, ['get', 'update', 'patch']));
    for (const [name, subresource] of Object.entries(subresources ?? {})) {
      const schema = isSameKind(subresource.kind, this.#gvk) ? own : builtinSchemaForKind(subresource.kind);
      if (schema !== undefined)
        add(`${scoped}/{name}/${name}`, this.#subresource(name, subresource.kind, schema, subresource.verbs));
    }
    return paths;
  }

  #collection(): Operation[] {
    const { verbs } = this.#definition;
    const own = this.#version.schema;
    const operations: Operation[] = [];
    if (verbs.includes('list')) operations.push(this.#list(false));
    if (verbs.includes('create'))
      operations.push(
        this.#operation('post', 'post', 'create', '', this.#scopeParameters(false), writeParameters, {
          body: { schema: own, required: true, mediaTypes: anyBody },
          responses: { 200: own, 201: own, 202: own },
        }),
      );
    if (verbs.includes('deletecollection'))
      operations.push(
        this.#operation(
          'delete',
          'deletecollection',
          'delete',
          'Collection',
          this.#scopeParameters(false),
          [...deleteParameters, ...selectParameters],
          {
            body: { schema: meta('DeleteOptions'), required: false, mediaTypes: anyBody },
            responses: { 200: meta('Status') },
          },
        ),
      );
    return operations;
  }

  #list(allNamespaces: boolean): Operation {
    const { kind } = this.#definition;
    const streams = this.#definition.builtIn
      ? ['application/json;stream=watch', `${protobuf};stream=watch`]
      : ['application/json;stream=watch'];
    const common = allNamespaces ? [] : this.#scopeParameters(false);
    const operation = this.#operation('get', 'list', 'list', '', common, listParameters, {
      responses: { 200: listSchemaOf(this.#definition, this.#version) },
      produces: [...this.#produces, ...streams],
    });
    return allNamespaces ? { ...operation, id: `list${this.#word}${kind}ForAllNamespaces` } : operation;
  }

  #item(): Operation[] {
    const own = this.#version.schema;
    const deleted = this.#definition.strategy.returnDeletedObject === true ? own : meta('Status');
    const operations = this.#readAndWrite('', this.#gvk, own, this.#definition.verbs);
    if (this.#definition.verbs.includes('delete'))
      operations.push(
        this.#operation('delete', 'delete', 'delete', '', this.#scopeParameters(true), deleteParameters, {
          body: { schema: meta('DeleteOptions'), required: false, mediaTypes: anyBody },
          responses: { 200: deleted, 202: deleted },
        }),
      );
    return operations;
  }

  #subresource(name: string, gvk: GroupVersionKind, schema: StructSchema, verbs: readonly Verb[]): Operation[] {
    const operations = this.#readAndWrite(capitalize(name), gvk, schema, verbs);
    if (verbs.includes('create'))
      operations.push(
        this.#operation('post', 'post', 'create', '', this.#scopeParameters(true), writeParameters, {
          body: { schema, required: true, mediaTypes: anyBody },
          responses: { 200: schema, 201: schema, 202: schema },
          suffix: capitalize(name),
          gvk,
        }),
      );
    return operations;
  }

  #readAndWrite(suffix: string, gvk: GroupVersionKind, schema: StructSchema, verbs: readonly Verb[]): Operation[] {
    const common = this.#scopeParameters(true);
    const operations: Operation[] = [];
    if (verbs.includes('get'))
      operations.push(
        this.#operation('get', 'get', 'read', '', common, [], { responses: { 200: schema }, suffix, gvk }),
      );
    if (verbs.includes('update'))
      operations.push(
        this.#operation('put', 'put', 'replace', '', common, writeParameters, {
          body: { schema, required: true, mediaTypes: anyBody },
          responses: { 200: schema, 201: schema },
          suffix,
          gvk,
        }),
      );
    if (verbs.includes('patch'))
      operations.push(
        this.#operation('patch', 'patch', 'patch', '', common, patchParameters, {
          body: {
            schema: meta('Patch'),
            required: true,
            mediaTypes: this.#definition.builtIn ? [...patchTypes, strategicPatch] : patchTypes,
          },
          responses: { 200: schema, 201: schema },
          suffix,
          gvk,
        }),
      );
    return operations;
  }

  #scopeParameters(named: boolean): Parameter[] {
    return [
      ...(named ? [pathParameter('name')] : []),
      ...(this.#definition.scope === 'Namespaced' ? [pathParameter('namespace')] : []),
    ];
  }

  #operation(
    method: Method,
    action: string,
    idVerb: string,
    idInfix: string,
    scope: readonly Parameter[],
    parameters: readonly Parameter[],
    rest: Pick<Operation, 'body' | 'responses'> & {
      produces?: readonly string[];
      suffix?: string;
      gvk?: GroupVersionKind;
    },
  ): Operation {
    const namespaced = this.#definition.scope === 'Namespaced' ? 'Namespaced' : '';
    return {
      method,
      action,
      id: `${idVerb}${this.#word}${idInfix}${namespaced}${this.#definition.kind}${rest.suffix ?? ''}`,
      tag: this.#tag,
      gvk: rest.gvk ?? this.#gvk,
      parameters: [...scope, ...pretty, ...parameters],
      ...(rest.body === undefined ? {} : { body: rest.body }),
      responses: rest.responses,
      produces: rest.produces ?? this.#produces,
    };
  }
}

function isSameKind(a: GroupVersionKind, b: GroupVersionKind): boolean {
  return a.group === b.group && a.version === b.version && a.kind === b.kind;
}

/** Moves what all operations have in common to the path, and sorts by name. */
function withCommonParameters(path: string, operations: readonly Operation[]): Path {
  const [first, ...others] = operations;
  const common = (first?.parameters ?? []).filter((parameter) =>
    others.every((operation) => operation.parameters.some(({ name }) => name === parameter.name)),
  );
  const names = new Set(common.map(({ name }) => name));
  return {
    path,
    parameters: common.toSorted(byName),
    operations: operations.map((operation) => ({
      ...operation,
      parameters: operation.parameters.filter(({ name }) => !names.has(name)).toSorted(byName),
    })),
  };
}

function byName(a: Parameter, b: Parameter): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
