import { type Work, worksResource } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import { type Controller, type SweepContext, visitEverywhere } from '../../controllers/framework/controller.ts';
import type { ReconcileQueue } from '../../controllers/framework/reconcile-queue.ts';
import type { Change, ObjectStore } from '../../storage/object-store.ts';
import { formatWorkKey, isPending } from './work-store.ts';

/**
 * Rings the workers' queue for every Work that has something to do, when it changes and, in case a ring was lost, in sweeps. Failures write to the Work
 * too: they must not ring, or nobody would ever wait.
 */
export function createDoorbell(options: {
  readonly store: Pick<ObjectStore, 'listEverywhere'>;
  readonly queue: Pick<ReconcileQueue, 'add'>;
}): Controller {
  return {
    name: 'work-doorbell',
    concurrency: 1,
    sweepAtStart: true,
    notice(change) {
      if (change.key.resource === worksResource && hasNewWork(change)) options.queue.add(formatWorkKey(change.key));
    },
    reconcile: () => Promise.resolve(),
    sweep: (context: SweepContext) =>
      visitEverywhere(options.store, worksResource, context, ({ key, object }) => {
        if (isPending(object as Work)) options.queue.add(formatWorkKey(key));
      }),
  };
}

function hasNewWork({ type, object, before }: Change): boolean {
  if (type === 'DELETED') return false;
  const work = object.object as Work;
  if (!isPending(work)) return false;
  const then = before?.object as Work | undefined;
  return then === undefined || !isPending(then) || then.metadata.generation !== work.metadata.generation;
}
