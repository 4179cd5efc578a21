import { isObject, type Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { CachedObject, ObjectStore } from '../../../storage/object-store.ts';
import { forEachConcurrently } from '../../framework/concurrency.ts';
import { type Controller, visitEverywhere } from '../../framework/controller.ts';

const resource = 'events';
/** The one key: expiry looks at all logical clusters in one go. */
const key = 'root/events';
const timeToLiveMs = 60 * 60_000;
const everyMs = 5 * 60_000;
const concurrency = 32;

export type EventControllerOptions = {
  readonly store: Pick<ObjectStore, 'listEverywhere' | 'commit'>;
  readonly now?: () => number;
};

/**
 * Events live an hour after they were last written, as the --event-ttl of kube-apiserver has it. Expiry is storage's doing, as with etcd's leases: it passes no
 * admission, finalizers do not hold it, watches see it.
 */
export function createEventController({ store, now = Date.now }: EventControllerOptions): Controller {
  return {
    name: 'event',
    concurrency: 1,
    sweepAtStart: true,
    notice: () => undefined,
    sweep: (context) => Promise.resolve(context.enqueue(key)),
    async reconcile(_key, { signal, enqueue }) {
      const page: CachedObject[] = [];
      const time = now();
      await visitEverywhere(
        store,
        resource,
        {
          reason: 'time',
          signal,
          enqueue,
          ready: () => forEachConcurrently(page.splice(0), concurrency, (event) => remove(store, event)),
        },
        (event) => {
          if (lastWritten(event.object, time) + timeToLiveMs < time) page.push(event);
        },
      );
      enqueue(key, { delayMs: everyMs });
    },
  };
}

/** One that changed meanwhile is not expired. */
async function remove(store: Pick<ObjectStore, 'commit'>, { key: at, revision, text }: CachedObject): Promise<void> {
  await store.commit([{ op: 'delete', key: at, expected: revision, text }]);
}

/** The latest time in the event that is not in the future, in milliseconds: writers name it in several places. */
function lastWritten(event: KubeObject, now: number): number {
  const { creationTimestamp, managedFields = [] } = event.metadata;
  const series = event.series as Json | undefined;
  const times = [
    creationTimestamp,
    ...managedFields.map(({ time }) => time),
    event.lastTimestamp,
    event.eventTime,
    isObject(series) ? series.lastObservedTime : undefined,
  ];
  let latest = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN;
    if (ms <= now) latest = Math.max(latest, ms);
  }
  return latest;
}
