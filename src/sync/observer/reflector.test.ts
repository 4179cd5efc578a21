import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { createPhysicalApi, PhysicalError } from '../physical/api.ts';
import type { LineSink, Transport, TransportRequest, WatchRequest } from '../transport/transport.ts';
import { reflect } from './reflector.ts';

/** A server that plays a script: what lists answer, and a hand on each watch as it begins. */
class Script implements Transport {
  readonly lists: (JsonObject | Error)[] = [];
  readonly requests: string[] = [];
  readonly watches: { path: string; sink: LineSink }[] = [];
  #began = Promise.withResolvers<void>();

  request({ path }: TransportRequest): ReturnType<Transport['request']> {
    this.requests.push(path);
    const next = this.lists.shift() ?? new Error('no more lists');
    if (next instanceof Error) return Promise.reject(next);
    return Promise.resolve({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(next)) });
  }

  watch({ path }: WatchRequest, sink: LineSink): { close(): void } {
    this.watches.push({ path, sink });
    this.#began.resolve();
    this.#began = Promise.withResolvers();
    return { close: () => {} };
  }

  /** The nth watch, once it has begun. */
  async watchNumber(n: number): Promise<{ path: string; sink: LineSink }> {
    for (;;) {
      const watch = this.watches[n];
      if (watch !== undefined) return watch;
      await this.#began.promise;
    }
  }

  close(): void {}
}

const list = (resourceVersion: string, names: string[], more: JsonObject = {}): JsonObject => ({
  kind: 'PodList',
  apiVersion: 'v1',
  metadata: { resourceVersion, ...more },
  items: names.map((name) => ({ metadata: { name } })),
});

const event = (type: string, resourceVersion: string, name = 'a'): string =>
  JSON.stringify({ type, object: { kind: 'Pod', apiVersion: 'v1', metadata: { name, resourceVersion } } });

function run(script: Script): { seen: string[]; errors: PhysicalError[]; stop(): Promise<void> } {
  const seen: string[] = [];
  const errors: PhysicalError[] = [];
  const stopping = new AbortController();
  const name = ({ metadata }: KubeObject): string => metadata.name ?? '';
  const done = reflect(
    { api: createPhysicalApi(script), path: '/api/v1/pods', labelSelector: 'a=b', metadataOnly: false },
    {
      onReplace: (objects) => seen.push(`= ${objects.map(name).join(',')}`),
      onEvent: (type, object) => seen.push(`${type} ${name(object)}`),
      onError: (error) => errors.push(error),
    },
    stopping.signal,
  );
  return {
    seen,
    errors,
    async stop() {
      stopping.abort();
      await done;
    },
  };
}

test('pages are put together, and the watch begins where the list ended', async () => {
  const script = new Script();
  script.lists.push(list('7', ['a'], { continue: 'next' }), list('7', ['b']));
  const reflector = run(script);
  const { path, sink } = await script.watchNumber(0);
  assert.match(path, /resourceVersion=7/);
  assert.match(path, /labelSelector=a%3Db/);
  assert.match(script.requests[1] ?? '', /continue=next/);
  sink.onLine(event('ADDED', '8', 'c'));
  sink.onLine(event('BOOKMARK', '9'));
  assert.deepEqual(reflector.seen, ['= a,b', 'ADDED c']);
  await reflector.stop();
});

test('a watch that ends in order is taken up again where it was', async () => {
  const script = new Script();
  script.lists.push(list('7', []));
  const reflector = run(script);
  const { sink } = await script.watchNumber(0);
  sink.onLine(event('MODIFIED', '12'));
  sink.onEnd(undefined);
  assert.match((await script.watchNumber(1)).path, /resourceVersion=12/);
  assert.equal(script.requests.length, 1);
  await reflector.stop();
});

test('an expired revision and nonsense are answered with a new list', async () => {
  const tryLine = async (line: string): Promise<void> => {
    const script = new Script();
    script.lists.push(list('7', ['a']), list('20', ['b']));
    const reflector = run(script);
    const { sink } = await script.watchNumber(0);
    sink.onLine(line);
    assert.match((await script.watchNumber(1)).path, /resourceVersion=20/);
    assert.deepEqual(reflector.seen, ['= a', '= b']);
    assert.equal(reflector.errors.length, 1);
    await reflector.stop();
  };
  await Promise.all(['{"type":"ERROR","object":{"code":410}}', 'nonsense', '{"type":"ADDED"}', '[]'].map(tryLine));
});

test('a server that gives no list is an error and is asked again', async () => {
  const script = new Script();
  script.lists.push({ hello: 'world' });
  const reflector = run(script);
  while (reflector.errors.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(reflector.errors[0]?.class, 'BadResponse');
  await reflector.stop();
});
