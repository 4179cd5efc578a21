import type { GoDeclaration, GoPackage, GoType } from './go-source.ts';

/** The parts of an OpenAPI v3 schema that the tables are made from. */
export type OpenApiSchema = {
  type?: string;
  format?: string;
  default?: unknown;
  $ref?: string;
  allOf?: OpenApiSchema[];
  items?: OpenApiSchema;
  additionalProperties?: OpenApiSchema;
  properties?: Record<string, OpenApiSchema>;
  required?: string[];
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-patch-merge-key'?: string;
  'x-kubernetes-unions'?: unknown;
};

export type Source = {
  /** Parsed Go package of an import path. */
  goPackage(importPath: string): GoPackage;
  /** OpenAPI definitions by name; types without one (PartialObjectMetadata) are taken from Go alone. */
  readonly definitions: ReadonlyMap<string, OpenApiSchema>;
};

/** Go types that have a JSON form of their own. */
const leaves: Readonly<Record<string, string>> = {
  'k8s.io/apimachinery/pkg/api/resource.Quantity': 'quantity',
  'k8s.io/apimachinery/pkg/apis/meta/v1.Time': 'time',
  'k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime': 'microTime',
  'k8s.io/apimachinery/pkg/apis/meta/v1.Duration': 'duration',
  'k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1': 'fieldsV1',
  'k8s.io/apimachinery/pkg/runtime.RawExtension': 'raw',
  'k8s.io/apimachinery/pkg/util/intstr.IntOrString': 'intOrString',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSON': 'json',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrArray': 'propsOrArray',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrBool': 'propsOrBool',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrStringArray': 'propsOrStringArray',
};

const scalars: Readonly<Record<string, string>> = {
  string: 'string',
  bool: 'boolean',
  int: 'int64',
  int32: 'int32',
  int64: 'int64',
  float64: 'double',
};

export function definitionName(importPath: string, name: string): string {
  return `${importPath.replace(/^k8s\.io/, 'io.k8s').replaceAll('/', '.')}.${name}`;
}

/** Table entry of one struct: `[header, field, field…]`; the format is described in ../builtin-types.ts. */
export type TypeEntry = readonly string[];

