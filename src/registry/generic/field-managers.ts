import type { ResourceDefinition, VersionDefinition } from '../../api/resource-definition.ts';
import { type JsonObject, stringify } from '../../apimachinery/json.ts';
import { type ConvertVersion, type FieldManagerContext, trackUpdate } from '../../apimachinery/managedfields/index.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { RequestContext, Target } from '../registry.ts';
import { ApiError } from '../../apimachinery/errors.ts';
import { apiVersionOf, resetFieldsOf } from './resource-facts.ts';
import { fromStorageVersion, isStorageVersion, toStorageVersion } from './versions.ts';

/** What the algorithms of managed fields need to know of a request. */
export function fieldManagerContext(target: Target, manager: string, now: Date): FieldManagerContext {
  const { definition, version, subresource } = target;
  const convert = converterOf(definition, version);
  return {
    schema: version.schema,
    apiVersion: apiVersionOf(definition, version),
    manager,
    subresource,
    now,
    resetFields: resetFieldsOf(definition, subresource),
    ...(convert === undefined ? {} : { convert }),
  };
}

/**
 * Notes in `sent.metadata.managedFields` what `manager` changes. `sent` is in the target's version, before the strategy and admission touch it, so
 * that nobody owns what the server sets; `live` is as `currentView` gives it. Gives a promise where conversion takes a wait.
 */
export function recordManager(
  ctx: RequestContext,
  target: Target,
  live: KubeObject | undefined,
  sent: KubeObject,
  manager: string,
  now: Date,
): void | Promise<void> {
  const { definition, version } = target;
  const options = {
    ...fieldManagerContext(target, manager, now),
    live: live === undefined ? undefined : fromStorageVersion(definition, version, live),
    updated: sent,
  };
  if (definition.conversion === undefined) return note(sent, trackUpdate(options));
  return withConversions(ctx, target, (convert) => trackUpdate({ ...options, convert }))
    .catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      // A webhook that fails holds up no write that needs it for nothing else: what other versions' managers own is then compared in this one.
      const { convert: _, ...own } = options;
      return trackUpdate(own);
    })
    .then((entries) => note(sent, entries));
}

function note(sent: KubeObject, entries: ReturnType<typeof trackUpdate>): void {
  if (entries !== undefined) sent.metadata.managedFields = entries;
  else if (sent.metadata.managedFields !== undefined) delete sent.metadata.managedFields;
}

const converters = new WeakMap<VersionDefinition, ConvertVersion>();

/** Undefined for kinds with one form, which are nearly all. */
function converterOf(definition: ResourceDefinition, from: VersionDefinition): ConvertVersion | undefined {
  if (definition.versions.length === 1 && isStorageVersion(definition, from)) return undefined;
  let convert = converters.get(from);
  if (convert === undefined) {
    convert = (object, apiVersion) => {
      const to = definition.versions.find((each) => apiVersionOf(definition, each) === apiVersion);
      if (to === undefined) return undefined;
      if (to === from) return { object, schema: to.schema };
      const stored = toStorageVersion(definition, from, { ...object } as KubeObject);
      return { object: fromStorageVersion(definition, to, stored) as JsonObject, schema: to.schema };
    };
    converters.set(from, convert);
  }
  return convert;
}

/** A version's form of an object is needed that only a wait gives. */
class NeedsConversion extends Error {
  readonly object: JsonObject;
  readonly apiVersion: string;
  readonly key: string;
  constructor(object: JsonObject, apiVersion: string, key: string) {
    super('an object has to be converted first');
    this.object = object;
    this.apiVersion = apiVersion;
    this.key = key;
  }
}

/** Managers of one object are of so many versions at most that more rounds would be an error. */
const maxRounds = 100;

/**
 * Runs a pure computation that converts objects between versions, where that takes a wait: it runs again each time that a conversion which it asked for is
 * there. @throws what the conversion or the computation throws
 */
export async function withConversions<T>(
  { cluster, signal }: RequestContext,
  { definition, version: from }: Target,
  compute: (convert: ConvertVersion) => T,
): Promise<T> {
  const { conversion } = definition;
  const known = new Map<string, KubeObject>();
  const convert: ConvertVersion = (object, apiVersion) => {
    const to = definition.versions.find((each) => apiVersionOf(definition, each) === apiVersion);
    if (to === undefined) return undefined;
    if (to === from || object['metadata'] === undefined) return { object, schema: to.schema };
    const key = `${apiVersion} ${stringify(object)}`;
    const converted = known.get(key);
    if (converted === undefined) throw new NeedsConversion(object, apiVersion, key);
    return { object: converted as JsonObject, schema: to.schema };
  };
  for (let round = 0; ; round++) {
    try {
      return compute(convert);
    } catch (error) {
      if (!(error instanceof NeedsConversion) || conversion === undefined || round === maxRounds) throw error;
      const { object, apiVersion, key } = error;
      const at = { cluster: cluster.name, signal };
      const asked = { ...object, apiVersion: apiVersionOf(definition, from), kind: definition.kind } as KubeObject;
      const [converted] = await conversion.convert(at, [asked], apiVersion);
      const to = definition.versions.find((each) => apiVersionOf(definition, each) === apiVersion);
      if (converted === undefined || to === undefined) throw error;
      known.set(key, fromStorageVersion(definition, to, converted));
    }
  }
}
