import { badRequest, notFound } from '../../../apimachinery/errors.ts';
import type { JsonObject } from '../../../apimachinery/json.ts';
import { alreadyAdmitted } from '../../generic/admitted-creation.ts';
import { deleteObject } from '../../generic/delete.ts';
import { keyOf, type RestStorageFactory } from '../../generic/engine.ts';
import { structField, textField } from '../../generic/object-fields.ts';
import { renderObject } from '../../generic/rendered.ts';
import type { DeleteOptions } from '../../registry.ts';
import { takeDisruption } from './disruption-budgets.ts';

const endedPhases: ReadonlySet<string> = new Set(['Pending', 'Succeeded', 'Failed']);

/**
 * POST pods/NAME/eviction: a delete that a disruption budget may refuse. Pods that do not run any more are nobody's loss.
 * @throws 404; 429 when the budget that covers the pod has nothing left.
 */
export const podEvictionStorage: RestStorageFactory = (engine) => ({
  async create(ctx, target, eviction, options) {
    const { name = '' } = eviction.metadata;
    if (name !== '' && name !== target.name) throw badRequest('name in URL does not match name in Eviction object');
    const pod = await engine.store.get(keyOf(ctx, target));
    if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, target.name);
    const phase = textField(structField(pod.object, 'status'), 'phase');
    const isGone = pod.object.metadata.deletionTimestamp !== undefined || endedPhases.has(phase);
    if (!isGone) await takeDisruption(engine, pod, options.dryRun);
    const asked = structField(eviction, 'deleteOptions');
    await deleteObject(
      alreadyAdmitted(engine),
      ctx,
      { ...target, subresource: '' },
      deleteOptions(asked, options.dryRun),
    );
    return renderObject({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
  },
});

function deleteOptions(asked: JsonObject | undefined, dryRun: boolean): DeleteOptions {
  const grace = asked?.['gracePeriodSeconds'];
  const policy = textField(asked, 'propagationPolicy');
  const preconditions = asked?.['preconditions'] as { uid?: string; resourceVersion?: string } | undefined;
  const dryRunAsked = asked?.['dryRun'];
  return {
    dryRun: dryRun || (Array.isArray(dryRunAsked) && dryRunAsked.includes('All')),
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...(policy === '' ? {} : { propagationPolicy: policy }),
    ...(preconditions === undefined || preconditions === null ? {} : { preconditions }),
  };
}
