import type { ObjectStore, WriteItem } from '../../storage/object-store.ts';
import type { AdmissionPlugin, PlannedWrite } from '../admission.ts';
import { configuresAdmission } from './request.ts';

/**
 * Writes of webhook configurations, policies and bindings raise the guard of their logical cluster and are answered when this process has taken them in: the
 * next write through it is admitted by them. Nothing is looked up for logical clusters that never had any.
 */
export function admissionConfigurations({
  store,
}: {
  readonly store: Pick<ObjectStore, 'commit' | 'fresh'>;
}): AdmissionPlugin {
  return {
    name: 'AdmissionConfigurations',
    handles: (_operation, { definition }) => configuresAdmission(definition),
    async commit(write) {
      const outcomes = await store.commit(raising(write));
      await store.fresh(write.ctx.cluster.shard);
      return outcomes;
    },
  };
}

function raising({ items }: PlannedWrite): readonly WriteItem[] {
  const last = items[items.length - 1];
  if (last === undefined || (last.op !== 'create' && last.op !== 'update')) return items;
  return [...items.slice(0, -1), { ...last, raisesGuard: true }];
}
