/**
 * Writes ../generated/types.json: what the types of every kind of Kubernetes 1.33 look like on the wire. Facts only: names, types, protobuf numbers,
 * merge keys, list topology and defaults.
 *
 * Source: the Go modules k8s.io/{api,apimachinery,apiextensions-apiserver,kube-aggregator}@v0.33.13 (struct tags of the API types) and
 * k8s.io/kubernetes@v1.33.13 (api/openapi-spec/v3). Fetch them with `go mod download`, then run `node src/api/generate/main.ts`.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readGoPackage, type GoPackage } from './go-source.ts';
import { buildTables, type OpenApiSchema } from './tables.ts';

const release = '33.13';
const moduleCache = execFileSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim();

const modules = ['apiextensions-apiserver', 'apimachinery', 'api', 'kube-aggregator'];

function directoryOf(importPath: string): string {
  const module = modules.find((name) => importPath.startsWith(`k8s.io/${name}/`));
  if (module === undefined) throw new Error(`no module for ${importPath}`);
  return join(moduleCache, `k8s.io/${module}@v0.${release}`, importPath.slice(`k8s.io/${module}/`.length));
}

const packages = new Map<string, GoPackage>();
function goPackage(importPath: string): GoPackage {
  let found = packages.get(importPath);
  if (found === undefined)
    packages.set(importPath, (found = readGoPackage(directoryOf(importPath), importPath, goPackage)));
  return found;
}

const specifications = join(moduleCache, `k8s.io/kubernetes@v1.${release}/api/openapi-spec/v3`);
const definitions = new Map<string, OpenApiSchema>();
for (const file of readdirSync(specifications).toSorted()) {
  const document = JSON.parse(readFileSync(join(specifications, file), 'utf8')) as {
    components?: { schemas?: Record<string, OpenApiSchema> };
  };
  for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) definitions.set(name, schema);
}

function importPathOf(definition: string): { importPath: string; name: string } {
  const dot = definition.lastIndexOf('.');
  const importPath = definition
    .slice(0, dot)
    .replace(/^io\.k8s\./, 'k8s.io/')
    .replace(/^k8s\.io\/(api|apimachinery|apiextensions-apiserver|kube-aggregator)\./, 'k8s.io/$1/')
    .replace(/(?<=^k8s\.io\/[\w-]+\/)(.*)$/, (rest) => rest.replaceAll('.', '/'));
  return { importPath, name: definition.slice(dot + 1) };
}

const roots = [...definitions]
  .filter(([, schema]) => schema.type === 'object')
  .map(([name]) => importPathOf(name))
  .filter(({ name }) => name !== 'Duration' && name !== 'FieldsV1' && name !== 'RawExtension');
const meta = 'k8s.io/apimachinery/pkg/apis/meta/v1';
for (const name of ['PartialObjectMetadata', 'PartialObjectMetadataList']) roots.push({ importPath: meta, name });

const packageNames: string[] = [];
function packageIndex(name: string): number {
  const index = packageNames.indexOf(name);
  return index >= 0 ? index : packageNames.push(name) - 1;
}

const tables = buildTables({ goPackage, definitions }, roots, packageIndex);
const types: Record<string, Record<string, readonly string[]>> = {};
for (const name of [...tables.keys()].toSorted()) {
  types[name] = Object.fromEntries([...(tables.get(name) ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
const output = JSON.stringify({ packages: packageNames, types })
  .replaceAll('{"io.', '{\n"io.')
  .replaceAll('},"io.', '},\n"io.')
  .replaceAll('],"', '],\n "');
writeFileSync(new URL('../generated/types.json', import.meta.url), `${output}\n`);
