import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Coalescer } from './coalescer.ts';

/** Lets everything that only waits for promises happen. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

test('the first value goes at once, later ones after the pause, only the last of them', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const handled: number[] = [];
  const coalescer = new Coalescer<number>(async (_key, value) => void handled.push(value), {
    pauseMs: 1000,
    maxRunning: 4,
  });
  for (const value of [1, 2, 3]) {
    coalescer.offer('a', value, false);
    await settle();
  }
  assert.deepEqual(handled, [1]);
  mock.timers.tick(1000);
  await settle();
  assert.deepEqual(handled, [1, 3]);
  mock.timers.tick(1000);
  await settle();
  assert.deepEqual(handled, [1, 3]);
});

test('urgent news does not wait', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const handled: string[] = [];
  const coalescer = new Coalescer<string>(async (_key, value) => void handled.push(value), {
    pauseMs: 1000,
    maxRunning: 4,
  });
  coalescer.offer('a', 'first', false);
  await settle();
  coalescer.offer('a', 'ready', true);
  await settle();
  assert.deepEqual(handled, ['first', 'ready']);
});

test('a key is handled once at a time, and only so many keys are', async () => {
  const running = new Set<string>();
  let most = 0;
  const gates: (() => void)[] = [];
  const coalescer = new Coalescer<number>(
    async (key) => {
      assert.ok(!running.has(key));
      running.add(key);
      most = Math.max(most, running.size);
      await new Promise<void>((resolve) => gates.push(resolve));
      running.delete(key);
    },
    { pauseMs: 1, maxRunning: 2 },
  );
  for (const key of ['a', 'b', 'c', 'd']) for (let i = 0; i < 3; i++) coalescer.offer(key, i, true);
  for (let i = 0; i < 8; i++) {
    await settle();
    gates.shift()?.();
  }
  assert.equal(most, 2);
  coalescer.close();
});

test('nothing is handed on after closing', async () => {
  const handled: number[] = [];
  const coalescer = new Coalescer<number>(async (_key, value) => void handled.push(value), {
    pauseMs: 1,
    maxRunning: 1,
  });
  coalescer.close();
  coalescer.offer('a', 1, true);
  await settle();
  assert.deepEqual(handled, []);
});
