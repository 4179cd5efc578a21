import { isObject, type Json } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { parseYaml } from '../../apimachinery/yaml-parse.ts';

/** An object of a manifest, with what it is addressed by. */
export type ManifestObject = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject;
};

const separator = /^---(?:[ \t].*)?$/m;

/** The objects of a file: YAML documents or JSON; lists are what they hold. @throws Error that says which document is wrong */
export function manifestObjects(bytes: Buffer): readonly ManifestObject[] {
  const found: ManifestObject[] = [];
  for (const [index, text] of bytes.toString('utf8').split(separator).entries()) {
    if (text.replaceAll(/^\s*#.*$/gm, '').trim() === '') continue;
    try {
      collect(parseYaml(Buffer.from(text)).value, found);
    } catch (error) {
      throw new Error(`document ${index + 1}: ${(error as Error).message}`, { cause: error });
    }
  }
  return found;
}

function collect(value: Json | undefined, into: ManifestObject[]): void {
  if (value === null || value === undefined) return;
  if (!isObject(value)) throw new Error('not an object');
  const { apiVersion, kind, metadata, items } = value;
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)) {
    for (const item of items) collect(item, into);
    return;
  }
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || kind === '')
    throw new Error('apiVersion and kind are needed');
  const { name, namespace = '' } = isObject(metadata) ? metadata : {};
  if (typeof name !== 'string' || name === '') throw new Error(`${kind} without metadata.name`);
  if (typeof namespace !== 'string') throw new Error(`${kind} ${name}: metadata.namespace is no string`);
  const slash = apiVersion.indexOf('/');
  into.push({
    group: slash < 0 ? '' : apiVersion.slice(0, slash),
    version: slash < 0 ? apiVersion : apiVersion.slice(slash + 1),
    kind,
    namespace,
    name,
    object: value as KubeObject,
  });
}

/** What others need comes first; else as written. */
const early = ['Namespace', 'CustomResourceDefinition', 'ServiceAccount', 'ClusterRole', 'Role'];

/** The order in which objects of one logical cluster are applied. */
export function inOrder<T extends { readonly kind: string }>(objects: readonly T[]): readonly T[] {
  const rank = ({ kind }: T): number => (early.includes(kind) ? early.indexOf(kind) : early.length);
  return objects.toSorted((a, b) => rank(a) - rank(b));
}
