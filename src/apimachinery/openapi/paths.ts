import { builtinSchemaForKind, listMetaSchema } from '../../api/builtin-types.ts';
import { structSchema, type as fieldType } from '../../api/own-types.ts';
import {
  definitionFor,
  type ResourceDefinition,
  type Verb,
  type VersionDefinition,
} from '../../api/resource-definition.ts';
import type { ConnectDeclaration } from '../../api/connect.ts';
import { connectPaths } from './connect-paths.ts';
import type { GroupVersionKind } from '../object.ts';
import {
  capitalize,
  groupWord,
  jsonAndYaml,
  type Method,
  type Operation,
  type Path,
  protobuf,
  withArticle,
  withCommonParameters,
} from './operation.ts';
import type { StructSchema } from '../schema/schema.ts';
import {
  deleteParameters,
  listParameters,
  namespaceParameter,
  type Parameter,
  patchParameters,
  pathParameter,
  pretty,
  selectParameters,
  writeParameters,
} from './parameters.ts';

const meta = (name: string): StructSchema => fieldType.builtin(`io.k8s.apimachinery.pkg.apis.meta.v1.${name}`);

const anyBody = ['*/*'];
const patchTypes = ['application/json-patch+json', 'application/merge-patch+json'];
const strategicPatch = 'application/strategic-merge-patch+json';
const applyPatch = 'application/apply-patch+yaml';

