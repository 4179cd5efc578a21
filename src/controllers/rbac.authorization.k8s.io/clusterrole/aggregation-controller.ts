import { aggregatedRules, isAggregated, rulesOf } from '../../../api/rbac.authorization.k8s.io/v1/aggregation.ts';
import { deepEqual, type Json } from '../../../apimachinery/json.ts';
import type { LoopbackClient } from '../../../client/client.ts';
import type { ClusterName } from '../../../logicalcluster/name.ts';
import type { ObjectStore } from '../../../storage/object-store.ts';
import { type Controller, visitEverywhere } from '../../framework/controller.ts';
import { clusterOfKey } from '../../framework/object-keys.ts';

const resource = 'clusterroles.rbac.authorization.k8s.io';
/** The field manager of upstream's controller. */
const fieldManager = 'clusterrole-aggregation-controller';
/** Roles are often written many at a time. */
const gatherMs = 50;

export type AggregationControllerOptions = {
  readonly store: Pick<ObjectStore, 'list' | 'cluster' | 'listEverywhere'>;
  readonly client: Pick<LoopbackClient, 'apply'>;
};

/**
 * Writes into aggregated ClusterRoles the rules that their selectors find, for those who read the role. Decisions do not wait for it: the authorizer
 * computes the same rules itself.
 */
export function createAggregationController({ store, client }: AggregationControllerOptions): Controller {
  return {
    name: 'clusterrole-aggregation',
    concurrency: 2,
    notice({ key, object, before }, enqueue) {
      if (key.resource !== resource) return;
      // A role without labels is found by no selector.
      const matters = [object, before].some(
        (state) => state !== undefined && (isAggregated(state) || Object.keys(state.labels).length > 0),
      );
      if (matters) enqueue(`${key.cluster}/aggregate`, { delayMs: gatherMs });
    },
    async sweep(context) {
      await visitEverywhere(store, resource, context, ({ key }) => context.enqueue(`${key.cluster}/aggregate`));
    },
    async reconcile(text) {
      const cluster = clusterOfKey(text) as ClusterName;
      if ((await store.cluster(cluster))?.state !== 'Active') return;
      const { items } = await store.list({ cluster, resource, at: { mode: 'fresh' } });
      for (const role of items) {
        if (!isAggregated(role) || role.object.metadata.deletionTimestamp !== undefined) continue;
        const rules = aggregatedRules(role, items);
        if (deepEqual(rules as Json, rulesOf(role) as Json)) continue;
        const { name } = role.key;
        const object = {
          kind: 'ClusterRole',
          apiVersion: role.object.apiVersion,
          metadata: { name },
          rules: rules as Json,
        };
        await client.apply({ cluster, resource, name }, object, { fieldManager, force: true });
      }
    },
  };
}
