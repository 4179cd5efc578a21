import type { Json, JsonObject } from '../apimachinery/json.ts';
import type { Level, Stage } from './policy.ts';

/** An Event of audit.k8s.io/v1; plain JSON. */
export type AuditEvent = {
  readonly kind: 'Event';
  readonly apiVersion: 'audit.k8s.io/v1';
  readonly level: Level;
  readonly auditID: string;
  readonly stage: Stage;
  readonly requestURI: string;
  readonly verb: string;
  readonly user: AuditUser;
  readonly impersonatedUser?: AuditUser;
  readonly sourceIPs?: readonly string[];
  readonly userAgent?: string;
  readonly objectRef?: ObjectReference;
  readonly responseStatus?: JsonObject;
  readonly requestObject?: Json;
  readonly responseObject?: Json;
  /** RFC 3339 with microseconds. */
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly annotations: Readonly<Record<string, string>>;
};

export type AuditUser = {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
};

export type ObjectReference = {
  resource?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  apiGroup?: string;
  apiVersion?: string;
  resourceVersion?: string;
  subresource?: string;
};

/** A time as metav1.MicroTime has it. Milliseconds are what the clock gives. */
export function microTime(date: Date): string {
  return `${date.toISOString().slice(0, -1)}000Z`;
}

const secretResources = new Set(['secrets', 'tokenreviews.authentication.k8s.io']);
const hidden = '(not recorded)';

/**
 * An object as the trail may hold it: without managed fields when they are not wanted, and of secrets and tokens never what they keep, whatever the
 * policy says. Does not change its argument.
 */
export function recordable(
  value: Json,
  at: { readonly resource: string; readonly subresource: string; readonly omitManagedFields: boolean },
): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return secretResources.has(at.resource) ? hidden : value;
  const object: JsonObject = { ...value };
  if (Array.isArray(object['items'])) object['items'] = object['items'].map((item) => recordable(item, at));
  const metadata = object['metadata'];
  if (typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)) {
    const shown: JsonObject = { ...metadata };
    if (at.omitManagedFields) delete shown['managedFields'];
    // kubectl keeps a whole Secret there.
    const annotations = shown['annotations'];
    if (at.resource === 'secrets' && typeof annotations === 'object' && annotations !== null)
      shown['annotations'] = hide(annotations, ['kubectl.kubernetes.io/last-applied-configuration']);
    object['metadata'] = shown;
  }
  if (at.resource === 'secrets') {
    for (const field of ['data', 'stringData'])
      if (object[field] !== undefined) object[field] = hide(object[field], undefined);
  }
  const keeper = at.subresource === 'token' ? 'status' : 'spec';
  if (at.subresource === 'token' || at.resource === 'tokenreviews.authentication.k8s.io') {
    if (object[keeper] !== undefined) object[keeper] = hide(object[keeper], ['token']);
  }
  return object;
}

/** The same map with the values of some keys (undefined: all) hidden. */
function hide(value: Json, keys: readonly string[] | undefined): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return hidden;
  const entries = Object.entries(value as Record<string, Json>).map(([key, each]): [string, Json] => [
    key,
    keys === undefined || keys.includes(key) ? hidden : each,
  ]);
  return Object.fromEntries(entries);
}
