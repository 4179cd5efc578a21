import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, it } from 'node:test';

const leaves = ['api', 'apimachinery', 'logicalcluster', 'placement', 'observability', 'config'];
const belowRegistry = ['storage', 'pg'];
/** Folder → the folders it may import from, beside itself and the leaves. The order is the way of a request. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  cli: ['*'],
  server: [
    'endpoints',
    'virtual',
    'aggregation',
    'authentication',
    'authorization',
    'flowcontrol',
    'admission',
    'registry',
    ...belowRegistry,
  ],
  aggregation: ['client', 'registry', 'storage'],
  endpoints: ['audit', 'authentication', 'authorization', 'flowcontrol', 'admission', 'registry', 'storage'],
  audit: ['storage'],
  authentication: ['registry', 'storage'],
  authorization: ['registry', 'storage'],
  flowcontrol: ['registry', 'storage'],
  admission: ['registry', 'storage'],
  registry: belowRegistry,
  storage: ['pg'],
  pg: [],
  client: ['authorization', 'registry', 'storage'],
  controllers: ['client', 'registry', 'storage'],
  sync: ['client', 'controllers', 'registry', 'storage', 'pg'],
  api: [],
  apimachinery: [],
  logicalcluster: [],
  placement: [],
  observability: [],
  config: [],
};
/** Leaves do no I/O: none of these modules may appear there. */
const ioModules =
  /^node:(fs|net|http|https|http2|tls|child_process|dgram|cluster)(\/|$)|^(pg|knex|express|ws|bullmq|ioredis)$/;
const ioFree = ['apimachinery', 'logicalcluster', 'placement'];

const files = globSync('src/**/*.ts', { cwd: new URL('..', import.meta.url) }).map((file) => normalize(file));
const importPattern = /^\s*(?:import|export)\b[^'"]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/gm;

/** node:net's tests of addresses do no I/O. */
const pureImports = /import \{ (isIP(v[46])?(, )?)+ \} from 'node:net';/g;

function importsOf(file: string): string[] {
  const source = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8').replaceAll(pureImports, '');
  return [...source.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? '');
}

function folderOf(file: string): string {
  const parts = file.split('/');
  return parts.length > 2 ? (parts[1] ?? '') : '';
}

/** Test files, test support and benchmarks may reach anywhere; main.ts and index.ts are the composition root and the library's front. */
function isProduct(file: string): boolean {
  return !/(\.test|testing|conformance|bench)\.ts$/.test(file) && !file.includes('/generate/') && folderOf(file) !== '';
}

describe('architecture', () => {
  it('imports point in the direction of a request', () => {
    const wrong: string[] = [];
    for (const file of files.filter(isProduct)) {
      const folder = folderOf(file);
      const allowed = mayImport[folder];
      assert.ok(allowed, `src/${folder} has no place in the architecture`);
      for (const target of importsOf(file)) {
        if (!target.startsWith('.')) continue;
        const resolved = normalize(join(dirname(file), target));
        if (resolved === 'src/version.ts' || (folder === 'storage' && resolved.startsWith('migrations/'))) continue;
        const to = folderOf(resolved);
        if (to === folder || allowed.includes('*') || allowed.includes(to) || leaves.includes(to)) continue;
        wrong.push(`${file} → ${resolved}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('leaves import only leaves and do no input or output', () => {
    const wrong: string[] = [];
    for (const file of files.filter(isProduct).filter((candidate) => ioFree.includes(folderOf(candidate)))) {
      for (const target of importsOf(file)) if (ioModules.test(target)) wrong.push(`${file} → ${target}`);
    }
    assert.deepEqual(wrong, []);
  });

  it('only config/ and the command line read the environment', () => {
    const wrong = files
      .filter(isProduct)
      .filter(
        (file) =>
          !['config', 'cli'].includes(folderOf(file)) &&
          readFileSync(new URL(`../${file}`, import.meta.url), 'utf8').includes('process.env'),
      );
    assert.deepEqual(wrong, []);
  });
});
