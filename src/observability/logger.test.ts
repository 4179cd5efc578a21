import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLogger } from './logger.ts';

function logged(error: Error): Record<string, unknown> {
  let line = '';
  createLogger('info', { write: (text: string) => (line = text) }).warn({ err: error }, 'trouble');
  return JSON.parse(line) as Record<string, unknown>;
}

describe('the logger', () => {
  it('writes what an error is and why it came', () => {
    const error = Object.assign(new TypeError('broken', { cause: new Error('deeper') }), { code: 'E1' });
    const { err, msg } = logged(error) as { err: Record<string, unknown>; msg: string };
    assert.equal(msg, 'trouble');
    assert.equal(err['type'], 'TypeError');
    assert.equal(err['message'], 'broken');
    assert.equal(err['code'], 'E1');
    assert.match(String(err['stack']), /logger\.test\.ts/);
    assert.equal((err['cause'] as Record<string, unknown>)['message'], 'deeper');
  });

  it('keeps out what libraries hang on their errors', () => {
    const error = Object.assign(new Error('lost'), { client: { connectionParameters: { password: 'hunter2' } } });
    assert.doesNotMatch(JSON.stringify(logged(error)), /hunter2/);
  });
});
