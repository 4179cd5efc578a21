import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from '../../api/core/v1/pod-status.ts';
import type { JsonObject } from '../../apimachinery/json.ts';
import { apiError, createFixture, type Fixture } from '../../registry/testing.ts';

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const container = { name: 'c', image: 'i' };
const account = (name: string, more: JsonObject = {}): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name },
  ...more,
});

async function createPod(fixture: Fixture, spec: JsonObject = {}, metadata: JsonObject = {}): Promise<Pod> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', ...metadata },
    spec: { containers: [container], ...spec },
  };
  return (await fixture.create('pods', pod, { dryRun: true })) as Pod;
}

describe('the token of a pod', () => {
  it('is mounted where clients look for it, with the authority and the namespace', async () => {
    const { spec } = await createPod(await createFixture(), { initContainers: [{ name: 'i', image: 'i' }] });
    const [volume] = spec?.volumes ?? [];
    assert.match(volume?.name ?? '', /^kube-api-access-[a-z0-9]{5}$/);
    assert.deepEqual(volume?.projected, {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 420,
    });
    const mount = { name: volume?.name, readOnly: true, mountPath };
    assert.deepEqual(spec?.containers?.[0]?.volumeMounts, [mount]);
    assert.deepEqual(spec?.initContainers?.[0]?.volumeMounts, [mount]);
    assert.equal(spec?.serviceAccountName, 'default');
    assert.equal(spec?.serviceAccount, 'default');
  });

  it('leaves alone what a client has put there', async () => {
    const fixture = await createFixture();
    const own = { name: 'own', mountPath };
    const volumes = [{ name: 'own', emptyDir: {} }];
    const { spec } = await createPod(fixture, {
      volumes,
      containers: [
        { ...container, volumeMounts: [own] },
        { name: 'd', image: 'i' },
      ],
    });
    assert.deepEqual(spec?.containers?.[0]?.volumeMounts, [own]);
    assert.equal(spec?.containers?.[1]?.volumeMounts?.length, 1);
    assert.equal(spec?.volumes?.length, 2);
    const all = await createPod(fixture, { volumes, containers: [{ ...container, volumeMounts: [own] }] });
    assert.equal(all.spec?.volumes?.length, 1);
    const named = await createPod(fixture, { volumes: [{ name: 'kube-api-access-mine', emptyDir: {} }] });
    assert.deepEqual(
      named.spec?.volumes?.map(({ name }) => name),
      ['kube-api-access-mine'],
    );
    assert.equal(named.spec?.containers?.[0]?.volumeMounts?.[0]?.name, 'kube-api-access-mine');
  });

  it('is left out when the pod, or else its account, says so', async () => {
    const fixture = await createFixture();
    await fixture.create('serviceaccounts', account('silent', { automountServiceAccountToken: false }));
    const isMounted = async (spec: JsonObject): Promise<boolean> =>
      (await createPod(fixture, spec)).spec?.volumes !== undefined;
    assert.equal(await isMounted({ automountServiceAccountToken: false }), false);
    assert.equal(await isMounted({ serviceAccountName: 'silent' }), false);
    assert.equal(await isMounted({ serviceAccountName: 'silent', automountServiceAccountToken: true }), true);
  });
});

describe('the account of a pod', () => {
  it('gives its pull secrets to pods without any', async () => {
    const fixture = await createFixture();
    await fixture.create('serviceaccounts', account('puller', { imagePullSecrets: [{ name: 'a' }, { name: 'b' }] }));
    const secrets = async (spec: JsonObject): Promise<unknown> =>
      (await createPod(fixture, { serviceAccountName: 'puller', ...spec })).spec?.imagePullSecrets;
    assert.deepEqual(await secrets({}), [{ name: 'a' }, { name: 'b' }]);
    assert.deepEqual(await secrets({ imagePullSecrets: [{ name: 'own' }] }), [{ name: 'own' }]);
  });

  it('is waited for when it is the default one, and missed before the pod is validated', async () => {
    const fixture = await createFixture();
    await fixture.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'new' } });
    const pod = createPod(fixture, {}, { namespace: 'new' });
    await fixture.create('serviceaccounts', { ...account('default'), metadata: { name: 'default', namespace: 'new' } });
    assert.equal((await pod).spec?.serviceAccountName, 'default');
    await assert.rejects(
      createPod(fixture, { serviceAccountName: 'nobody', containers: [] }),
      apiError(
        403,
        'pods "p" is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found',
      ),
    );
  });

  it('may allow its own Secrets only', async () => {
    const fixture = await createFixture();
    const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' };
    await fixture.create('serviceaccounts', {
      ...account('strict', { secrets: [{ name: 'mine' }], imagePullSecrets: [{ name: 'pull' }] }),
      metadata: { name: 'strict', annotations },
    });
    const because = ' is not allowed because service account strict does not reference that ';
    const env = [{ name: 'S', valueFrom: { secretKeyRef: { name: 'other', key: 'k' } } }];
    const envFrom = [{ secretRef: { name: 'other' } }];
    const cases: readonly (readonly [JsonObject, string])[] = [
      [
        { volumes: [{ name: 'v', secret: { secretName: 'other' } }] },
        `volume with secret.secretName="other"${because}secret`,
      ],
      [
        { containers: [{ ...container, env }] },
        `container c with envVar S referencing secret.secretName="other"${because}secret`,
      ],
      [
        { containers: [{ ...container, envFrom }] },
        `container c with envFrom referencing secret.secretName="other"${because}secret`,
      ],
      [
        { initContainers: [{ name: 'i', image: 'i', env }] },
        `init container i with envVar S referencing secret.secretName="other"${because}secret`,
      ],
      [
        { imagePullSecrets: [{ name: 'pull' }, { name: 'foreign' }] },
        `imagePullSecrets[1].name="foreign"${because}imagePullSecret`,
      ],
    ];
    for (const [spec, why] of cases)
      await assert.rejects(
        createPod(fixture, { serviceAccountName: 'strict', ...spec }),
        apiError(403, `pods "p" is forbidden: ${why}`),
      );
    await createPod(fixture, {
      serviceAccountName: 'strict',
      volumes: [{ name: 'v', secret: { secretName: 'mine' } }],
    });
  });

  it('is nothing for the copy of a pod that a kubelet runs by itself', async () => {
    const fixture = await createFixture();
    const mirror = { annotations: { 'kubernetes.io/config.mirror': 'x' } };
    const spec = (await createPod(fixture, { nodeName: 'n' }, mirror)).spec;
    assert.equal(spec?.serviceAccountName, undefined);
    assert.equal(spec?.volumes, undefined);
    const refused = (more: JsonObject, why: string): Promise<void> =>
      assert.rejects(
        createPod(fixture, { nodeName: 'n', ...more }, mirror),
        apiError(403, `pods "p" is forbidden: a mirror pod may not ${why}`),
      );
    await refused({ serviceAccountName: 'default' }, 'reference service accounts');
    await refused({ imagePullSecrets: [{ name: 'x' }] }, 'reference secrets');
    await refused({ volumes: [{ name: 'v', azureFile: { secretName: 's', shareName: 'x' } }] }, 'reference secrets');
    const token = { name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } };
    await refused({ volumes: [token] }, 'use ServiceAccountToken volume projections');
  });
});
