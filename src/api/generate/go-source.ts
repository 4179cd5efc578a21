import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A Go type expression, with names resolved to the import path of their package. */
export type GoType =
  | { readonly kind: 'pointer' | 'list'; readonly of: GoType }
  | { readonly kind: 'map'; readonly key: GoType; readonly of: GoType }
  | { readonly kind: 'named'; readonly importPath: string; readonly name: string };

export type GoField = {
  /** Empty for an embedded struct. */
  readonly name: string;
  readonly type: GoType;
  readonly tag: ReadonlyMap<string, string>;
};

export type GoDeclaration =
  | { readonly kind: 'struct'; readonly fields: readonly GoField[] }
  /** `type A B`, or `type A = B` (same: the two names mean one type). */
  | { readonly kind: 'alias'; readonly type: GoType; readonly same: boolean };

export type GoPackage = {
  readonly name: string;
  readonly types: ReadonlyMap<string, GoDeclaration>;
  /** Values of the string types marked `+enum`, sorted. */
  readonly enums: ReadonlyMap<string, readonly string[]>;
  /** String constants by name. */
  readonly constants: ReadonlyMap<string, string>;
};

const builtinTypes = new Set([
  'string',
  'bool',
  'byte',
  'int',
  'int32',
  'int64',
  'float64',
  'uint8',
  'uint32',
  'uint64',
]);

function parseType(text: string, imports: ReadonlyMap<string, string>, self: string): GoType {
  if (text.startsWith('*')) return { kind: 'pointer', of: parseType(text.slice(1), imports, self) };
  if (text.startsWith('[]')) return { kind: 'list', of: parseType(text.slice(2), imports, self) };
  const map = /^map\[([\w.]+)\](.+)$/.exec(text);
  if (map?.[1] !== undefined && map[2] !== undefined)
    return { kind: 'map', key: parseType(map[1], imports, self), of: parseType(map[2], imports, self) };
  if (builtinTypes.has(text)) return { kind: 'named', importPath: '', name: text };
  const dot = text.indexOf('.');
  if (dot < 0) return { kind: 'named', importPath: self, name: text };
  const importPath = imports.get(text.slice(0, dot));
  if (importPath === undefined) throw new Error(`no import for ${text} in ${self}`);
  return { kind: 'named', importPath, name: text.slice(dot + 1) };
}

function parseTag(text: string): Map<string, string> {
  return new Map([...text.matchAll(/([\w.]+):"([^"]*)"/g)].map((match) => [match[1] ?? '', match[2] ?? '']));
}

function parseImports(source: string): Map<string, string> {
  const imports = new Map<string, string>();
  for (const match of source.matchAll(/^\s*(?:import\s+)?(?:(\w+)\s+)?"([\w./-]+)"$/gm)) {
    const path = match[2] ?? '';
    imports.set(match[1] ?? path.slice(path.lastIndexOf('/') + 1), path);
  }
  return imports;
}

/** `Name Type = "value"`, `Name = Type("value")` and `Name = Type(package.Other)`. */
const constantPattern =
  /^(?:const)?\s*(\w+)\s+(?:(\w+)\s*=\s*"([^"]*)"|=\s*([A-Z]\w*)\((?:"([^"]*)"|(\w+)\.(\w+))\))/gm;

/** Reads the type declarations of one Go package: enough Go for the API types of Kubernetes, no more. */
export function readGoPackage(
  directory: string,
  importPath: string,
  load: (importPath: string) => GoPackage,
): GoPackage {
  const types = new Map<string, GoDeclaration>();
  const enumTypes = new Set<string>();
  const constants = new Map<string, string>();
  const values = new Map<string, string[]>();
  let name = '';
  for (const file of readdirSync(directory).toSorted()) {
    if (!file.endsWith('.go') || file.endsWith('_test.go') || /^(zz_)?generated/.test(file)) continue;
    const text = readFileSync(join(directory, file), 'utf8');
    for (const match of text.matchAll(/((?:^[ \t]*\/\/.*\n)+)type (\w+) string$/gm))
      if (/^[ \t]*\/\/[ \t]*\+enum[ \t]*$/m.test(match[1] ?? '')) enumTypes.add(match[2] ?? '');
    const source = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
    name = /^package (\w+)/m.exec(source)?.[1] ?? name;
    const imports = parseImports(source);
    for (const match of source.matchAll(constantPattern)) {
      const [, constant = '', type, literal, conversion = '', converted, packageName = '', other = ''] = match;
      const value = literal ?? converted ?? load(imports.get(packageName) ?? importPath).constants.get(other) ?? '';
      constants.set(constant, value);
      const declared = type ?? conversion;
      values.set(declared, [...(values.get(declared) ?? []), value]);
    }
    for (const match of source.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
      const fields: GoField[] = [];
      for (const line of (match[2] ?? '').split('\n')) {
        const field = /^\s+(?:(\w+)\s+)?([\w.*[\]]+)(?:\s+`([^`]*)`)?\s*(?:\/\/.*)?$/.exec(line);
        if (field?.[2] === undefined) continue;
        const tag = parseTag(field[3] ?? '');
        if (field[1] !== undefined && !/^[A-Z]/.test(field[1])) continue;
        fields.push({ name: field[1] ?? '', type: parseType(field[2], imports, importPath), tag });
      }
      types.set(match[1] ?? '', { kind: 'struct', fields });
    }
    for (const match of source.matchAll(/^type (\w+) struct ?\{\}$/gm))
      types.set(match[1] ?? '', { kind: 'struct', fields: [] });
    for (const match of source.matchAll(/^type (\w+)( =)? ([*[\]\w.]+)$/gm)) {
      if (match[3] === 'interface' || match[3] === 'struct' || match[3] === 'func') continue;
      const type = parseType(match[3] ?? '', imports, importPath);
      types.set(match[1] ?? '', { kind: 'alias', type, same: match[2] !== undefined });
    }
  }
  const enums = new Map([...enumTypes].map((type) => [type, [...new Set(values.get(type) ?? [])].toSorted()]));
  return { name, types, enums, constants };
}
