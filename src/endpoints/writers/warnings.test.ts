import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { warningHeader } from './warnings.ts';

describe('the Warning header', () => {
  it('quotes every text', () => {
    assert.equal(warningHeader(['unknown field "a"', 'b']), '299 - "unknown field \\"a\\"", 299 - "b"');
  });

  it('cannot be broken out of', () => {
    assert.equal(warningHeader(['a\r\nSet-Cookie: x=1']), '299 - "a  Set-Cookie: x=1"');
  });

  it('is cut to 4 KiB', () => {
    const texts = Array.from({ length: 64 }, (_, i) => `${i} ${'x'.repeat(1000)}`);
    const header = warningHeader(texts);
    assert.ok(header.length < 5000);
    assert.ok(header.split(', ').length >= 15);
  });

  it('carries characters beyond ASCII as UTF-8 bytes', () => {
    assert.equal(Buffer.from(warningHeader(['ü']), 'latin1').toString('utf8'), '299 - "ü"');
  });
});
