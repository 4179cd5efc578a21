import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CertificateSigningRequest } from '../../../api/certificates.k8s.io/v1/request.ts';
import { isOver } from './cleaner.ts';
import { isSigned, refusalOf, type RequestedSubject } from './rules.ts';

const nobody: RequestedSubject = {
  commonName: 'ann',
  organizations: [],
  dnsNames: [],
  emails: [],
  addresses: [],
  urls: [],
};
const node = { ...nobody, commonName: 'system:node:n1', organizations: ['system:nodes'] };
const client = 'kubernetes.io/kube-apiserver-client';
const kubelet = 'kubernetes.io/kube-apiserver-client-kubelet';
const serving = 'kubernetes.io/kubelet-serving';

describe('signers', () => {
  it('of kubernetes.io are ours, others are not', () => {
    for (const signer of [client, kubelet, serving, 'kubernetes.io/legacy-unknown']) assert.ok(isSigned(signer));
    for (const signer of ['example.com/x', '', 'kubernetes.io/x', '__proto__', 'toString'])
      assert.ok(!isSigned(signer));
  });

  it('sign for clients who want to be clients only', () => {
    assert.equal(refusalOf(client, nobody, ['client auth', 'digital signature', 'key encipherment']), undefined);
    assert.match(refusalOf(client, nobody, ['digital signature']) ?? '', /^missing required usage/);
    assert.match(refusalOf(client, nobody, ['client auth', 'server auth']) ?? '', /^invalid usage .*: server auth$/);
  });

  it('sign for kubelets that say that they are', () => {
    const usages = ['client auth', 'digital signature'];
    assert.equal(refusalOf(kubelet, node, usages), undefined);
    assert.equal(refusalOf(kubelet, node, [...usages, 'key encipherment']), undefined);
    assert.match(refusalOf(kubelet, nobody, usages) ?? '', /organization is not system:nodes/);
    assert.match(refusalOf(kubelet, { ...node, commonName: 'n1' }, usages) ?? '', /does not begin with/);
    assert.match(refusalOf(kubelet, { ...node, dnsNames: ['n1'] }, usages) ?? '', /^DNS/);
    assert.equal(
      refusalOf(kubelet, node, ['client auth']),
      'usages did not match [client auth digital signature key encipherment]',
    );
    const served = { ...node, addresses: ['10.0.0.1'] };
    assert.equal(refusalOf(serving, served, ['server auth', 'digital signature']), undefined);
    assert.match(refusalOf(serving, node, ['server auth', 'digital signature']) ?? '', /is required$/);
  });

  it('never sign for system:masters', () => {
    const master = { ...nobody, organizations: ['devs', 'system:masters'] };
    for (const signer of [client, kubelet, serving, 'kubernetes.io/legacy-unknown'])
      assert.match(refusalOf(signer, master, ['client auth']) ?? '', /system:masters is not allowed/);
  });
});

describe('old signing requests', () => {
  const now = Date.parse('2026-01-02T00:00:00Z');
  const ago = (minutes: number): string => new Date(now - minutes * 60_000).toISOString();
  const request = (conditions: readonly string[], minutes: number, certificate = ''): CertificateSigningRequest => ({
    kind: 'CertificateSigningRequest',
    apiVersion: 'certificates.k8s.io/v1',
    metadata: { name: 'r', creationTimestamp: ago(minutes) },
    status: {
      conditions: conditions.map((type) => ({ type, status: 'True', lastUpdateTime: ago(minutes) })),
      ...(certificate === '' ? {} : { certificate }),
    },
  });

  it('go an hour after they were decided and a day after nobody did', () => {
    assert.deepEqual(
      [
        request([], 23 * 60),
        request([], 25 * 60),
        request(['Denied'], 59),
        request(['Denied'], 61),
        request(['Approved', 'Failed'], 61),
        request(['Approved'], 61),
        request(['Approved'], 59, 'eA=='),
        request(['Approved'], 61, 'eA=='),
      ].map((each) => isOver(each, now)),
      [false, true, false, true, true, false, false, true],
    );
  });
});
