import assert from 'node:assert/strict';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { LineWriter } from './line-writer.ts';

async function contains(file: string, text: string): Promise<void> {
  const limit = Date.now() + 10_000;
  while (readFileSync(file, 'utf8') !== text && Date.now() < limit) await wait(5);
  assert.equal(readFileSync(file, 'utf8'), text);
}

describe('the line writer', () => {
  const directory = mkdtempSync(join(tmpdir(), 'atoll-lines-'));
  after(() => rmSync(directory, { recursive: true }));

  it('writes every line once and in order', async () => {
    const file = join(directory, 'many');
    const writer = new LineWriter(openSync(file, 'w'));
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`);
    for (const [i, line] of lines.entries()) {
      writer.write(line);
      if (i % 3000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await contains(file, lines.join(''));
  });

  it('writes a single line soon', async () => {
    const file = join(directory, 'single');
    new LineWriter(openSync(file, 'w')).write('one\n');
    await contains(file, 'one\n');
  });

  it('writes what is left when told to', () => {
    const file = join(directory, 'left');
    const writer = new LineWriter(openSync(file, 'w'));
    writer.write('one\n');
    writer.write('two\n');
    writer.flushSync();
    assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\n');
  });

  it('drops lines that nobody takes, and says so', () => {
    const file = join(directory, 'dropped');
    const writer = new LineWriter(openSync(file, 'w'));
    const line = `${'x'.repeat(1024 * 1024 - 1)}\n`;
    for (let i = 0; i < 20; i++) writer.write(line);
    writer.flushSync();
    const text = readFileSync(file, 'utf8');
    assert.ok(text.length < 12 * 1024 * 1024);
    assert.match(text.slice(-200), /\d+ log lines were dropped/);
  });
});
