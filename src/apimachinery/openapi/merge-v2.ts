import { deepEqual, isObject, type Json, type JsonObject, setOwn } from '../json.ts';

/** Parts of an OpenAPI v2 document that others refer to by name. */
const shared = ['definitions', 'parameters', 'responses'] as const;
type Shared = (typeof shared)[number];

const reference = /^#\/(definitions|parameters|responses)\/(.+)$/;

/** What of a document is about paths that begin with `prefix`: those paths, and what they need. */
export function openApiV2Of(document: JsonObject, prefix: string): JsonObject {
  const paths: JsonObject = {};
  for (const [path, item] of Object.entries(objectAt(document, 'paths')))
    if (path.startsWith(prefix)) setOwn(paths, path, item ?? null);
  const part: JsonObject = { paths };
  const waiting: Json[] = [paths];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop())
    visitReferences(value, (kind, name) => {
      const kept = objectAt(part, kind);
      const found = objectAt(document, kind);
      if (Object.hasOwn(kept, name) || !Object.hasOwn(found, name)) return;
      const needed = found[name] ?? null;
      setOwn(kept, name, needed);
      part[kind] = kept;
      waiting.push(needed);
    });
  return part;
}

/**
 * One document of several: `first` and what `parts` add to it. Paths that are there already stay. A name that stands for something else already is
 * given to the newcomer with `_v2` (`_v3` …) behind it, as kube-openapi does. Nothing is changed in place.
 */
export function mergeOpenApiV2(first: JsonObject, parts: readonly JsonObject[]): JsonObject {
  const merged: JsonObject = { ...first, paths: { ...objectAt(first, 'paths') } };
  for (const kind of shared)
    if (first[kind] !== undefined || parts.some((part) => part[kind] !== undefined))
      merged[kind] = { ...objectAt(first, kind) };
  for (const part of parts) add(merged, part);
  return merged;
}

function add(merged: JsonObject, part: JsonObject): void {
  const renamed = new Map<string, string>();
  for (const kind of shared) {
    const known = objectAt(merged, kind);
    for (const [name, value] of Object.entries(objectAt(part, kind))) {
      let free = name;
      for (let next = 2; Object.hasOwn(known, free) && !deepEqual(known[free] ?? null, value ?? null); next++)
        free = `${name}_v${next}`;
      if (free !== name) renamed.set(`#/${kind}/${name}`, `#/${kind}/${free}`);
    }
  }
  for (const kind of ['paths', ...shared] as const) {
    const known = objectAt(merged, kind);
    for (const [name, value] of Object.entries(objectAt(part, kind))) {
      const target = renamed.get(`#/${kind}/${name}`)?.slice(kind.length + 3) ?? name;
      if (!Object.hasOwn(known, target)) setOwn(known, target, withReferences(value ?? null, renamed));
    }
  }
}

function withReferences(value: Json, renamed: ReadonlyMap<string, string>): Json {
  if (renamed.size === 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => withReferences(item, renamed));
  const copy: JsonObject = {};
  for (const [name, item = null] of Object.entries(value)) {
    const isReference = name === '$ref' && typeof item === 'string';
    setOwn(copy, name, isReference ? (renamed.get(item) ?? item) : withReferences(item, renamed));
  }
  return copy;
}

function visitReferences(value: Json, visit: (kind: Shared, name: string) => void): void {
  const waiting: Json[] = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Array.isArray(next)) waiting.push(...next);
    else if (isObject(next)) {
      const ref = next['$ref'];
      const [, kind, name] = (typeof ref === 'string' && reference.exec(ref)) || [];
      if (kind !== undefined && name !== undefined) visit(kind as Shared, name);
      for (const item of Object.values(next)) if (item !== undefined) waiting.push(item);
    }
  }
}

function objectAt(document: JsonObject, name: string): JsonObject {
  const value = document[name];
  return isObject(value) ? value : {};
}