/** `/api/v1` or `/apis/apps/v1`. */
export function groupVersionRoot(group: string, version: string): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
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
    description: 'get available resources',
    id: `get${word}APIResources`,
    tag,
    parameters: [],
    responses: { 200: meta('APIResourceList') },
    consumes: [...jsonAndYaml, protobuf],
    produces: [...jsonAndYaml, protobuf],
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
    this.#produces = definition.builtIn ? [...jsonAndYaml, protobuf] : jsonAndYaml;
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
    if (verbs.includes('watch') && this.#definition.builtIn) {
      const below = scoped.slice(this.#root.length);
      if (namespaced) add(`${this.#root}/watch/${resource}`, [this.#watch('ListForAllNamespaces')]);
      add(`${this.#root}/watch${below}`, [this.#watch('List')]);
      if (verbs.includes('get')) add(`${this.#root}/watch${below}/{name}`, [this.#watch('')]);
    }
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
      if (subresource.connect !== undefined) {
        paths.push(...this.#connect(name, `${scoped}/{name}/${name}`, subresource.kind, subresource.connect));
        continue;
      }
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
          description: `create ${withArticle(this.#definition.kind)}`,
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
            description: `delete collection of ${this.#definition.kind}`,
            body: { schema: meta('DeleteOptions'), required: false, mediaTypes: anyBody },
            responses: { 200: meta('Status') },
          },
        ),
      );
    return operations;
  }

  #list(allNamespaces: boolean): Operation {
    const { kind } = this.#definition;
    const common = allNamespaces ? [] : this.#scopeParameters(false);
    const operation = this.#operation('get', 'list', 'list', '', common, listParameters, {
      description: `${this.#definition.verbs.includes('watch') ? 'list or watch' : 'list'} objects of kind ${kind}`,
      responses: { 200: listSchemaOf(this.#definition, this.#version) },
      produces: [...this.#produces, ...this.#streams()],
    });
    return allNamespaces ? { ...operation, id: `list${this.#word}${kind}ForAllNamespaces` } : operation;
  }

  #connect(name: string, path: string, gvk: GroupVersionKind, declaration: ConnectDeclaration): Path[] {
    return connectPaths(declaration, {
      path,
      name,
      owner: this.#definition.kind,
      gvk,
      namespaced: this.#definition.scope === 'Namespaced',
      word: this.#word,
      tag: this.#tag,
      textTypes: this.#produces,
    });
  }

  /** The old form of watching, by path. */
  #watch(suffix: '' | 'List' | 'ListForAllNamespaces'): Operation {
    const { kind } = this.#definition;
    const everywhere = suffix === 'ListForAllNamespaces';
    const instead = "deprecated: use the 'watch' parameter with a list operation instead";
    const scope = everywhere ? [] : this.#scopeParameters(suffix === '');
    const operation = this.#operation(
      'get',
      suffix === '' ? 'watch' : 'watchlist',
      'watch',
      '',
      scope,
      listParameters,
      {
        description:
          suffix === ''
            ? `watch changes to an object of kind ${kind}. ${instead}, filtered to a single item with the 'fieldSelector' parameter.`
            : `watch individual changes to a list of ${kind}. ${instead}.`,
        responses: { 200: meta('WatchEvent') },
        produces: [...this.#produces, ...this.#streams()],
        suffix,
      },
    );
    return everywhere ? { ...operation, id: `watch${this.#word}${kind}${suffix}` } : operation;
  }

  #streams(): string[] {
    return this.#produces.filter((type) => type !== 'application/yaml').map((type) => `${type};stream=watch`);
  }

  #item(): Operation[] {
    const own = this.#version.schema;
    // Namespaces do answer with the object; stock's document does not know it.
    const returned = this.#definition.strategy.returnDeletedObject === true && this.#definition.kind !== 'Namespace';
    const deleted = returned ? own : meta('Status');
    const operations = this.#readAndWrite('', this.#gvk, own, this.#definition.verbs);
    if (this.#definition.verbs.includes('delete'))
      operations.push(
        this.#operation('delete', 'delete', 'delete', '', this.#scopeParameters(true), deleteParameters, {
          description: `delete ${withArticle(this.#definition.kind)}`,
          body: { schema: meta('DeleteOptions'), required: false, mediaTypes: anyBody },
          responses: { 200: deleted, 202: deleted },
        }),
      );
    return operations;
  }

  #subresource(name: string, gvk: GroupVersionKind, schema: StructSchema, verbs: readonly Verb[]): Operation[] {
    const operations = this.#readAndWrite(name, gvk, schema, verbs);
    if (verbs.includes('create'))
      operations.push(
        this.#operation('post', 'post', 'create', '', this.#scopeParameters(true, gvk.kind), writeParameters, {
          description: `create ${name} of ${withArticle(this.#definition.kind)}`,
          body: { schema, required: true, mediaTypes: anyBody },
          responses: { 200: schema, 201: schema, 202: schema },
          suffix: capitalize(name),
          gvk,
        }),
      );
    return operations;
  }

  #readAndWrite(part: string, gvk: GroupVersionKind, schema: StructSchema, verbs: readonly Verb[]): Operation[] {
    const common = this.#scopeParameters(true, gvk.kind);
    const suffix = capitalize(part);
    const what = `${part === '' ? '' : `${part} of `}the specified ${this.#definition.kind}`;
    const operations: Operation[] = [];
    if (verbs.includes('get'))
      operations.push(
        this.#operation('get', 'get', 'read', '', common, [], {
          description: `read ${what}`,
          responses: { 200: schema },
          suffix,
          gvk,
        }),
      );
    if (verbs.includes('update'))
      operations.push(
        this.#operation('put', 'put', 'replace', '', common, writeParameters, {
          description: `replace ${what}`,
          body: { schema, required: true, mediaTypes: anyBody },
          responses: { 200: schema, 201: schema },
          suffix,
          gvk,
        }),
      );
    if (verbs.includes('patch'))
      operations.push(
        this.#operation('patch', 'patch', 'patch', '', common, patchParameters, {
          description: `partially update ${what}`,
          body: {
            schema: meta('Patch'),
            required: true,
            mediaTypes: [...patchTypes, ...(this.#definition.builtIn ? [strategicPatch] : []), applyPatch],
          },
          responses: { 200: schema, 201: schema },
          suffix,
          gvk,
        }),
      );
    return operations;
  }

  #scopeParameters(named: boolean, kind: string = this.#definition.kind): Parameter[] {
    return [
      ...(named ? [pathParameter('name', `name of the ${kind}`)] : []),
      ...(this.#definition.scope === 'Namespaced' ? [namespaceParameter] : []),
    ];
  }

  #operation(
    method: Method,
    action: string,
    idVerb: string,
    idInfix: string,
    scope: readonly Parameter[],
    parameters: readonly Parameter[],
    rest: Pick<Operation, 'description' | 'body' | 'responses'> & {
      produces?: readonly string[];
      suffix?: string;
      gvk?: GroupVersionKind;
    },
  ): Operation {
    const namespaced = this.#definition.scope === 'Namespaced' ? 'Namespaced' : '';
    return {
      method,
      description: rest.description,
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
