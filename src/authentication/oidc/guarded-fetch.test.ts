import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGuardedFetch } from './guarded-fetch.ts';

const limits = { ca: undefined, timeoutMs: 2000, maxBytes: 1000 };

test('addresses that may not be connected to are not, however they are written', async () => {
  const asked: string[] = [];
  const fetch = createGuardedFetch((address) => {
    asked.push(address);
    return false;
  });
  for (const url of ['https://127.0.0.1:1/', 'https://[::1]:1/', 'https://2130706433:1/', 'https://0x7f.1:1/'])
    await assert.rejects(fetch(new URL(url), limits), /an address that may not be connected to/, url);
  await assert.rejects(fetch(new URL('https://localhost:1/'), limits), /no address that may be connected to/);
  assert.ok(
    asked.every((address) => address === '127.0.0.1' || address === '::1'),
    asked.join(),
  );
});

test('others are', async () => {
  const fetch = createGuardedFetch(() => true);
  await assert.rejects(fetch(new URL('https://localhost:1/'), limits), /ECONNREFUSED/);
  await assert.rejects(fetch(new URL('http://localhost:1/'), limits), /not an https URL/);
});
