import assert from 'node:assert/strict';
import test from 'node:test';
import { ipAddress, ipFamily, isCidr } from './ip.ts';

test('addresses are told apart by family, with leading zeros as Kubernetes has always read them', () => {
  assert.equal(ipFamily('10.0.0.1'), 'IPv4');
  assert.equal(ipFamily('010.000.000.001'), 'IPv4');
  assert.equal(ipFamily('2001:db8::1'), 'IPv6');
  assert.equal(ipFamily('::ffff:10.0.0.1'), 'IPv6');
});

for (const text of ['', '10.0.0', '10.0.0.256', '10.0.0.1.1', 'a.b.c.d', 'fe80::1%eth0', ':::', '1'.repeat(100)]) {
  test(`${JSON.stringify(text.slice(0, 20))} is no address`, () => {
    assert.equal(ipFamily(text), undefined);
    assert.equal(ipAddress(text).length, 1);
  });
}

test('a range has a prefix length that fits its family', () => {
  for (const range of ['10.0.0.0/8', '10.1.2.3/32', '::/0', '2001:db8::/128']) assert.ok(isCidr(range), range);
  for (const range of ['10.0.0.0', '10.0.0.0/33', '::/129', '10.0.0.0/x', '10.0.0.0/', 'x/8']) {
    assert.ok(!isCidr(range), range);
  }
});
