import type { ResourceDefinition, VersionDefinition } from '../../api/resource-definition.ts';
import { parseJson } from '../../apimachinery/json-parse.ts';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { writeNulls } from '../../apimachinery/schema/nulls.ts';
import type { CachedObject, ObjectKey } from '../../storage/object-store.ts';
import { spliceRevision, storedText } from '../../storage/serialized-object.ts';
import { fromStorageVersion } from './versions.ts';

/** The same state under another revision (a DELETED event for an object that no longer matches a selector). */
export function restamp(cached: CachedObject, revision: number): CachedObject {
  return new DerivedObject(cached.key, revision, cached.text, cached.labels);
}

const conversions = new WeakMap<CachedObject, Map<VersionDefinition, CachedObject>>();

/** A stored object in a served version other than the storage version; converted once for all watchers. */
export function convertCached(
  definition: ResourceDefinition,
  version: VersionDefinition,
  cached: CachedObject,
): CachedObject {
  let versions = conversions.get(cached);
  if (versions === undefined) {
    versions = new Map();
    conversions.set(cached, versions);
  }
  let converted = versions.get(version);
  if (converted === undefined) {
    const object = fromStorageVersion(definition, version, cached.object);
    if (definition.builtIn) writeNulls(object as JsonObject, version.schema);
    converted = new DerivedObject(cached.key, cached.revision, storedText(object), cached.labels);
    versions.set(version, converted);
  }
  return converted;
}

/** A cached object that storage does not hold. `text` is a stored text. */
export class DerivedObject implements CachedObject {
  readonly key: ObjectKey;
  readonly revision: number;
  readonly text: string;
  readonly labels: Readonly<Record<string, string>>;
  #bytes: Uint8Array | undefined;
  #object: KubeObject | undefined;

  constructor(key: ObjectKey, revision: number, text: string, labels: Readonly<Record<string, string>>) {
    this.key = key;
    this.revision = revision;
    this.text = text;
    this.labels = labels;
  }
  get bytes(): Uint8Array {
    this.#bytes ??= Buffer.from(spliceRevision(this.text, this.revision));
    return this.#bytes;
  }
  get object(): KubeObject {
    this.#object ??= parseJson(this.bytes).value as KubeObject;
    return this.#object;
  }
}
