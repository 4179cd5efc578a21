import cluster from 'node:cluster';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { joinMetrics } from './cluster-metrics.ts';

/** What metrics read of a finished request. */
export type RequestSummary = {
  readonly status: number;
  readonly longRunning: boolean;
  readonly info:
    | {
        readonly isResourceRequest: boolean;
        readonly verb: string;
        readonly group: string;
        readonly version: string;
        readonly resource: string;
        readonly subresource: string;
        readonly namespace: string;
        readonly name: string;
      }
    | undefined;
};

export type Load = { readonly requests: number; readonly watches: number };

const requestLabels = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'code'] as const;
const durationLabels = ['verb', 'group', 'version', 'resource', 'subresource', 'scope'] as const;
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Label values that clients choose are kept to those the server serves; this many sets of them at most. */
const maxLabelSets = 2000;

/**
 * The process's metrics under the names that dashboards for kube-apiserver use. Label values are bounded: what does not name a served resource counts
 * under empty labels.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests: Counter<(typeof requestLabels)[number]>;
  readonly #durations: Histogram<(typeof durationLabels)[number]>;
  readonly #known = new Set<string>();
  /** In a worker process: the metrics of all processes. */
  readonly #everywhere: (() => Promise<string | undefined>) | undefined;
  #load: () => Load = () => ({ requests: 0, watches: 0 });

  constructor(options: { process?: boolean } = {}) {
    const registers = [this.registry];
    this.#requests = new Counter({
      name: 'apiserver_request_total',
      help: 'Requests by verb, resource and HTTP status code.',
      labelNames: requestLabels,
      registers,
    });
    this.#durations = new Histogram({
      name: 'apiserver_request_duration_seconds',
      help: 'Time from the arrival of a request to the end of its answer; watches are not counted.',
      labelNames: durationLabels,
      buckets,
      registers,
    });
    const inFlight: Gauge = new Gauge({
      name: 'apiserver_current_inflight_requests',
      help: 'Requests being served now, watches not counted.',
      registers,
      collect: (): void => inFlight.set(this.#load().requests),
    });
    const longRunning: Gauge = new Gauge({
      name: 'apiserver_longrunning_requests',
      help: 'Watches and other lasting requests being served now.',
      registers,
      collect: (): void => longRunning.set(this.#load().watches),
    });
    if (options.process !== false) collectDefaultMetrics({ register: this.registry });
    this.#everywhere = cluster.isWorker ? joinMetrics(this.registry) : undefined;
  }

  /** Where the gauges of the load come from. */
  observeLoad(load: () => Load): void {
    this.#load = load;
  }

  /** Counts a finished request. */
  requestDone(summary: RequestSummary, seconds: number): void {
    const { info } = summary;
    const labels = this.#labels(info, summary.status);
    this.#requests.inc({ ...labels, code: String(summary.status) });
    if (!summary.longRunning) this.#durations.observe(labels, seconds);
  }

  /** The exposition text, of all processes of the server together. */
  async text(): Promise<{ readonly contentType: string; readonly body: string }> {
    const body = (await this.#everywhere?.()) ?? (await this.registry.metrics());
    return { contentType: this.registry.contentType, body };
  }

  #labels(info: RequestSummary['info'], status: number) {
    const verb = verbLabel(info);
    if (info === undefined || !info.isResourceRequest) return { ...noResource, verb };
    const key = `${info.group}/${info.version}/${info.resource}/${info.subresource}`;
    if (!this.#known.has(key)) {
      // Only an answer that a handler gave proves that the resource exists; a 403 or 404 does not.
      if (status >= 400 || this.#known.size >= maxLabelSets) return { ...noResource, verb };
      this.#known.add(key);
    }
    const scope = info.name !== '' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster';
    const { group, version, resource, subresource } = info;
    return { verb, group, version, resource, subresource, scope };
  }
}

const noResource = { group: '', version: '', resource: '', subresource: '', scope: '' };
const verbs = new Set([
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
  'post',
  'put',
]);

function verbLabel(info: RequestSummary['info']): string {
  return info !== undefined && verbs.has(info.verb) ? info.verb.toUpperCase() : 'other';
}

export function createMetrics(options: { process?: boolean } = {}): Metrics {
  return new Metrics(options);
}
