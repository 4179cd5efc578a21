import type { ObjectStore } from '../../storage/object-store.ts';
import type { AdmissionPlugin } from '../admission.ts';
import type { ConfigurationIndex } from './configuration-index.ts';
import { configuresAdmission } from './request.ts';

/** A write of a webhook configuration, policy or binding is answered when this process has taken it in: the next write through it is admitted by it. */
export function admissionConfigurations(options: {
  readonly store: Pick<ObjectStore, 'commit' | 'fresh'>;
  readonly configurations: ConfigurationIndex;
}): AdmissionPlugin {
  const { store, configurations } = options;
  return {
    name: 'AdmissionConfigurations',
    handles: (_operation, { definition }) => configuresAdmission(definition),
    async commit({ ctx, key, after, items }) {
      const outcomes = await store.commit(items);
      const last = outcomes[outcomes.length - 1];
      if (last?.ok === true && after !== undefined) configurations.heardOf(key, last.revision);
      await store.fresh(ctx.cluster.shard);
      return outcomes;
    },
  };
}
