import { setTimeout as sleep } from 'node:timers/promises';
import { isObject, type Json } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { type PhysicalApi, PhysicalError, toPhysicalError } from '../physical/api.ts';

export type ReflectorSink = {
  /** Everything there is, on start and whenever the watch could not be continued. */
  onReplace(objects: readonly KubeObject[]): void;
  onEvent(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): void;
  /** The cluster could not be watched; it is tried again. */
  onError(error: PhysicalError): void;
};

export type ReflectorOptions = {
  readonly api: PhysicalApi;
  /** Path of the collection. */
  readonly path: string;
  readonly labelSelector: string;
  /** Ask for metadata only. */
  readonly metadataOnly: boolean;
};

const pageSize = 500;
const retryMs = { base: 1000, max: 30_000 };
/** The server ends the watch after so long, and it is taken up again where it was. */
const watchSeconds = 290;

/** Lists a collection and follows it, for as long as `signal` lets it: across broken connections, expired revisions and servers that are away. */
export async function reflect(options: ReflectorOptions, sink: ReflectorSink, signal: AbortSignal): Promise<void> {
  let revision = '';
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (revision === '') {
        const list = await listAll(options);
        if (signal.aborted) return;
        sink.onReplace(list.objects);
        revision = list.revision;
      }
      const seen = await watchOnce(options, revision, sink, signal);
      failures = 0;
      revision = seen;
    } catch (error) {
      if (signal.aborted) return;
      const failure = toPhysicalError(error);
      sink.onError(failure);
      // Whatever was wrong with the watch, a list tells the truth again.
      revision = '';
      failures++;
      const cap = Math.min(retryMs.max, retryMs.base * 2 ** Math.min(failures - 1, 10));
      await sleep(cap * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  }
}

async function listAll({ api, path, labelSelector, metadataOnly }: ReflectorOptions): Promise<{
  objects: readonly KubeObject[];
  revision: string;
}> {
  const objects: KubeObject[] = [];
  const accept = metadataOnly
    ? 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'
    : 'application/json';
  let token = '';
  for (;;) {
    const query = new URLSearchParams({
      labelSelector,
      limit: String(pageSize),
      ...(token === '' ? {} : { continue: token }),
    });
    const list = await api.getJson(`${path}?${query.toString()}`, { accept, maxBytes: 64 << 20 });
    const metadata: Json = isObject(list.metadata) ? list.metadata : {};
    if (!Array.isArray(list.items ?? []) || typeof metadata.resourceVersion !== 'string') {
      throw new PhysicalError('BadResponse', 200, `${path} gave no list`);
    }
    for (const item of (list.items ?? []) as Json[]) if (isKubeObject(item)) objects.push(item);
    token = typeof metadata.continue === 'string' ? metadata.continue : '';
    if (token === '') return { objects, revision: metadata.resourceVersion };
  }
}

function isKubeObject(value: Json): value is KubeObject {
  return isObject(value) && isObject(value.metadata);
}

/** Resolves to the revision to go on from when the server ends the stream in order. */
function watchOnce(
  { api, path, labelSelector, metadataOnly }: ReflectorOptions,
  from: string,
  sink: ReflectorSink,
  signal: AbortSignal,
): Promise<string> {
  const accept = metadataOnly
    ? 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json'
    : 'application/json';
  const query = new URLSearchParams({
    watch: 'true',
    labelSelector,
    resourceVersion: from,
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(watchSeconds),
  });
  return new Promise((resolve, reject) => {
    let revision = from;
    let done = false;
    const finish = (settle: () => void): void => {
      if (done) return;
      done = true;
      signal.removeEventListener('abort', onAbort);
      handle.close();
      settle();
    };
    const onAbort = (): void => finish(() => resolve(revision));
    const handle = api.watch(`${path}?${query.toString()}`, accept, {
      onLine(line) {
        if (done) return;
        try {
          const { type, object } = parseEvent(line);
          if (type === 'ERROR') throw new PhysicalError('Transient', 410, 'the watch cannot be continued');
          revision = object.metadata.resourceVersion ?? revision;
          if (type !== 'BOOKMARK') sink.onEvent(type, object);
        } catch (error) {
          finish(() => reject(toPhysicalError(error)));
        }
      },
      onEnd: (error) => finish(() => (error === undefined ? resolve(revision) : reject(error))),
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: KubeObject }
  | { readonly type: 'ERROR'; readonly object?: undefined };

function parseEvent(line: string): WatchEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined;
  }
  if (isObject(value)) {
    const { type, object } = value;
    if (type === 'ERROR') return { type };
    const known = type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK';
    if (known && object !== undefined && isKubeObject(object)) return { type, object };
  }
  throw new PhysicalError('BadResponse', 200, 'the watch gave something that is no event');
}
