import { type Json, type JsonObject, stringify } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { writeNulls } from '../../apimachinery/schema/nulls.ts';
import type { CachedObject } from '../../storage/object-store.ts';
import { spliceRevision } from '../../storage/serialized-object.ts';
import type { Rendered, RequestContext, Target } from '../registry.ts';
import { convertAll } from './derived-object.ts';
import { fromStorageVersion, isStorageVersion } from './versions.ts';

/** A stored object in the target's version. Nothing is copied when that is the storage version. `served`: what it is there, where that took a wait. */
export function renderCached(target: Target, cached: CachedObject, served?: CachedObject): Rendered {
  if (served !== undefined) return new CachedRendering(served);
  return isStorageVersion(target.definition, target.version)
    ? new CachedRendering(cached)
    : new ConvertedRendering(target, cached.object);
}

/** As `renderCached`, also where conversion takes a wait. @throws ApiError when the object cannot be converted. */
export function renderServed(ctx: RequestContext, target: Target, cached: CachedObject): Rendered | Promise<Rendered> {
  if (target.definition.conversion === undefined) return renderCached(target, cached);
  return convertAll(ctx, target.definition, target.version, [cached]).then(
    ([converted]) => new CachedRendering(converted ?? cached),
  );
}

/** Stored objects in the target's version. @throws ApiError when one of them cannot be converted. */
export async function renderAll(
  ctx: RequestContext,
  target: Target,
  items: readonly CachedObject[],
): Promise<readonly Rendered[]> {
  const { definition, version } = target;
  if (definition.conversion === undefined) return items.map((item) => renderCached(target, item));
  return (await convertAll(ctx, definition, version, items)).map((item) => new CachedRendering(item));
}

/**
 * What a write has just stored: `text` and `object` are the same object, in storage version; revision 0 leaves resourceVersion out. `served`: what it is
 * in the target's version, where that took a wait.
 */
export function renderWritten(
  target: Target,
  object: KubeObject,
  text: string,
  revision: number,
  served?: KubeObject,
): Rendered {
  if (served !== undefined) {
    const metadata = revision === 0 ? served.metadata : { ...served.metadata, resourceVersion: String(revision) };
    return new ObjectRendering({ ...served, metadata });
  }
  if (revision !== 0) object.metadata.resourceVersion = String(revision);
  return isStorageVersion(target.definition, target.version)
    ? new WrittenRendering(object, text, revision)
    : new ConvertedRendering(target, object);
}

/** An object that exists only in this answer (reviews, scale, virtual resources), already in the target's version. */
export function renderObject(object: KubeObject): Rendered {
  return new ObjectRendering(object);
}

class CachedRendering implements Rendered {
  readonly #cached: CachedObject;
  constructor(cached: CachedObject) {
    this.#cached = cached;
  }
  bytes(): Uint8Array {
    return this.#cached.bytes;
  }
  object(): KubeObject {
    return this.#cached.object;
  }
}

class WrittenRendering implements Rendered {
  readonly #object: KubeObject;
  readonly #text: string;
  readonly #revision: number;
  constructor(object: KubeObject, text: string, revision: number) {
    this.#object = object;
    this.#text = text;
    this.#revision = revision;
  }
  bytes(): Uint8Array {
    return Buffer.from(this.#revision === 0 ? this.#text : spliceRevision(this.#text, this.#revision));
  }
  object(): KubeObject {
    return this.#object;
  }
}

class ConvertedRendering implements Rendered {
  readonly #target: Target;
  readonly #stored: KubeObject;
  #converted: KubeObject | undefined;
  constructor(target: Target, stored: KubeObject) {
    this.#target = target;
    this.#stored = stored;
  }
  bytes(): Uint8Array {
    return encodeObject(this.object());
  }
  object(): KubeObject {
    if (this.#converted === undefined) {
      const { definition, version } = this.#target;
      this.#converted = fromStorageVersion(definition, version, this.#stored);
      if (definition.builtIn) writeNulls(this.#converted as JsonObject, version.schema);
    }
    return this.#converted;
  }
}

class ObjectRendering implements Rendered {
  readonly #object: KubeObject;
  constructor(object: KubeObject) {
    this.#object = object;
  }
  bytes(): Uint8Array {
    return encodeObject(this.#object);
  }
  object(): KubeObject {
    return this.#object;
  }
}

/** Served JSON of an object, kind and apiVersion first. */
export function encodeObject(object: KubeObject): Uint8Array {
  const { kind, apiVersion, ...rest } = object;
  return Buffer.from(stringify({ kind, apiVersion, ...(rest as { [field: string]: Json | undefined }) }));
}
