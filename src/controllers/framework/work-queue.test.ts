import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createWorkQueue } from './work-queue.ts';

/** Resolves when `condition` holds. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) assert.fail('condition not reached');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function gate(): { open(): void; passed: Promise<void> } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

describe('the work queue', () => {
  it('keeps a key that is added twice once', async () => {
    const queue = createWorkQueue({ name: 'q', concurrency: 1 });
    for (let i = 0; i < 5; i++) queue.add('a');
    queue.add('b');
    assert.equal(queue.size(), 2);
    const seen: string[] = [];
    queue.start((key) => {
      seen.push(key);
      return Promise.resolve();
    });
    await until(() => queue.size() === 0);
    assert.deepEqual(seen, ['a', 'b']);
    await queue.stop();
  });

  it('runs a key that is added while it runs once more, never twice at a time', async () => {
    const queue = createWorkQueue({ name: 'q', concurrency: 8 });
    const first = gate();
    let running = 0;
    let most = 0;
    let runs = 0;
    queue.start(async () => {
      runs++;
      most = Math.max(most, ++running);
      if (runs === 1) await first.passed;
      running--;
    });
    queue.add('a');
    await until(() => running === 1);
    queue.add('a');
    queue.add('a');
    first.open();
    await until(() => queue.size() === 0);
    assert.deepEqual([runs, most], [2, 1]);
    await queue.stop();
  });

  it('runs at most as many keys at once as it was told', async () => {
    const queue = createWorkQueue({ name: 'q', concurrency: 3 });
    let running = 0;
    let most = 0;
    queue.start(async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    });
    for (let i = 0; i < 50; i++) queue.add(`k${i}`);
    await until(() => queue.size() === 0);
    assert.equal(most, 3);
    await queue.stop();
  });

  it('tries a failed key again, later each time, and forgets failures after a success', async () => {
    const failures: number[] = [];
    const queue = createWorkQueue({
      name: 'q',
      concurrency: 1,
      backoffMs: { base: 1, max: 4 },
      onError: (_key, _error, count) => failures.push(count),
    });
    let runs = 0;
    queue.start(() => (++runs === 4 || runs === 6 ? Promise.resolve() : Promise.reject(new Error('no'))));
    queue.add('a');
    await until(() => runs === 4 && queue.size() === 0);
    queue.add('a');
    await until(() => runs === 6 && queue.size() === 0);
    assert.deepEqual(failures, [1, 2, 3, 1]);
    await queue.stop();
  });

  it('waits with delayed keys; the earliest wish counts', async () => {
    const queue = createWorkQueue({ name: 'q', concurrency: 1 });
    const seen: string[] = [];
    queue.start((key) => {
      seen.push(key);
      return Promise.resolve();
    });
    queue.add('late', { delayMs: 60_000 });
    queue.add('soon', { delayMs: 60_000 });
    queue.add('soon', { delayMs: 2 });
    queue.add('soon', { delayMs: 60_000 });
    await until(() => seen.length === 1);
    assert.deepEqual([seen, queue.size()], [['soon'], 1]);
    queue.add('late');
    await until(() => seen.length === 2);
    assert.equal(queue.size(), 0);
    await queue.stop();
  });

  it('gives groups turns', async () => {
    const queue = createWorkQueue({ name: 'q', concurrency: 1, groupOf: (key) => key.slice(0, 1) });
    for (const key of ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2']) queue.add(key);
    const seen: string[] = [];
    queue.start((key) => {
      seen.push(key);
      return Promise.resolve();
    });
    await until(() => queue.size() === 0);
    assert.deepEqual(seen, ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
    await queue.stop();
  });

  it('is bounded and says what it drops', () => {
    const dropped: string[] = [];
    const queue = createWorkQueue({ name: 'q', concurrency: 1, maxKeys: 2, onDrop: (key) => dropped.push(key) });
    for (const key of ['a', 'b', 'c', 'a']) queue.add(key);
    queue.add('d', { delayMs: 5 });
    assert.deepEqual([dropped, queue.size()], [['c', 'd'], 2]);
  });

  it('stops: running reconciles are told, waiting keys are let go', async () => {
    const queue = createWorkQueue({ name: 'q', concurrency: 1, onError: () => assert.fail('not a failure') });
    let told = false;
    let began = false;
    queue.start(async (_key, signal) => {
      began = true;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      told = true;
      throw new Error('aborted');
    });
    queue.add('a');
    queue.add('b');
    queue.add('c', { delayMs: 10 });
    await until(() => began);
    await queue.stop();
    queue.add('d');
    assert.deepEqual([told, queue.size()], [true, 0]);
  });
});
