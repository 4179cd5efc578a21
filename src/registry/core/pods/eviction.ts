import { badRequest, fieldError, goSyntax, invalid, notFound } from '../../../apimachinery/errors.ts';
import { deepCopy, isObject, type Json, type JsonObject } from '../../../apimachinery/json.ts';
import { formatTime, type KubeObject } from '../../../apimachinery/object.ts';
import { alreadyAdmitted } from '../../generic/admitted-creation.ts';
import { prepareChangedObject } from '../../generic/changed-object.ts';
import { checkPreconditions, validateDeleteOptions } from '../../generic/delete-options.ts';
import { deleteObject } from '../../generic/delete.ts';
import { type Engine, keyOf, type RestStorageFactory } from '../../generic/engine.ts';
import { guaranteedWrite } from '../../generic/guaranteed-write.ts';
import { structField, textField } from '../../generic/object-fields.ts';
import { renderObject } from '../../generic/rendered.ts';
import { asAttempt } from '../../generic/update.ts';
import { storedView } from '../../generic/versions.ts';
import type { DeleteOptions, RequestContext, Target } from '../../registry.ts';
import { takeDisruption } from './disruption-budgets.ts';

const pods = { group: '', resource: 'pods' };
const endedPhases: ReadonlySet<string> = new Set(['Pending', 'Succeeded', 'Failed']);

/**
 * POST pods/NAME/eviction: a delete that a disruption budget may refuse. Pods that do not run any more are nobody's loss.
 * @throws 404; 429 when the budget that covers the pod has nothing left.
 */
export const podEvictionStorage: RestStorageFactory = (engine) => ({
  async create(ctx, target, eviction, options) {
    if (eviction.metadata.name !== target.name) throw badRequest('name in URL does not match name in Eviction object');
    const wanted = deleteOptions(structField(eviction, 'deleteOptions'), options.dryRun);
    const pod = await engine.store.get(keyOf(ctx, target));
    if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, target.name);
    const phase = textField(structField(pod.object, 'status'), 'phase');
    const isGone = pod.object.metadata.deletionTimestamp !== undefined || endedPhases.has(phase);
    if (!isGone) await takeDisruption(engine, pod, wanted.dryRun);
    if (!wanted.dryRun) await markEvicted(engine, ctx, target, wanted);
    await deleteObject(alreadyAdmitted(engine), ctx, { ...target, subresource: '' }, sinceMarked(wanted));
    return renderObject({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
  },
});

/** What is left to check once the pod is marked: its revision is another by then. */
function sinceMarked(wanted: DeleteOptions): DeleteOptions {
  const uid = wanted.preconditions?.uid;
  const { preconditions: _checked, ...others } = wanted;
  return wanted.dryRun || wanted.preconditions === undefined
    ? wanted
    : { ...others, ...(uid === undefined ? {} : { preconditions: { uid } }) };
}

/** Tells whoever looks at the pod why it ends. */
async function markEvicted(engine: Engine, ctx: RequestContext, target: Target, wanted: DeleteOptions): Promise<void> {
  const status: Target = { ...target, subresource: 'status' };
  const plain = { dryRun: false, fieldValidation: 'Ignore' } as const;
  await guaranteedWrite(engine.store, keyOf(ctx, target), pods, async (current) => {
    if (current === undefined) throw notFound(pods, target.name);
    // The deletion itself checks the revision, which this write changes.
    checkPreconditions(target, wanted, current);
    const pod = deepCopy(storedView(target.definition, current.object) as Json) as KubeObject;
    pod['status'] = disrupted(structField(pod, 'status') ?? {}, formatTime(engine.now()));
    const changed = await prepareChangedObject(alreadyAdmitted(engine), ctx, status, pod, current, plain, true);
    return asAttempt(status, changed, current, plain);
  });
}

function disrupted(status: JsonObject, now: string): JsonObject {
  const conditions = Array.isArray(status['conditions']) ? status['conditions'] : [];
  const old = conditions.find((each) => isObject(each) && each['type'] === 'DisruptionTarget');
  const since = isObject(old) && old['status'] === 'True' ? (old['lastTransitionTime'] ?? now) : now;
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: since,
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  return {
    ...status,
    conditions:
      old === undefined ? [...conditions, condition] : conditions.map((each) => (each === old ? condition : each)),
  };
}

/** @throws 422 for what a DELETE would not take either. */
function deleteOptions(asked: JsonObject | undefined, dryRun: boolean): DeleteOptions {
  const grace = asked?.['gracePeriodSeconds'];
  const policy = textField(asked, 'propagationPolicy');
  const preconditions = asked?.['preconditions'] as { uid?: string; resourceVersion?: string } | undefined;
  const dryRunAsked = Array.isArray(asked?.['dryRun']) ? asked['dryRun'] : [];
  if (!dryRunAsked.every((each) => each === 'All')) {
    const list = `[]string{${dryRunAsked.map((each) => JSON.stringify(each)).join(', ')}}`;
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
      fieldError.notSupported('dryRun', goSyntax(list), ['All']),
    ]);
  }
  const wanted = {
    dryRun: dryRun || dryRunAsked.length > 0,
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...(policy === '' ? {} : { propagationPolicy: policy }),
    ...(preconditions === undefined || preconditions === null ? {} : { preconditions }),
  };
  validateDeleteOptions(wanted);
  return wanted;
}
