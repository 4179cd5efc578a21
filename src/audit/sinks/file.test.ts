import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, mock, test } from 'node:test';
import { eventually } from '../../../test/support/wait.ts';
import type { AuditEvent } from '../event.ts';
import { createFileSink, type FileSinkOptions } from './file.ts';

const directory = mkdtempSync(join(tmpdir(), 'atoll-audit-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const event = (auditID: string): AuditEvent => ({ auditID }) as AuditEvent;
const idsIn = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as AuditEvent).auditID);

function options(path: string, more: Partial<FileSinkOptions> = {}): FileSinkOptions {
  return {
    path,
    maxBytes: 0,
    maxBackups: 0,
    maxAgeMs: 0,
    onDropped: () => assert.fail('dropped'),
    onFailure: (error) => assert.fail(error),
    ...more,
  };
}

test('two processes append whole lines to one file', async () => {
  const path = join(directory, 'shared.log');
  const sinks = [createFileSink(options(path)), createFileSink(options(path))];
  for (let i = 0; i < 200; i++) sinks[i % 2]?.write(event(String(i)), '');
  await Promise.all(sinks.map((sink) => sink.close()));
  assert.deepEqual(
    idsIn(path).toSorted((a, b) => Number(a) - Number(b)),
    Array.from({ length: 200 }, (_, i) => String(i)),
  );
});

test('a full file is put aside, old ones are removed, and a file that somebody else put aside is left alone', async () => {
  const path = join(directory, 'rotated.log');
  let now = 10_000;
  mock.method(performance, 'now', () => now);
  try {
    const sink = createFileSink(options(path, { maxBytes: 10, maxBackups: 2 }));
    for (let i = 0; i < 6; i++) {
      await eventually('the file', () => readdirSync(directory).includes('rotated.log'));
      sink.write(event(`e${i}`), '');
      await eventually('the line', () => idsIn(path).includes(`e${i}`));
      now += 5_000;
    }
    const aside = readdirSync(directory).filter((name) => name.startsWith('rotated.log.'));
    assert.equal(aside.length, 2);
    renameSync(path, join(directory, 'taken'));
    now += 5_000;
    sink.write(event('after'), '');
    await sink.close();
    assert.deepEqual(idsIn(path), ['after']);
  } finally {
    mock.restoreAll();
  }
});

test('what the disk does not take in time is dropped and counted', async () => {
  const dropped: number[] = [];
  const path = join(directory, 'slow.log');
  const sink = createFileSink(options(path, { maxWaiting: 3, onDropped: (count) => dropped.push(count) }));
  for (let i = 0; i < 10; i++) sink.write(event(String(i)), '');
  await eventually('the count', () => dropped.length > 0);
  await sink.close();
  assert.deepEqual(dropped, [7]);
  assert.deepEqual(idsIn(path), ['0', '1', '2']);
});