/** Collects the entries of `roots` and of everything reachable from them, by definition package and type name. */
export function buildTables(
  source: Source,
  roots: readonly { importPath: string; name: string }[],
  packageIndex: (definitionPackage: string) => number,
): Map<string, Map<string, TypeEntry>> {
  const tables = new Map<string, Map<string, TypeEntry>>();
  const pending = [...roots];

  function declaration(importPath: string, name: string): GoDeclaration {
    const found = source.goPackage(importPath).types.get(name);
    if (found === undefined) throw new Error(`no Go type ${importPath}.${name}`);
    if (found.kind === 'alias' && !found.same && found.type.kind === 'named' && found.type.importPath !== '') {
      const target = declaration(found.type.importPath, found.type.name);
      if (target.kind === 'struct') return target;
    }
    return found;
  }

  /** The declared type behind `type A = B`. */
  function resolve(type: GoType & { kind: 'named' }): GoType & { kind: 'named' } {
    const found = declaration(type.importPath, type.name);
    return found.kind === 'alias' && found.same && found.type.kind === 'named' ? resolve(found.type) : type;
  }

  function goName(importPath: string, name: string): string {
    return importPath === '' ? name : `${source.goPackage(importPath).name}.${name}`;
  }

  function expression(type: GoType, home: string): string {
    switch (type.kind) {
      case 'pointer':
        return expression(type.of, home);
      case 'list':
        if (type.of.kind === 'named' && (type.of.name === 'byte' || type.of.name === 'uint8')) return 'bytes';
        return `[]${expression(type.of, home)}`;
      case 'map': {
        const key = type.key.kind === 'named' ? goName(type.key.importPath, type.key.name) : '';
        return `{${key === 'string' ? '' : key}}${expression(type.of, home)}`;
      }
      case 'named': {
        if (type.importPath === '') {
          const scalar = scalars[type.name];
          if (scalar === undefined) throw new Error(`no scalar for Go type ${type.name}`);
          return scalar;
        }
        const leaf = leaves[`${type.importPath}.${type.name}`];
        if (leaf !== undefined) {
          if (leaf.startsWith('propsOr')) pending.push({ importPath: type.importPath, name: 'JSONSchemaProps' });
          return leaf;
        }
        const found = declaration(type.importPath, type.name);
        if (found.kind === 'alias' && found.same) return expression(found.type, home);
        if (found.kind === 'alias') {
          const values = (source.goPackage(type.importPath).enums.get(type.name) ?? []).map(encodeURIComponent);
          return `${goName(type.importPath, type.name)}=${[expression(found.type, home), ...values].join('|')}`;
        }
        pending.push({ importPath: type.importPath, name: type.name });
        return type.importPath === home
          ? `.${type.name}`
          : `${packageIndex(definitionName(type.importPath, '').slice(0, -1))}.${type.name}`;
      }
    }
  }

  function extras(property: OpenApiSchema | undefined, type: GoType, omitEmpty: boolean): string {
    if (property === undefined) return '';
    const tokens: string[] = [];
    const listType = property['x-kubernetes-list-type'];
    if (listType !== undefined)
      tokens.push(`list=${[listType, ...(property['x-kubernetes-list-map-keys'] ?? [])].join(':')}`);
    const mapType = property['x-kubernetes-map-type'];
    if (mapType !== undefined) tokens.push(`map=${mapType}`);
    const strategy = property['x-kubernetes-patch-strategy'];
    if (strategy !== undefined) tokens.push(`patch=${strategy}`);
    const mergeKey = property['x-kubernetes-patch-merge-key'];
    if (mergeKey !== undefined) tokens.push(`key=${mergeKey}`);
    const expected = impliedDefault(type, omitEmpty);
    if (JSON.stringify(expected) !== JSON.stringify(property.default))
      tokens.push(property.default === undefined ? 'nodefault' : `default=${JSON.stringify(property.default)}`);
    return tokens.length === 0 ? '' : ` ${tokens.join(' ')}`;
  }

  /** The default that OpenAPI shows for a field that Go always writes. */
  function impliedDefault(type: GoType, omitEmpty: boolean): unknown {
    if (type.kind !== 'named') return undefined;
    if (type.importPath !== '') {
      const leaf = leaves[`${type.importPath}.${type.name}`];
      if (leaf !== undefined) return undefined;
      const found = declaration(type.importPath, type.name);
      return found.kind === 'struct' ? {} : impliedDefault(found.type, omitEmpty);
    }
    if (omitEmpty) return undefined;
    return type.name === 'string' ? '' : type.name === 'bool' ? false : 0;
  }

  function fieldLines(
    importPath: string,
    name: string,
    home: string,
    definition: OpenApiSchema | undefined,
    protoPath: string,
    lines: string[],
  ): boolean {
    const struct = declaration(importPath, name);
    if (struct.kind !== 'struct') throw new Error(`${importPath}.${name} is no struct`);
    let typeMeta = false;
    for (const field of struct.fields) {
      const json = field.tag.get('json');
      const proto = /^\w+,(\d+)/.exec(field.tag.get('protobuf') ?? '')?.[1] ?? '0';
      const [jsonName = '', ...options] = (json ?? '').split(',');
      if (field.name === '' && jsonName === '') {
        if (field.type.kind !== 'named') throw new Error(`embedded ${importPath}.${name} is not named`);
        if (field.type.name === 'TypeMeta') typeMeta = true;
        else {
          const embedded = resolve(field.type);
          fieldLines(embedded.importPath, embedded.name, home, definition, `${protoPath}${proto}.`, lines);
        }
        continue;
      }
      if (json === undefined || jsonName === '-') continue;
      const omitEmpty = options.includes('omitempty') || options.includes('omitzero');
      const flags = `${omitEmpty ? 'o' : ''}${field.type.kind === 'pointer' ? 'p' : ''}${
        definition?.required?.includes(jsonName) === true ? 'r' : ''
      }`;
      const property = definition?.properties?.[jsonName];
      if (definition !== undefined && property === undefined) throw new Error(`${name}.${jsonName} is not in OpenAPI`);
      lines.push(
        `${jsonName} ${expression(field.type, home)} ${protoPath}${proto} ${flags === '' ? '-' : flags}${extras(property, field.type, omitEmpty)}`,
      );
    }
    return typeMeta;
  }

  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { importPath, name } = next;
    const definitionPackage = definitionName(importPath, '').slice(0, -1);
    let table = tables.get(definitionPackage);
    if (table === undefined) tables.set(definitionPackage, (table = new Map()));
    if (table.has(name)) continue;
    table.set(name, []);
    const definition = source.definitions.get(`${definitionPackage}.${name}`);
    const lines: string[] = [];
    const typeMeta = fieldLines(importPath, name, importPath, definition, '', lines);
    for (const property of Object.keys(definition?.properties ?? {}))
      if (!lines.some((line) => line.startsWith(`${property} `)) && !(typeMeta && /^(kind|apiVersion)$/.test(property)))
        throw new Error(`${name}.${property} is not in Go`);
    const gvks = definition?.['x-kubernetes-group-version-kind'] ?? [];
    for (const gvk of gvks) if (gvk.kind !== name) throw new Error(`kind ${gvk.kind} of ${name}`);
    const header = [
      ...(typeMeta ? ['typed'] : []),
      ...gvks.map((gvk) => `@${gvk.group === '' ? '' : `${gvk.group}/`}${gvk.version}`),
      ...(definition?.['x-kubernetes-map-type'] === 'atomic' ? ['atomic'] : []),
      ...(definition?.['x-kubernetes-unions'] === undefined
        ? []
        : [`unions=${JSON.stringify(definition['x-kubernetes-unions'])}`]),
    ];
    table.set(name, [header.join(' '), ...lines]);
  }
  return tables;
}
