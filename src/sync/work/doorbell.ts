import { setInterval } from 'node:timers';
import { type Work, worksResource } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import { type Controller, type SweepContext, visitEverywhere } from '../../controllers/framework/controller.ts';
import type { ReconcileQueue } from '../../controllers/framework/reconcile-queue.ts';
import type { Change, ObjectStore } from '../../storage/object-store.ts';
import { PendingWorks } from './pending.ts';
import { formatWorkKey, isPending } from './work-store.ts';

const lookEveryMs = 5000;

/**
 * Rings the workers' queue for every Work that has something to do: when it changes, and again when nothing came of it. Failures write to the Work too: they
 * must not ring, or nobody would ever wait. `stop` ends the looking for what was forgotten.
 */
export function createDoorbell(options: {
  readonly store: Pick<ObjectStore, 'listEverywhere'>;
  readonly queue: Pick<ReconcileQueue, 'add'>;
}): Controller & { stop(): void } {
  const { store, queue } = options;
  const pending = new PendingWorks();
  const timer = setInterval(() => {
    for (const key of pending.overdue(Date.now())) queue.add(key);
  }, lookEveryMs);
  timer.unref();
  return {
    name: 'work-doorbell',
    concurrency: 1,
    sweepAtStart: true,
    notice(change) {
      if (change.key.resource !== worksResource) return;
      const key = formatWorkKey(change.key);
      pending.see(key, change.type === 'DELETED' ? undefined : (change.object.object as Work), Date.now());
      if (hasNewWork(change)) queue.add(key);
    },
    reconcile: () => Promise.resolve(),
    sweep: (context: SweepContext) =>
      visitEverywhere(store, worksResource, context, ({ key, object }) => {
        const text = formatWorkKey(key);
        pending.see(text, object as Work, Date.now());
        if (isPending(object as Work)) queue.add(text);
      }),
    stop: () => clearInterval(timer),
  };
}

function hasNewWork({ type, object, before }: Change): boolean {
  if (type === 'DELETED') return false;
  const work = object.object as Work;
  if (!isPending(work)) return false;
  const then = before?.object as Work | undefined;
  return then === undefined || !isPending(then) || then.metadata.generation !== work.metadata.generation;
}
