import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { paysToCollect } from './idle-memory.ts';

const MiB = 1024 * 1024;

test('a quiet process that has grown collects', () => {
  assert.equal(paysToCollect({ busy: 0.001, heapTotal: 60 * MiB }, 0), true);
  assert.equal(paysToCollect({ busy: 0.001, heapTotal: 60 * MiB }, 30 * MiB), true);
});

test('a busy process does not, and neither does one that has not grown since', () => {
  assert.equal(paysToCollect({ busy: 0.2, heapTotal: 600 * MiB }, 0), false);
  assert.equal(paysToCollect({ busy: 0, heapTotal: 31 * MiB }, 30 * MiB), false);
});

test('a process that waits gives back the heap of a busy moment', () => {
  const program = `
    import { returnIdleMemory } from ${JSON.stringify(new URL('./idle-memory.ts', import.meta.url).href)};
    let garbage = [];
    for (let i = 0; i < 2e6; i++) garbage.push({ i });
    garbage = undefined;
    const before = process.memoryUsage().heapTotal;
    returnIdleMemory();
    const wait = setInterval(() => {
      if (process.memoryUsage().heapTotal > before / 2) return;
      console.log('given back');
      clearInterval(wait);
    }, 100);
  `;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(stdout.trim(), 'given back');
});
