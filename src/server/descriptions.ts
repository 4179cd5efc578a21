import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Descriptions } from '../apimachinery/openapi/definitions.ts';
import { modelPlace, type ModelTexts, readModelTexts } from '../apimachinery/openapi/model-declarations.ts';

/** Enough for the type that is being written and those that are asked for again and again. */
const remembered = 32;
const none: ModelTexts = new Map();
/** Every kind has these two fields with the same texts; the package writes them out only where a kind has no constant there. */
const typeMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status';
const typeMetaFields = new Set(['apiVersion', 'kind']);

/**
 * The texts of Kubernetes' types and fields as release 1.33 has them, out of the npm package kubernetes-models. A type's file is read when its text is
 * asked for, which is when an OpenAPI document is made; nothing but a few types is kept.
 */
export function createDescriptions(): Descriptions {
  const require = createRequire(import.meta.url);
  const roots = new Map<string, string>();
  const types = new LRUCache<string, ModelTexts>({ max: remembered });
  let groups: readonly string[] | undefined;

  function rootOf(name: string): string {
    let root = roots.get(name);
    if (root === undefined) roots.set(name, (root = dirname(require.resolve(name))));
    return root;
  }

  /** Types are named by the first word of their group, folders by the whole. */
  function folderOf(group: string, root: string): string | undefined {
    groups ??= readdirSync(root);
    return groups.find((folder) => folder === group || folder.startsWith(`${group}.`));
  }

  function read(definitionName: string): ModelTexts {
    const place = modelPlace(definitionName);
    if (place === undefined) return none;
    try {
      const root = rootOf(place.package);
      const folder = place.group === undefined ? '' : folderOf(place.group, root);
      if (folder === undefined) return none;
      return readModelTexts(readFileSync(join(root, folder, place.path), 'utf8'));
    } catch (error) {
      if (isAbsent(error)) return none;
      throw error;
    }
  }

  function textsOf(definitionName: string): ModelTexts {
    let texts = types.get(definitionName);
    if (texts === undefined) types.set(definitionName, (texts = read(definitionName)));
    return texts;
  }

  return (definitionName, field = '') => {
    const texts = textsOf(definitionName);
    return texts.get(field) ?? (texts.size > 0 && typeMetaFields.has(field) ? textsOf(typeMeta).get(field) : undefined);
  };
}

/** Types that the package does not have, and an installation that left the package out, have no texts. */
function isAbsent(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'MODULE_NOT_FOUND';
}
