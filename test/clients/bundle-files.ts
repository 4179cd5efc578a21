import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Bundle } from './bundles.ts';

export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name?: string; readonly namespace?: string; readonly generateName?: string };
  readonly spec?: {
    readonly group?: string;
    readonly names?: { readonly kind?: string; readonly plural?: string };
    readonly scope?: string;
  };
};

export type BundleFiles = {
  /** Of the commit that is read. */
  readonly commit: string;
  readonly definitions: readonly Manifest[];
  /** Objects of the kinds that the definitions define. */
  readonly samples: readonly Manifest[];
};

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'atoll-clients', 'bundles');
const maxBytes = 256 * 1024 * 1024;

/**
 * The git directory of a repository: below `mirrors` (`owner+name/repo`, with or without a work tree), else a shallow clone in the user's cache.
 * @throws Error when it cannot be cloned
 */
function gitDirectory(repository: string, mirrors: string | undefined): string {
  const name = repository.replace('/', '+');
  const mirror = join(mirrors ?? '', name, 'repo');
  if (mirrors !== undefined && existsSync(mirror)) return mirror;
  const clone = join(cache, `${name}.git`);
  if (existsSync(join(clone, 'HEAD'))) return clone;
  mkdirSync(cache, { recursive: true });
  const from = `https://github.com/${repository}`;
  execFileSync('git', ['clone', '--quiet', '--bare', '--depth', '1', from, clone], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return clone;
}

/** A project's definitions and samples. @throws Error when its repository cannot be read */
export function bundleFiles(bundle: Bundle, mirrors: string | undefined): BundleFiles {
  const directory = gitDirectory(bundle.repository, mirrors);
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', directory, ...args], {
      maxBuffer: maxBytes,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();
  const read = (paths: readonly string[]): Manifest[] =>
    git('ls-tree', '-r', '--name-only', 'HEAD', '--', ...paths)
      .split('\n')
      .filter((path) => /\.ya?ml$/.test(path))
      .flatMap((path) => manifests(git('show', `HEAD:${path}`)));
  const definitions = read(bundle.definitions).filter(({ kind }) => kind === 'CustomResourceDefinition');
  const kinds = new Set(definitions.map(({ spec }) => `${spec?.group ?? ''}/${spec?.names?.kind ?? ''}`));
  const samples = read(bundle.samples).filter(({ apiVersion, kind }) =>
    kinds.has(`${apiVersion.split('/')[0]}/${kind}`),
  );
  return { commit: git('log', '-1', '--format=%h %cs').trim(), definitions, samples: unique(samples) };
}

function manifests(text: string): Manifest[] {
  return parseAllDocuments(text, { logLevel: 'silent' }).flatMap((document) => {
    if (document.errors.length > 0) return [];
    const value = document.toJS({ maxAliasCount: 1000 }) as Partial<Manifest> | null;
    return typeof value?.apiVersion === 'string' && typeof value.kind === 'string' && value.metadata?.name !== undefined
      ? [value as Manifest]
      : [];
  });
}

/** The first of those that share kind, namespace and name: a later one would only change it. */
function unique(objects: readonly Manifest[]): Manifest[] {
  const known = new Map<string, Manifest>();
  for (const object of objects) {
    const key = `${object.kind} ${object.metadata.namespace ?? ''} ${object.metadata.name ?? ''}`;
    if (!known.has(key)) known.set(key, object);
  }
  return [...known.values()];
}
