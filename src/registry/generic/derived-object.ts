import type { ResourceDefinition, VersionDefinition } from '../../api/resource-definition.ts';
import { parseJson } from '../../apimachinery/json-parse.ts';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { writeNulls } from '../../apimachinery/schema/nulls.ts';
import type { CachedObject, ObjectKey } from '../../storage/object-store.ts';
import type { RequestContext, Target } from '../registry.ts';
import { apiVersionOf, factsOf } from './resource-facts.ts';
import { spliceRevision, storedText } from '../../storage/serialized-object.ts';
import { fromStorageVersion, isStorageVersion, storedView } from './versions.ts';

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
  const known = conversions.get(cached)?.get(version);
  return known ?? remember(definition, version, cached, cached.object);
}

/** Remembers `object`, which is `cached` in a form that `fromStorageVersion` takes, as what it is in a version. */
function remember(
  definition: ResourceDefinition,
  version: VersionDefinition,
  cached: CachedObject,
  object: KubeObject,
): CachedObject {
  const served = fromStorageVersion(definition, version, object);
  if (definition.builtIn) writeNulls(served as JsonObject, version.schema);
  const converted = new DerivedObject(cached.key, cached.revision, storedText(served), served.metadata.labels ?? {});
  const versions = conversions.get(cached);
  if (versions === undefined) conversions.set(cached, new Map([[version, converted]]));
  else versions.set(version, converted);
  return converted;
}

/**
 * Stored objects in a version whose conversion takes a wait; each is converted once for all who ask.
 * @throws ApiError when one of them cannot be converted.
 */
export async function convertAll(
  { cluster, signal }: Pick<RequestContext, 'cluster' | 'signal'>,
  definition: ResourceDefinition,
  version: VersionDefinition,
  items: readonly CachedObject[],
): Promise<readonly CachedObject[]> {
  const apiVersion = apiVersionOf(definition, version);
  const others = items.filter(
    (item) => item.object.apiVersion !== apiVersion && conversions.get(item)?.has(version) !== true,
  );
  if (others.length > 0 && definition.conversion !== undefined) {
    const at = { cluster: cluster.name, signal };
    const converted = await definition.conversion.convert(
      at,
      others.map((item) => item.object),
      apiVersion,
    );
    others.forEach((item, i) => remember(definition, version, item, converted[i] ?? item.object));
  }
  const asStored = isStorageVersion(definition, version);
  return items.map((item) =>
    asStored && item.object.apiVersion === apiVersion ? item : convertCached(definition, version, item),
  );
}

/**
 * The stored object as an update compares with it: as `storedView` gives it, or, where conversion takes a wait, in the target's version but for its
 * apiVersion.
 * @throws ApiError when it cannot be converted.
 */
export function currentView(
  ctx: RequestContext,
  target: Target,
  current: CachedObject,
): KubeObject | Promise<KubeObject> {
  const { definition, version } = target;
  if (definition.conversion === undefined) return storedView(definition, current.object);
  return convertAll(ctx, definition, version, [current]).then(([converted]) => ({
    ...(converted ?? current).object,
    apiVersion: factsOf(definition).storageApiVersion,
  }));
}

/**
 * What has been or will be stored, in the target's version; undefined when no wait is needed for that.
 * @throws ApiError when it cannot be converted.
 */
export async function convertStored(
  { cluster, signal }: RequestContext,
  { definition, version }: Target,
  stored: KubeObject,
): Promise<KubeObject | undefined> {
  const apiVersion = apiVersionOf(definition, version);
  if (definition.conversion === undefined || stored.apiVersion === apiVersion) return undefined;
  const [converted] = await definition.conversion.convert({ cluster: cluster.name, signal }, [stored], apiVersion);
  return converted === undefined ? undefined : fromStorageVersion(definition, version, converted);
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
