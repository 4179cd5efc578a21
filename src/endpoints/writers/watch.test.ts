import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configMaps } from '../../api/core/v1/configmaps.ts';
import { expired } from '../../apimachinery/errors.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { Target, WatchEvent } from '../../registry/registry.ts';
import type { CachedObject } from '../../storage/object-store.ts';
import type { EventStream } from './event-stream.ts';
import { type Encoded, watchForm } from './watch-encoding.ts';
import { WatchWriter } from './watch.ts';

const version = configMaps.versions[0];
assert.ok(version);
const target: Target = { definition: configMaps, version, namespace: 'n', name: '', subresource: '' };
const json = { format: 'json', as: undefined, pretty: false } as const;
const form = watchForm(target, json, undefined);

function event(name: string, revision: number, fill = ''): WatchEvent {
  const object = {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { resourceVersion: String(revision), name },
    data: { fill },
  } as KubeObject;
  const bytes = Buffer.from(JSON.stringify(object));
  return { type: 'ADDED', revision, object: { bytes, object, revision } as unknown as CachedObject };
}

class FakeStream implements EventStream {
  readonly written: Encoded[] = [];
  state: 'open' | 'ended' | 'destroyed' = 'open';
  congested = false;
  #drained: () => void = () => undefined;
  #closed: () => void = () => undefined;
  write(encoded: Encoded): boolean {
    this.written.push(encoded);
    return !this.congested;
  }
  onDrain(listener: () => void): void {
    this.#drained = listener;
  }
  drain(): void {
    this.congested = false;
    this.#drained();
  }
  keepAlive(): void {}
  end(): void {
    this.state = 'ended';
  }
  destroy(): void {
    this.state = 'destroyed';
    this.#closed();
  }
  onClose(listener: () => void): void {
    this.#closed = listener;
  }
  get lines(): { type: string; object: { code?: number; metadata: { name?: string; resourceVersion?: string } } }[] {
    const text = this.written.map(({ bytes }) => bytes.toString()).join('');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }
}

function open(options: { bookmarks?: boolean; endsInMs?: number } = {}): { writer: WatchWriter; stream: FakeStream } {
  const writer = new WatchWriter(form, {
    bookmarks: options.bookmarks ?? false,
    seconds: (options.endsInMs ?? 1e9) / 1000,
  });
  const stream = new FakeStream();
  writer.open(stream, new AbortController().signal);
  return { writer, stream };
}

