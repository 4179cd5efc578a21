import assert from 'node:assert/strict';
import test from 'node:test';
import type { FieldError } from '../../../apimachinery/errors.ts';
import { validateEndpointAddress } from './endpoint-address.ts';

function problems(ip: string): string[] {
  const errors: FieldError[] = [];
  validateEndpointAddress(ip, 'ip', errors);
  return errors.map(({ detail }) => detail.replace(/ \(.*$/, ''));
}

const cases: [string, string[]][] = [
  ['10.0.0.1', []],
  ['2001:db8::1', []],
  ['127.0.0.1', ['may not be in the loopback range']],
  ['::1', ['may not be in the loopback range']],
  ['::ffff:127.0.0.1', ['may not be in the loopback range']],
  ['0.0.0.0', ['may not be unspecified']],
  ['::', ['may not be unspecified']],
  ['169.254.169.254', ['may not be in the link-local range']],
  ['fe80::1', ['may not be in the link-local range']],
  ['224.0.0.1', ['may not be in the link-local multicast range']],
  ['ff02::1', ['may not be in the link-local multicast range']],
];

for (const [ip, expected] of cases) {
  test(`${ip}: ${expected[0] ?? 'may be an endpoint'}`, () => {
    assert.deepEqual(problems(ip), expected);
  });
}
