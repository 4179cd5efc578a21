import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { randomBytes } from 'node:crypto';
import { type Figure, Latencies } from './measure.ts';
import { forEach, makeWorkspace, openAll } from './scenarios.ts';
import { requestBytes } from './connection.ts';
import type { BenchServer } from './server.ts';

type Watcher = { close(): void };

type OnEvent = (sentAt: number | undefined) => void;

/**
 * Counts events by their newlines and reads the send time out of some. With chunk framing (HTTP/1.1) lines of the framing end in CR LF; those
 * of events do not.
 */
function counter(onEvent: OnEvent, framed: boolean): (chunk: Buffer) => void {
  const mark = Buffer.from('"sent":"');
  let previous = 0;
  let seen = 0;
  return (chunk) => {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) {
      if (framed && (at === 0 ? previous : chunk[at - 1]) === 13) continue;
      seen++;
      onEvent(undefined);
    }
    previous = chunk[chunk.length - 1] ?? 0;
    if (seen % 16 !== 0) return;
    const at = chunk.lastIndexOf(mark);
    if (at >= 0 && at + 40 < chunk.length)
      onEvent(Number.parseFloat(chunk.toString('latin1', at + mark.length, at + mark.length + 20)));
  };
}

function watchHttp1(server: BenchServer, path: string, onData: (chunk: Buffer) => void): Promise<Watcher> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: hostname, port: Number(port), ca: server.ca, servername: '' }, () =>
      socket.write(requestBytes('GET', path, server.token)),
    );
    socket.once('error', reject);
    // Chunk framing adds newlines of its own: they end with a carriage return before them, events do not.
    socket.on('data', (chunk: Buffer) => {
      if (chunk.indexOf('HTTP/1.1 200') === 0) resolve({ close: () => socket.destroy() });
      else onData(chunk);
    });
  });
}

async function watchHttp2(
  server: BenchServer,
  path: string,
  count: number,
  onData: () => (chunk: Buffer) => void,
): Promise<Watcher[]> {
  const perSession = 100;
  const watchers: Watcher[] = [];
  for (let first = 0; first < count; first += perSession) {
    const session = connectHttp2(server.url, { ca: server.ca });
    watchers.push({ close: () => session.destroy() });
    await Promise.all(
      Array.from({ length: Math.min(perSession, count - first) }, () => {
        const stream = session.request({
          ':path': path,
          authorization: `Bearer ${server.token}`,
          accept: 'application/json',
        });
        stream.on('data', onData());
        return new Promise<void>((resolve, reject) => {
          stream.once('response', () => resolve());
          stream.once('error', reject);
        });
      }),
    );
  }
  return watchers;
}

/** `watchers` watches of one collection while `events` changes are made: events delivered a second, and the delay from request to delivery. */
export async function watchScenario(
  server: BenchServer,
  protocol: 'HTTP/1.1' | 'HTTP/2',
  watchers: number,
  events: number,
): Promise<Figure> {
  const writers = await openAll(server, 16);
  const cluster = await makeWorkspace(server, writers[0]!, `watch-${randomBytes(3).toString('hex')}`);
  const collection = `${cluster}/api/v1/namespaces/default/configmaps`;
  const latencies = new Latencies();
  let delivered = 0;
  let last = 0;
  const onEvent: OnEvent = (sentAt) => {
    if (sentAt !== undefined) latencies.add(performance.timeOrigin + performance.now() - sentAt);
    else {
      delivered++;
      last = performance.now();
    }
  };
  const path = `${collection}?watch=true&labelSelector=app%3Dbench`;
  const open: Watcher[] =
    protocol === 'HTTP/2'
      ? await watchHttp2(server, path, watchers, () => counter(onEvent, false))
      : await inGroups(watchers, 50, () => watchHttp1(server, path, counter(onEvent, true)));
  const began = performance.now();
  await forEach(writers, events, (index) =>
    requestBytes('POST', collection, server.token, {
      type: 'application/json',
      text: JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `event-${index}`, labels: { app: 'bench' } },
        data: { sent: (performance.timeOrigin + performance.now()).toFixed(3).padEnd(20), fill: 'v'.repeat(100) },
      }),
    }),
  );
  const wanted = watchers * events;
  const deadline = performance.now() + 60_000;
  while (delivered < wanted && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  for (const watcher of open) watcher.close();
  for (const writer of writers) writer.close();
  if (delivered !== wanted) throw new Error(`watch over ${protocol}: ${delivered} of ${wanted} events came`);
  return {
    name: `${watchers} watchers × ${events} events, ${protocol}`,
    perSecond: (wanted / (last - began)) * 1000,
    p50: latencies.percentile(0.5),
    p99: latencies.percentile(0.99),
    count: wanted,
  };
}

async function inGroups<T>(count: number, size: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count)
    made.push(...(await Promise.all(Array.from({ length: Math.min(size, count - made.length) }, make))));
  return made;
}
