import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { alice, apiError, createFixture, type Fixture } from '../../registry/testing.ts';

/** Made with openssl: CN=x, and O=system:masters, CN=x. */
const plain =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlISE1HNENBUUF3RERFS01BZ0dBMVVFQXd3QmVEQlpNQk1HQnlxR1NNNDlBZ0VHQ0NxR1NNNDlBd0VIQTBJQQpCTUVKMzlod216SWFRWm1waTk0WVoxOXl1UFBQYXUzY256dXBGb1N5TlExTE91b2t5U0gzazhaTmRheEFkQjd2CnpUdDZLYjNOWEQyNy9lc21zbCs2USt1Z0FEQUtCZ2dxaGtqT1BRUURBZ05KQURCR0FpRUFnMHVkUDhyRHdXa2gKTUZxMFlGRlMrZGxidzlML3MrU1NFSTd4Z2dWcE5lRUNJUUNINnpha1dHckFYRktuRmthZW5KdTF1UEd0NExVaAp3SGU5MEVpTHZDbWtPUT09Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=';
const ofMasters =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIZk1JR0hBZ0VBTUNVeEZ6QVZCZ05WQkFvTURuTjVjM1JsYlRwdFlYTjBaWEp6TVFvd0NBWURWUVFEREFGNApNRmt3RXdZSEtvWkl6ajBDQVFZSUtvWkl6ajBEQVFjRFFnQUV3UW5mMkhDYk1ocEJtYW1MM2hoblgzSzQ4ODlxCjdkeWZPNmtXaExJMURVczY2aVRKSWZlVHhrMTFyRUIwSHUvTk8zb3B2YzFjUGJ2OTZ5YXlYN3BENjZBQU1Bb0cKQ0NxR1NNNDlCQU1DQTBjQU1FUUNJRnZSSlgrY0RTV3BsTjNlOVVZczU1b0tsa1VOdEFpWTZvM1IyOEVGcEhubgpBaUFSN3B3M1cwTS9XSkYrMHVXcFNqOGY5SitkSVpEMTlwbGZIN0ZXT2h3V3NBPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==';
const resource = 'certificatesigningrequests.certificates.k8s.io';
const rbac = 'rbac.authorization.k8s.io';

const request = (name: string, csr: string, signerName: string): JsonObject => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name },
  spec: { request: csr, signerName, usages: ['client auth'] },
});

/** Lets alice do a verb with signers of these names. */
async function allow(fixture: Fixture, verb: string, resourceNames: string[]): Promise<void> {
  const metadata = { name: verb };
  const rules = [{ apiGroups: ['certificates.k8s.io'], resources: ['signers'], resourceNames, verbs: [verb] }];
  await fixture.create(`clusterroles.${rbac}`, { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata, rules });
  await fixture.create(`clusterrolebindings.${rbac}`, {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: verb },
    subjects: [{ apiGroup: rbac, kind: 'User', name: alice.name }],
  });
  // Nobody but members of the logical cluster is asked about anything in it.
  await fixture.create(`clusterroles.${rbac}`, {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: `${verb}-enter` },
    rules: [{ nonResourceURLs: ['/'], verbs: ['access'] }],
  });
  await fixture.create(`clusterrolebindings.${rbac}`, {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: `${verb}-enter` },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: `${verb}-enter` },
    subjects: [{ apiGroup: rbac, kind: 'User', name: alice.name }],
  });
}

function asAlice(fixture: Fixture, name: string, subresource: string, status: JsonObject): Promise<unknown> {
  return fixture.registry.patch(
    fixture.ctx({ user: alice }),
    fixture.target(resource, { name, subresource }),
    { type: 'merge', patch: { status }, strictErrors: [] },
    { dryRun: false, fieldValidation: 'Strict' },
  );
}

const condition = (type: string): JsonObject => ({
  conditions: [{ type, status: 'True', reason: 'r', message: 'm' }],
});

describe('certificate signing requests', () => {
  it('never ask for a client certificate of system:masters', async () => {
    const fixture = await createFixture();
    const signer = 'kubernetes.io/kube-apiserver-client';
    await assert.rejects(
      fixture.create(resource, request('m', ofMasters, signer)),
      apiError(
        403,
        `certificatesigningrequests.certificates.k8s.io "m" is forbidden: use of ${signer} signer with system:masters group is not allowed`,
      ),
    );
    await fixture.create(resource, request('m', ofMasters, 'example.com/other'));
    await fixture.create(resource, request('p', plain, signer));
  });

  it('are approved by those who may approve for the signer, or for all of its domain', async () => {
    const fixture = await createFixture();
    for (const [name, signer] of [
      ['one', 'example.com/one'],
      ['two', 'example.org/two'],
      ['three', 'example.com/three'],
    ] as const)
      await fixture.create(resource, request(name, plain, signer));
    await allow(fixture, 'approve', ['example.com/one', 'example.org/*']);
    await asAlice(fixture, 'one', 'approval', condition('Approved'));
    await asAlice(fixture, 'two', 'approval', condition('Approved'));
    await assert.rejects(
      asAlice(fixture, 'three', 'approval', condition('Approved')),
      apiError(403, /user not permitted to approve requests with signerName "example.com\/three"$/),
    );
  });

  it('are signed by those who may sign for the signer', async () => {
    const fixture = await createFixture();
    await fixture.create(resource, request('one', plain, 'example.com/one'));
    await assert.rejects(
      asAlice(fixture, 'one', 'status', condition('Failed')),
      apiError(403, /user not permitted to sign requests with signerName "example.com\/one"$/),
    );
    const unchanged = (await fixture.get(resource, 'one')) as KubeObject & { status?: JsonObject };
    await asAlice(fixture, 'one', 'status', unchanged.status ?? {});
    await allow(fixture, 'sign', ['example.com/one']);
    await asAlice(fixture, 'one', 'status', condition('Failed'));
  });
});
