import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { combineCrc32 } from './crc32.ts';
import { composeGzip, deflateTail } from './gzip.ts';

const bytes = fc.uint8Array({ maxLength: 3000 });

describe('composed gzip bodies', () => {
  it('unpack to head and tail', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, bytes, async (head, tail) => {
        const packed = Buffer.concat(composeGzip(head, await deflateTail(tail)));
        assert.ok(gunzipSync(packed).equals(Buffer.concat([head, tail])));
      }),
    );
  });

  it('have the checksum of the whole', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        assert.equal(combineCrc32(crc32(a), crc32(b), b.length), crc32(Buffer.concat([a, b])));
      }),
    );
  });

  it('hold large tails', async () => {
    const tail = Buffer.alloc(5_000_000, 'some text that repeats ');
    const packed = Buffer.concat(composeGzip(Buffer.from('head'), await deflateTail(tail)));
    assert.ok(packed.length < tail.length / 50);
    assert.equal(gunzipSync(packed).length, tail.length + 4);
  });
});
