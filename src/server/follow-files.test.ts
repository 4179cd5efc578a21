import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { eventually } from '../../test/support/wait.ts';
import { followFiles } from './follow-files.ts';

const directory = mkdtempSync(join(tmpdir(), 'atoll-follow-'));
after(() => rmSync(directory, { recursive: true, force: true }));

test('files written in place, renamed over and behind a link that turns are followed; bad ones are told and tried again', async () => {
  const [plain, link] = [join(directory, 'plain'), join(directory, 'link')];
  writeFileSync(plain, 'one');
  writeFileSync(join(directory, 'a'), 'A');
  writeFileSync(join(directory, 'b'), 'B');
  symlinkSync(join(directory, 'a'), link);
  const seen: string[] = [];
  const failures: string[] = [];
  const stop = followFiles({
    paths: [plain, link],
    apply: (texts) => {
      if (texts[0] === 'bad') throw new Error('unusable');
      seen.push(texts.join());
    },
    onFailure: (error) => failures.push(error.message),
    everyMs: 5,
  });
  try {
    writeFileSync(plain, 'three');
    await eventually('seen.at(-1) === "three,A"', () => seen.at(-1) === 'three,A');
    writeFileSync(join(directory, 'next'), 'four');
    renameSync(join(directory, 'next'), plain);
    await eventually('seen.at(-1) === "four,A"', () => seen.at(-1) === 'four,A');
    unlinkSync(link);
    symlinkSync(join(directory, 'b'), link);
    await eventually('seen.at(-1) === "four,B"', () => seen.at(-1) === 'four,B');
    writeFileSync(plain, 'bad');
    await eventually('failures.includes("unusable")', () => failures.includes('unusable'));
    writeFileSync(plain, 'good');
    await eventually('seen.at(-1) === "good,B"', () => seen.at(-1) === 'good,B');
  } finally {
    stop();
  }
});

test('a file that is not there at first is an error', () => {
  assert.throws(
    () => followFiles({ paths: [join(directory, 'none')], apply: () => {}, onFailure: () => {} }),
    /ENOENT/,
  );
});
