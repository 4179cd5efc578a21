import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, type MetricObject, type Registry } from 'prom-client';

/** The metrics of all processes of a server, for whichever of them is asked: a worker asks the parent, which asks them all. */
type Message =
  | { readonly type: 'metrics:ask'; readonly id: number }
  | { readonly type: 'metrics:collect'; readonly id: number }
  | { readonly type: 'metrics:collected'; readonly id: number; readonly metrics: readonly MetricObject[] }
  | { readonly type: 'metrics:answer'; readonly id: number; readonly text: string };

/** Processes that have not answered by then are left out. */
const collectMs = 1000;
const answerMs = 3000;

/** Runs in the parent: answers workers that ask for the metrics of all. */
export function relayMetrics(): void {
  let last = 0;
  const collecting = new Map<number, { readonly received: MetricObject[][]; done(): void }>();
  cluster.on('message', (asking: Worker, message: Message) => {
    if (message.type === 'metrics:collected') {
      const round = collecting.get(message.id);
      round?.received.push([...message.metrics]);
      if (round?.received.length === livingWorkers().length) round.done();
    } else if (message.type === 'metrics:ask') {
      const id = ++last;
      const received: MetricObject[][] = [];
      const done = (): void => {
        clearTimeout(timer);
        collecting.delete(id);
        void answer(asking, message.id, received);
      };
      const timer = setTimeout(done, collectMs);
      collecting.set(id, { received, done });
      for (const worker of livingWorkers()) worker.send({ type: 'metrics:collect', id } satisfies Message);
    }
  });
}

async function answer(worker: Worker, id: number, received: MetricObject[][]): Promise<void> {
  const text = await AggregatorRegistry.aggregate(received).metrics();
  if (worker.isConnected()) worker.send({ type: 'metrics:answer', id, text } satisfies Message);
}

function livingWorkers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected() === true) as Worker[];
}

/** Runs in a worker: gives its metrics when the parent collects. The function given back asks for those of all; undefined when the parent is silent. */
export function joinMetrics(registry: Registry): () => Promise<string | undefined> {
  let last = 0;
  const asked = new Map<number, (text: string) => void>();
  process.on('message', (message: Message) => {
    if (message.type === 'metrics:answer') asked.get(message.id)?.(message.text);
    else if (message.type === 'metrics:collect') void collected(registry, message.id);
  });
  return () =>
    new Promise((resolve) => {
      const id = ++last;
      const settle = (text: string | undefined): void => {
        clearTimeout(timer);
        asked.delete(id);
        resolve(text);
      };
      const timer = setTimeout(() => settle(undefined), answerMs);
      asked.set(id, settle);
      tell({ type: 'metrics:ask', id });
    });
}

async function collected(registry: Registry, id: number): Promise<void> {
  const metrics = await registry.getMetricsAsJSON();
  tell({ type: 'metrics:collected', id, metrics });
}

function tell(message: Message): void {
  if (process.connected === true) process.send?.(message);
}