describe('a watch writer', () => {
  it('writes the same bytes to all watches of a form', () => {
    const [a, b] = [open(), open()];
    const batch = [event('x', 1), event('y', 2)];
    a.writer.events(batch, 2);
    b.writer.events(batch, 2);
    assert.equal(a.stream.written.length, 1);
    assert.equal(a.stream.written[0]?.bytes, b.stream.written[0]?.bytes);
    assert.deepEqual(
      a.stream.lines.map(({ object }) => object.metadata.name),
      ['x', 'y'],
    );
  });

  it('cuts what is large into pieces of whole lines', () => {
    const { writer, stream } = open();
    writer.events(
      Array.from({ length: 100 }, (_, i) => event(`e${i}`, i + 1, 'x'.repeat(10_000))),
      100,
    );
    assert.ok(stream.written.length > 2);
    for (const { bytes, ends } of stream.written) {
      assert.equal(ends.at(-1), bytes.length);
      for (const end of ends) assert.equal(bytes[end - 1], 0x0a);
    }
    assert.equal(stream.lines.length, 100);
  });

  it('keeps what comes before it is open', () => {
    const writer = new WatchWriter(form, { bookmarks: true, seconds: 1e6 });
    writer.events([event('x', 1)], 1);
    writer.initialEventsEnd(5);
    const stream = new FakeStream();
    writer.open(stream, new AbortController().signal);
    assert.deepEqual(
      stream.lines.map(({ type }) => type),
      ['ADDED', 'BOOKMARK'],
    );
    assert.equal(stream.lines[1]?.object.metadata.resourceVersion, '5');
  });

  it('ends at once when the client has left before', async () => {
    const writer = new WatchWriter(form, { bookmarks: true, seconds: 1e6 });
    writer.events([event('x', 1)], 1);
    const stream = new FakeStream();
    writer.open(stream, AbortSignal.abort());
    await writer.ended;
    assert.deepEqual(stream.written, []);
  });

  it('waits while the client does not keep up, and goes on in order', () => {
    const { writer, stream } = open();
    stream.congested = true;
    for (let i = 1; i <= 5; i++) writer.events([event(`e${i}`, i)], i);
    assert.equal(stream.lines.length, 1);
    stream.drain();
    assert.deepEqual(
      stream.lines.map(({ object }) => object.metadata.name),
      ['e1', 'e2', 'e3', 'e4', 'e5'],
    );
  });

  it('breaks off a client that is 16 MiB behind', async () => {
    const { writer, stream } = open();
    stream.congested = true;
    for (let i = 1; i <= 20; i++) writer.events([event(`e${i}`, i, 'x'.repeat(1024 * 1024))], i);
    await writer.ended;
    assert.equal(stream.state, 'destroyed');
  });

  it('lets the initial state be of any size', () => {
    const writer = new WatchWriter(form, { bookmarks: false, seconds: 1e6 });
    writer.events(
      Array.from({ length: 40 }, (_, i) => event(`e${i}`, i + 1, 'x'.repeat(1024 * 1024))),
      40,
    );
    const stream = new FakeStream();
    stream.congested = true;
    writer.open(stream, new AbortController().signal);
    writer.events([event('live', 41)], 41);
    assert.equal(stream.state, 'open');
    stream.drain();
    assert.equal(stream.lines.at(-1)?.object.metadata.name, 'live');
    assert.equal(stream.lines.length, 41);
  });

  it('breaks off a client that takes nothing for a minute', () => {
    const { writer, stream } = open();
    stream.congested = true;
    writer.events([event('x', 1)], 1);
    writer.tick(performance.now() + 30_000);
    assert.equal(stream.state, 'open');
    writer.tick(performance.now() + 90_000);
    assert.equal(stream.state, 'destroyed');
  });

  it('sends a bookmark about every minute, when there is something new to say', () => {
    const { writer, stream } = open({ bookmarks: true });
    writer.events([], 7);
    writer.tick(performance.now() + 80_000);
    writer.tick(performance.now() + 160_000);
    assert.deepEqual(
      stream.lines.map(({ type, object }) => [type, object.metadata.resourceVersion]),
      [['BOOKMARK', '7']],
    );
    writer.events([], 9);
    writer.tick(performance.now() + 240_000);
    assert.equal(stream.lines.length, 2);
  });

  it('sends none to those who did not ask', () => {
    const { writer, stream } = open();
    writer.events([], 7);
    writer.tick(performance.now() + 80_000);
    writer.finish();
    assert.deepEqual(stream.lines, []);
  });

  it('sends a last bookmark two seconds before its time is over, whether or not there is news', async () => {
    const { writer, stream } = open({ bookmarks: true, endsInMs: 10_000 });
    writer.events([event('x', 3)], 3);
    writer.tick(performance.now() + 7000);
    assert.equal(stream.lines.length, 1);
    writer.tick(performance.now() + 8500);
    writer.events([event('y', 4)], 4);
    writer.tick(performance.now() + 10_500);
    await writer.ended;
    assert.equal(stream.state, 'ended');
    assert.deepEqual(
      stream.lines.map(({ type }) => type),
      ['ADDED', 'BOOKMARK', 'ADDED'],
    );
    writer.events([event('late', 4)], 4);
    assert.equal(stream.lines.length, 3);
  });

  it('sends none when it is too short for that, but one when it has to end early', async () => {
    const short = open({ bookmarks: true, endsInMs: 1000 });
    short.writer.events([event('x', 3)], 3);
    short.writer.tick(performance.now() + 1500);
    await short.writer.ended;
    assert.equal(short.stream.lines.length, 1);
    const early = open({ bookmarks: true });
    early.writer.events([event('x', 3)], 3);
    early.writer.finish();
    assert.deepEqual(
      early.stream.lines.map(({ type }) => type),
      ['ADDED', 'BOOKMARK'],
    );
  });

  it('says why it ends', async () => {
    const { writer, stream } = open();
    writer.end(expired('too old resource version: 1 (5)'));
    await writer.ended;
    assert.deepEqual(
      stream.lines.map(({ type, object }) => [type, object.code]),
      [['ERROR', 410]],
    );
  });

  it('ends only when everything is written', () => {
    const { writer, stream } = open();
    stream.congested = true;
    for (let i = 1; i <= 5; i++) writer.events([event(`e${i}`, i)], i);
    writer.finish();
    assert.equal(stream.state, 'open');
    stream.drain();
    assert.equal(stream.state, 'ended');
    assert.equal(stream.lines.length, 5);
  });
});
