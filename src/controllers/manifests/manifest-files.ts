import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** A file of objects for one logical cluster. */
export type ManifestFile = {
  /** Name or workspace path of the logical cluster: the name of the directory it stands below. */
  readonly cluster: string;
  readonly path: string;
  readonly bytes: Buffer;
  /** Names the content. */
  readonly hash: string;
};

const extensions = new Set(['.yaml', '.yml', '.json']);
const maxFileBytes = 16 << 20;
const maxFiles = 10_000;
const maxDepth = 16;

/**
 * Reads all manifests below a directory: each of its sub-directories is one logical cluster. Files that cannot be read are told and left out, so that
 * the others still count. @throws when the directory itself cannot be read
 */
export async function readManifestFiles(
  directory: string,
  tell: (path: string, problem: Error) => void,
): Promise<readonly ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    const path = join(directory, entry.name);
    if (entry.isFile()) {
      if (extensions.has(extname(entry.name)))
        tell(path, new Error('a manifest must stand in a directory that is named after its workspace'));
      continue;
    }
    for (const file of await filesBelow(path, 0)) {
      if (files.length >= maxFiles) throw new Error(`more than ${maxFiles} manifests in ${directory}`);
      try {
        files.push(await readManifest(entry.name, file));
      } catch (error) {
        tell(file, error as Error);
      }
    }
  }
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function filesBelow(directory: string, depth: number): Promise<string[]> {
  if (depth > maxDepth) return [];
  const found: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    // Editors and ConfigMap volumes keep their own things in names with a dot.
    if (entry.name.startsWith('.')) continue;
    const path = join(directory, entry.name);
    const isDirectory = entry.isDirectory() || (entry.isSymbolicLink() && (await stat(path)).isDirectory());
    if (isDirectory) found.push(...(await filesBelow(path, depth + 1)));
    else if (extensions.has(extname(entry.name))) found.push(path);
  }
  return found;
}

async function readManifest(cluster: string, path: string): Promise<ManifestFile> {
  const { size } = await stat(path);
  if (size > maxFileBytes) throw new Error(`larger than ${maxFileBytes} bytes`);
  const bytes = await readFile(path);
  return { cluster, path, bytes, hash: createHash('sha256').update(bytes).digest('base64url') };
}
