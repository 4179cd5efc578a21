import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { WireReader } from './wire.ts';
import { BackwardWriter } from './writer.ts';

it('what was written backwards is read forwards', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
      fc.integer({ min: 1, max: 2 ** 29 - 1 }),
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.double(),
      fc.uint8Array({ maxLength: 300 }),
      (integer, field, text, double, bytes) => {
        const writer = new BackwardWriter(1);
        const before = writer.written;
        writer.double(4, double);
        writer.bytesField(3, bytes);
        writer.string(2, text.toWellFormed());
        writer.message(field, before);
        writer.varint(1, integer);
        const reader = new WireReader(writer.finish());
        assert.ok(reader.next('M') && reader.field === 1);
        assert.equal(BigInt(reader.int64()), integer);
        assert.ok(reader.next('M') && reader.field === field);
        assert.equal(reader.lengthEnd(), reader.end);
        assert.ok(reader.next('M'));
        assert.equal(reader.string(), text.toWellFormed());
        assert.ok(reader.next('M'));
        assert.deepEqual(new Uint8Array(reader.slice()), bytes);
        assert.ok(reader.next('M'));
        assert.equal(reader.double(), double);
        assert.ok(!reader.next('M'));
      },
    ),
  );
});
