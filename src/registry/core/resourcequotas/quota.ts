import { type Amounts, equalAmounts, formatAmounts, parseAmounts } from '../../../apimachinery/amounts.ts';
import type { Json, JsonObject } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { ResourceList } from '../../../api/core/v1/pod-template/types.ts';
import type { CachedObject, WriteItem } from '../../../storage/object-store.ts';
import { storedText } from '../../../storage/serialized-object.ts';
import type { Evaluator, ScopeRequirement } from './evaluator.ts';

export const quotaResource = 'resourcequotas';

type ResourceQuota = KubeObject & {
  spec?: {
    hard?: ResourceList;
    scopes?: string[];
    scopeSelector?: { matchExpressions?: { scopeName?: string; operator?: string; values?: string[] }[] };
  };
  status?: { hard?: ResourceList; used?: ResourceList };
};

/** A stored ResourceQuota, read once. */
export type Quota = {
  readonly cached: CachedObject;
  readonly name: string;
  /** spec.hard. */
  readonly hard: Amounts;
  /** status.used. */
  readonly used: Amounts;
  /** Whether status.hard says what spec.hard says: before that, status.used may be of other names. */
  readonly isSynced: boolean;
  readonly scopes: readonly ScopeRequirement[];
};

const known = new WeakMap<CachedObject, Quota>();

/** Reads a stored ResourceQuota. */
export function quotaOf(cached: CachedObject): Quota {
  let quota = known.get(cached);
  if (quota === undefined) {
    quota = readQuota(cached);
    known.set(cached, quota);
  }
  return quota;
}

function readQuota(cached: CachedObject): Quota {
  const { spec = {}, status = {} } = cached.object as ResourceQuota;
  const hard = parseAmounts(spec.hard);
  return {
    cached,
    name: cached.key.name,
    hard,
    used: parseAmounts(status.used),
    isSynced: equalAmounts(hard, parseAmounts(status.hard)),
    scopes: [
      ...(spec.scopes ?? []).map((scope) => ({ scope, operator: 'Exists', values: [] })),
      ...(spec.scopeSelector?.matchExpressions ?? []).map(({ scopeName = '', operator = '', values = [] }) => ({
        scope: scopeName,
        operator,
        values,
      })),
    ],
  };
}

/** The names that a quota counts of objects like these. */
export function namesTracked(quota: Quota, evaluator: Evaluator): readonly string[] {
  return [...quota.hard.keys()].filter((name) => evaluator.tracks(name));
}

/** Whether an object is within the scopes of a quota. */
export function isInScope(quota: Quota, evaluator: Evaluator, object: KubeObject): boolean {
  return quota.scopes.every((requirement) => evaluator.matchesScope(requirement, object));
}

/** Whether the status does not say what these objects use: nobody has counted them since the quota came to limit them. */
export function needsCount(quota: Quota, names: readonly string[]): boolean {
  return !quota.isSynced || names.some((name) => !quota.used.has(name));
}

/** The commit of a quota's new status: what is limited is what the spec says. */
export function statusItem(quota: Quota, used: Amounts): WriteItem {
  const { key, revision, object } = quota.cached;
  const hard = formatAmounts(quota.hard);
  const status: JsonObject = { hard: hard as { [name: string]: Json }, used: formatAmounts(used) };
  return { op: 'update', key, expected: revision, text: storedText({ ...object, status }), before: quota.cached };
}
