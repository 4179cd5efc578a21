import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cIdentifier,
  configMapKey,
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  labelValue,
  nameIsDns1123Subdomain,
  nameIsPathSegment,
  portName,
  qualifiedName,
  relaxedEnvVarName,
  wildcardDns1123Subdomain,
} from './names.ts';

const subdomainMessage =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const qualifiedMessage =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

test('well-formed values have no messages', () => {
  assert.deepEqual(dns1123Subdomain('a.b-c.9'), []);
  assert.deepEqual(dns1123Label('a-9'), []);
  assert.deepEqual(dns1035Label('a-9'), []);
  assert.deepEqual(qualifiedName('example.com/My_Name'), []);
  assert.deepEqual(labelValue(''), []);
  assert.deepEqual(labelValue('My.value_1'), []);
  assert.deepEqual(configMapKey('a_B.c-d'), []);
  assert.deepEqual(cIdentifier('_a9'), []);
  assert.deepEqual(portName('http-1'), []);
  assert.deepEqual(relaxedEnvVarName('a b'), []);
  assert.deepEqual(wildcardDns1123Subdomain('*.a.b'), []);
});

test('malformed values have upstream’s messages', () => {
  assert.deepEqual(dns1123Subdomain('A'), [subdomainMessage]);
  assert.deepEqual(dns1123Subdomain(''), [subdomainMessage]);
  assert.deepEqual(dns1123Subdomain('a\n'), [subdomainMessage]);
  assert.deepEqual(dns1123Subdomain('a'.repeat(254)), ['must be no more than 253 characters']);
  assert.deepEqual(dns1123Label('a.b'), ['must not contain dots']);
  assert.deepEqual(dns1035Label('9a'), [
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
  ]);
  assert.deepEqual(qualifiedName('/a'), ['prefix part must be non-empty']);
  assert.deepEqual(qualifiedName('A_/a'), [`prefix part ${subdomainMessage}`]);
  assert.deepEqual(qualifiedName(''), ['name part must be non-empty', qualifiedMessage]);
  assert.equal(qualifiedName('a/b/c').length, 1);
  assert.deepEqual(labelValue('é'.repeat(32)).length, 2);
  assert.deepEqual(configMapKey('..'), ["must not be '..'"]);
  assert.deepEqual(configMapKey('..a'), ["must not start with '..'"]);
  assert.deepEqual(portName('-'), ['must contain at least one letter (a-z)', 'must not begin or end with a hyphen']);
});

test('a prefix that ends in a dash is judged as if completed', () => {
  assert.deepEqual(nameIsDns1123Subdomain('web-', true), []);
  assert.deepEqual(nameIsDns1123Subdomain('web-', false), [subdomainMessage]);
  assert.deepEqual(nameIsPathSegment('system:a', false), []);
  assert.deepEqual(nameIsPathSegment('a/b%', false), ["may not contain '/'", "may not contain '%'"]);
  assert.deepEqual(nameIsPathSegment('..', false), ["may not be '..'"]);
});

test('long hostile values are judged in linear time', () => {
  const started = performance.now();
  for (const unit of ['a', '-', 'a-', '.', 'a.']) {
    const value = `${unit.repeat(500_000)}!`;
    dns1123Subdomain(value);
    dns1123Label(value);
    qualifiedName(value);
    labelValue(value);
  }
  assert.ok(performance.now() - started < 2000);
});
