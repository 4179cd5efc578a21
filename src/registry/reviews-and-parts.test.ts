import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { unauthorized } from '../apimachinery/errors.ts';
import { isObject, type JsonObject } from '../apimachinery/json.ts';
import { structField } from './generic/object-fields.ts';
import { apiError, createFixture } from './testing.ts';

describe('bindings', () => {
  it('give the pod that they are named after its node', async () => {
    const fixture = await createFixture();
    await fixture.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    });
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } };
    await fixture.create('bindings', binding);
    assert.equal(structField(await fixture.get('pods', 'p'), 'spec')?.['nodeName'], 'n');
    await assert.rejects(fixture.create('bindings', binding), apiError(409, /already assigned to node "n"$/));
  });
});

describe('tokenreviews', () => {
  const user = { name: 'alice', uid: '', groups: ['g'], extra: { k: ['v'] } };
  const tokenReviewer = {
    authenticate: ({ headers }: { headers: { authorization: string } }) =>
      headers.authorization === 'Bearer good' ? Promise.resolve(user) : Promise.reject(unauthorized()),
  };
  const review = async (spec: JsonObject): Promise<unknown> => {
    const fixture = await createFixture({ standard: { tokenReviewer } });
    const kind = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview' };
    return (await fixture.create('tokenreviews.authentication.k8s.io', { ...kind, metadata: {}, spec }))['status'];
  };

  it('say whose a token is', async () => {
    assert.deepEqual(await review({ token: 'good' }), {
      authenticated: true,
      user: { username: 'alice', groups: ['g'], extra: { k: ['v'] } },
      audiences: ['https://atoll.test/clusters/root'],
    });
  });

  it('say that a token is nobody’s, or meant for others', async () => {
    const refused = { user: {}, error: 'invalid bearer token' };
    assert.deepEqual(await review({ token: 'bad' }), refused);
    assert.deepEqual(await review({ token: 'good', audiences: ['vault'] }), refused);
    await assert.rejects(review({}), apiError(400, 'token is required for TokenReview in authentication'));
  });
});

describe('certificatesigningrequests/approval', () => {
  it('is a part of the object that only it may change', async () => {
    const fixture = await createFixture();
    const resource = 'certificatesigningrequests.certificates.k8s.io';
    const vectors = JSON.parse(
      readFileSync(
        new URL('../api/testdata/certificatesigningrequests.certificates.k8s.io.json', import.meta.url),
        'utf8',
      ),
    ) as { sent: JsonObject }[];
    const { spec } = vectors[1]?.sent ?? {};
    const csr = {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'a' },
      spec,
    };
    await fixture.create(resource, csr);
    const status = { conditions: [{ type: 'Approved', status: 'True', reason: 'R', message: 'm' }] };
    await assert.rejects(
      fixture.patch(resource, 'a', 'merge', { status }, { subresource: 'status' }),
      apiError(422, /updates may not add a condition of type "Approved"$/),
    );
    const answer = await fixture.patch(resource, 'a', 'merge', { status }, { subresource: 'approval' });
    const approved = answer.object.object();
    // As in stock, nobody owns what is decided here.
    assert.equal(approved.metadata.managedFields, undefined);
    const conditions = structField(approved, 'status')?.['conditions'];
    assert.ok(Array.isArray(conditions) && isObject(conditions[0]) && conditions[0]['lastUpdateTime'] !== undefined);
  });
});
