import { ApiError, tooManyRequests } from '../../../apimachinery/errors.ts';
import { deepCopy, isObject, type Json, type JsonObject } from '../../../apimachinery/json.ts';
import { labelSelectorFromObject, matchesLabels } from '../../../apimachinery/labels.ts';
import { formatTime, type KubeObject } from '../../../apimachinery/object.ts';
import type { CachedObject, ObjectKey } from '../../../storage/object-store.ts';
import { storedText } from '../../../storage/serialized-object.ts';
import type { Engine } from '../../generic/engine.ts';
import { numberField, structField } from '../../generic/object-fields.ts';
import { guaranteedWrite } from '../../generic/guaranteed-write.ts';

const resource = 'poddisruptionbudgets.policy';
const budgets = { group: 'policy', resource: 'poddisruptionbudgets' };

/**
 * Takes one disruption from the budget that covers a pod, if one does (upstream registry/core/pod/storage/eviction.go).
 * @throws 429 when the budget has none left; 500 when several budgets cover the pod.
 */
export async function takeDisruption(engine: Engine, pod: CachedObject, dryRun: boolean): Promise<void> {
  const { cluster, namespace, name } = pod.key;
  const all = await engine.store.list({ cluster, resource, namespace, at: { mode: 'fresh' } });
  const covering = all.items.filter((each) => covers(each.object, pod));
  const [budget] = covering;
  if (budget === undefined) return;
  if (covering.length > 1)
    throw new ApiError(
      500,
      '',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  if (!isReady(pod) && mayGoUnready(budget.object)) return;
  await guaranteedWrite(engine.store, budget.key, budgets, (current) => {
    const taken = current === undefined ? undefined : withOneLess(current.object, name, engine.now());
    if (current === undefined || taken === undefined || dryRun) return Promise.resolve({ answer: undefined });
    const key: ObjectKey = current.key;
    const item = { op: 'update' as const, key, expected: current.revision, text: storedText(taken) };
    return Promise.resolve({ items: [item], finish: () => undefined });
  });
}

/** Pods that are not ready are no loss to an application that has what it needs, or whose budget says so. */
function mayGoUnready(budget: KubeObject): boolean {
  if (structField(budget, 'spec')?.['unhealthyPodEvictionPolicy'] === 'AlwaysAllow') return true;
  const status = structField(budget, 'status');
  const desired = numberField(status, 'desiredHealthy');
  return desired > 0 && numberField(status, 'currentHealthy') >= desired;
}

function isReady(pod: CachedObject): boolean {
  const conditions = structField(pod.object, 'status')?.['conditions'];
  return (
    Array.isArray(conditions) &&
    conditions.some((each) => isObject(each) && each['type'] === 'Ready' && each['status'] === 'True')
  );
}

function covers(budget: KubeObject, pod: CachedObject): boolean {
  const selector = structField(budget, 'spec')?.['selector'];
  return selector !== undefined && matchesLabels(labelSelectorFromObject(selector), pod.labels);
}

/** @throws 429 when nothing is left, or the budget's status is behind its spec. */
function withOneLess(budget: KubeObject, pod: string, now: Date): KubeObject {
  const next = deepCopy(budget as Json) as KubeObject;
  const status: JsonObject = { ...structField(next, 'status') };
  const observed = numberField(status, 'observedGeneration');
  const left = numberField(status, 'disruptionsAllowed');
  if (observed < (next.metadata.generation ?? 0) || left <= 0) throw wouldViolate(next, status, observed);
  status['disruptionsAllowed'] = left - 1;
  status['disruptedPods'] = { ...(status['disruptedPods'] as JsonObject | undefined), [pod]: formatTime(now) };
  next['status'] = status;
  return next;
}

function wouldViolate(budget: KubeObject, status: JsonObject, observed: number): ApiError {
  const { code, reason, message } = tooManyRequests(
    "Cannot evict pod as it would violate the pod's disruption budget.",
    0,
  );
  const { name = '', generation = 0 } = budget.metadata;
  const why =
    observed < generation
      ? `The disruption budget ${name} is still being processed by the server.`
      : `The disruption budget ${name} needs ${numberField(status, 'desiredHealthy')} healthy pods and has ${numberField(status, 'currentHealthy')} currently`;
  return new ApiError(code, reason, message, {
    details: {
      causes: [{ reason: 'DisruptionBudget', message: why }],
      ...(observed < generation ? { retryAfterSeconds: 10 } : {}),
    },
  });
}
