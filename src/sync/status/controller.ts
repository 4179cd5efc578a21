import {
  type PlacementDecision,
  placementDecisionsResource,
} from '../../api/placement.atoll.dev/v1alpha1/placementdecisions.ts';
import { type Work, worksResource } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import { ApiError } from '../../apimachinery/errors.ts';
import { deepEqual, isObject, type Json } from '../../apimachinery/json.ts';
import type { LoopbackClient } from '../../client/client.ts';
import { type Controller, visitEverywhere } from '../../controllers/framework/controller.ts';
import { formatObjectKey, parseObjectKey } from '../../controllers/framework/object-keys.ts';
import type { ObjectKey, ObjectStore } from '../../storage/object-store.ts';
import { workloadResources } from '../kinds.ts';
import { listDecisions } from '../scheduler/decision-store.ts';
import { listWorks } from '../work/work-store.ts';
import { deploymentStatus } from './deployment.ts';
import { troubleOf, withTrouble } from './trouble.ts';

export type StatusControllerOptions = {
  readonly store: ObjectStore;
  readonly client: LoopbackClient;
  readonly now?: () => Date;
};

/**
 * Writes what physical clusters report into the status of tenants' objects. Computed from all Works of an object each time, so a report that comes twice or
 * late does no harm. A key is an object's key.
 */
export function createStatusController({ store, client, now = () => new Date() }: StatusControllerOptions): Controller {
  return {
    name: 'placed-status',
    concurrency: 8,
    sweepAtStart: true,
    notice({ type, key, object }, enqueue) {
      if (type === 'DELETED') return;
      if (key.resource === worksResource) {
        const source = sourceKey(object.object as Work, key);
        if (source !== undefined) enqueue(formatObjectKey(source));
      } else if (key.resource === placementDecisionsResource) {
        const { resource, namespace, name } = (object.object as PlacementDecision).spec.object;
        enqueue(formatObjectKey({ cluster: key.cluster, resource, namespace, name }));
      }
    },
    async reconcile(text) {
      const key = parseObjectKey(text);
      const ref = { cluster: key.cluster, resource: key.resource, namespace: key.namespace, name: key.name };
      const [live, works, decisions] = await Promise.all([
        store.get(key),
        listWorks(store, key.cluster),
        listDecisions(store, key.cluster, key.namespace),
      ]);
      if (live === undefined) return;
      const { metadata } = live.object;
      const own = works
        .map(({ work }) => work)
        .filter(
          ({ spec: { source, tombstoneAt } }) =>
            source.resource === key.resource &&
            source.namespace === key.namespace &&
            source.name === key.name &&
            source.uid === metadata.uid &&
            tombstoneAt === undefined,
        );
      const decision = decisions.find(({ decision: { spec } }) => spec.object.uid === metadata.uid)?.decision.spec;
      const stored = live.object.status as Json | undefined;
      const previous = isObject(stored) ? stored : {};
      const reported = deploymentStatus(metadata.generation ?? 0, own, previous) ?? previous;
      const status = withTrouble(reported, troubleOf(own, decision), previous, now());
      if (deepEqual(status, previous)) return;
      try {
        await client.update(ref, { ...live.object, status }, 'status');
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 404) throw error;
      }
    },
    sweep: (context) =>
      visitEverywhere(store, worksResource, context, ({ key, object }) => {
        const source = sourceKey(object as Work, key);
        if (source !== undefined) context.enqueue(formatObjectKey(source));
      }),
  };
}

/** The object whose status a Work speaks of, when it is one that has a status of its own. */
function sourceKey({ spec: { source } }: Work, { cluster }: ObjectKey): ObjectKey | undefined {
  if (!workloadResources.includes(source.resource)) return undefined;
  return { cluster, resource: source.resource, namespace: source.namespace, name: source.name };
}
