import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WorkSource } from '../../api/placement.atoll.dev/v1alpha1/works.ts';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { createFixture } from '../../registry/testing.ts';
import { podTemplate, references, serviceSelects } from './closure.ts';
import { decisionName, targetNamespace, workName } from './names.ts';
import { desiredHash, render, renderNamespace } from './render.ts';

const source: WorkSource = {
  cluster: 'abcdefghij123456',
  workspaceUID: 'ws-uid',
  resource: 'deployments.apps',
  namespace: 'default',
  namespaceUID: 'ns-uid',
  name: 'web',
  uid: 'web-uid',
  generation: 1,
};

function rendered(object: KubeObject, more: Partial<Parameters<typeof render>[0]> = {}): JsonObject {
  return render({ object, source, controlPlaneUID: 'cp', work: 'w-1', targetNamespace: 't-x', ...more });
}

const spec = (object: JsonObject): JsonObject => object.spec as JsonObject;

test('server fields stay behind, ownership and the namespace are added', () => {
  const result = rendered({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'u',
      resourceVersion: '7',
      generation: 3,
      creationTimestamp: '2026-01-01T00:00:00Z',
      finalizers: ['x/y'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'q' }],
      labels: { app: 'web', 'atoll.dev/cp-uid': 'somebody-else' },
      annotations: {
        note: 'kept',
        'kubectl.kubernetes.io/last-applied-configuration': '{}',
        'atoll.dev/source': 'forged',
      },
    },
    data: { a: 'b' },
  });
  assert.deepEqual(result, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'web',
      namespace: 't-x',
      labels: {
        app: 'web',
        'app.kubernetes.io/managed-by': 'atoll',
        'atoll.dev/cp-uid': 'cp',
        'atoll.dev/workspace-uid': 'ws-uid',
        'atoll.dev/work-id': 'w-1',
      },
      annotations: {
        note: 'kept',
        'atoll.dev/source': '{"cluster":"abcdefghij123456","namespace":"default","name":"web","uid":"web-uid"}',
      },
    },
    data: { a: 'b' },
  });
});

function deployment(podSpec: JsonObject): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', annotations: { 'deployment.kubernetes.io/revision': '4' } },
    spec: { replicas: 3, template: { metadata: { creationTimestamp: null, labels: { app: 'web' } }, spec: podSpec } },
    status: { replicas: 3 },
  };
}

test('a workload gets its share of replicas, no token, and the pull secrets it would have inherited', () => {
  const result = rendered(deployment({ containers: [] }), { replicas: 2, inheritedPullSecrets: ['pull'] });
  assert.deepEqual(spec(result), {
    replicas: 2,
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [], automountServiceAccountToken: false, imagePullSecrets: [{ name: 'pull' }] },
    },
  });
  assert.equal(result.status, undefined);
  const own = rendered(deployment({ imagePullSecrets: [{ name: 'mine' }] }), { inheritedPullSecrets: ['pull'] });
  const template = spec(own).template as JsonObject;
  assert.deepEqual(spec(template).imagePullSecrets, [{ name: 'mine' }]);
});

test('a Service leaves behind what its own cluster allocated, but stays headless', () => {
  const service = (fields: JsonObject): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's' },
    spec: { ports: [{ port: 80, nodePort: 30000 }], ...fields },
  });
  assert.deepEqual(spec(rendered(service({ clusterIP: '10.0.0.7', clusterIPs: ['10.0.0.7'], ipFamilies: ['IPv4'] }))), {
    ports: [{ port: 80 }],
  });
  assert.equal(spec(rendered(service({ clusterIP: 'None' }))).clusterIP, 'None');
});

test('a Secret’s bytes are not in what is stored, and its revision is in the hash', () => {
  const result = rendered({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    type: 'Opaque',
    data: { pw: 'c2VjcmV0' },
  });
  assert.ok(!JSON.stringify(result).includes('c2VjcmV0'));
  assert.equal(result.type, 'Opaque');
  assert.notEqual(desiredHash(result, 1), desiredHash(result, 2));
});

test('the hash does not depend on the order of keys', () => {
  assert.equal(desiredHash({ a: 1, b: { c: [1], d: 2 } }), desiredHash({ b: { d: 2, c: [1] }, a: 1 }));
  assert.notEqual(desiredHash({ a: [1, 2] }), desiredHash({ a: [2, 1] }));
});

test('every way in which a pod can name configuration is found', () => {
  const template = podTemplate(
    deployment({
      serviceAccountName: 'robot',
      imagePullSecrets: [{ name: 'pull' }],
      initContainers: [
        { name: 'i', env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'cm-env', key: 'k' } } }] },
      ],
      containers: [
        {
          name: 'c',
          env: [
            { name: 'B', valueFrom: { secretKeyRef: { name: 's-env', key: 'k' } } },
            { name: 'C', value: 'plain' },
          ],
          envFrom: [{ configMapRef: { name: 'cm-from' } }, { secretRef: { name: 's-from' } }],
        },
      ],
      volumes: [
        { name: 'v1', configMap: { name: 'cm-vol' } },
        { name: 'v2', secret: { secretName: 's-vol' } },
        {
          name: 'v3',
          projected: {
            sources: [
              { configMap: { name: 'cm-proj' } },
              { secret: { name: 's-proj' } },
              { configMap: { name: 'kube-root-ca.crt' } },
            ],
          },
        },
        { name: 'v4', csi: { nodePublishSecretRef: { name: 's-csi' } } },
        { name: 'v5', rbd: { secretRef: { name: 's-rbd' } } },
        { name: 'v6', emptyDir: {} },
      ],
    }),
  );
  assert.deepEqual(
    references(template ?? {}).map(({ resource, name }) => `${resource}/${name}`),
    [
      'configmaps/cm-env',
      'configmaps/cm-from',
      'configmaps/cm-proj',
      'configmaps/cm-vol',
      'secrets/pull',
      'secrets/s-csi',
      'secrets/s-env',
      'secrets/s-from',
      'secrets/s-proj',
      'secrets/s-rbd',
      'secrets/s-vol',
      'serviceaccounts/robot',
    ],
  );
});

test('garbage in a pod template refers to nothing', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      references({ spec: value as JsonObject, metadata: value as JsonObject });
    }),
  );
});

test('a Service belongs to the workloads that its selector picks', () => {
  const template = podTemplate(deployment({})) ?? {};
  const service = (selector: JsonObject | undefined): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's' },
    spec: selector === undefined ? {} : { selector },
  });
  assert.ok(serviceSelects(service({ app: 'web' }), template));
  assert.ok(!serviceSelects(service({ app: 'web', tier: 'x' }), template));
  assert.ok(!serviceSelects(service({}), template));
  assert.ok(!serviceSelects(service(undefined), template));
});

test('namespaces are named from uids, within 63 characters, and are valid whatever they are called above', () => {
  const names = fc.record({
    controlPlaneUID: fc.uuid(),
    workspaceUID: fc.uuid(),
    namespaceUID: fc.uuid(),
    workspace: fc.string({ maxLength: 80 }),
    namespace: fc.string({ maxLength: 80 }),
  });
  fc.assert(
    fc.property(names, (input) => {
      const name = targetNamespace(input);
      assert.match(name, /^t-[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
      assert.ok(name.length <= 63);
      assert.notEqual(name, targetNamespace({ ...input, namespaceUID: `${input.namespaceUID}x` }));
      assert.equal(name.slice(-10), targetNamespace({ ...input, workspace: 'renamed' }).slice(-10));
    }),
  );
});

test('ten thousand namespaces with the same beginning are ten thousand names', () => {
  const seen = new Set<string>();
  for (let i = 0; i < 10_000; i++) {
    seen.add(
      targetNamespace({
        controlPlaneUID: 'c',
        workspaceUID: 'w',
        workspace: 'a-very-long-workspace-name',
        namespaceUID: `n${i}`,
        namespace: `a-very-long-namespace-${i}`,
      }),
    );
  }
  assert.equal(seen.size, 10_000);
});

test('works and decisions have names of their own that are valid object names', () => {
  const work = { workspaceUID: 'w', namespaceUID: 'n', resource: 'configmaps', name: 'x', physicalClusterUID: 'p' };
  assert.match(workName(work), /^w-[a-z0-9]{25}$/);
  assert.notEqual(workName(work), workName({ ...work, physicalClusterUID: 'q' }));
  assert.match(decisionName('n', 'deployments.apps', 'x'), /^d-[a-z0-9]{25}$/);
});

test('a namespace in a physical cluster says whose it is and keeps strangers modest', () => {
  const namespace = renderNamespace('t-x', source, 'cp', 'n-1');
  assert.equal(
    (namespace.metadata as { labels: Record<string, string> }).labels['pod-security.kubernetes.io/enforce'],
    'baseline',
  );
});

test('the token volume of a pod stays where its token is worth something', async () => {
  const fixture = await createFixture();
  const container = { name: 'c', image: 'i', volumeMounts: [{ name: 'own', mountPath: '/x' }] };
  const pod = await fixture.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [container], volumes: [{ name: 'own', emptyDir: {} }] },
  });
  assert.match(JSON.stringify(pod['spec']), /kube-api-access-/);
  const { managedFields: _managed, ...metadata } = pod.metadata;
  // Also of a pod that has lost track of who wrote what, and of one whose user has taken the volume over.
  for (const object of [pod, { ...pod, metadata }]) {
    const applied = spec(rendered(object));
    assert.deepEqual(applied.volumes, [{ name: 'own', emptyDir: {} }]);
    assert.deepEqual((applied.containers as JsonObject[])[0]?.volumeMounts, container.volumeMounts);
    assert.equal(applied.automountServiceAccountToken, false);
  }
  assert.equal('priority' in spec(rendered(pod)), false);
  assert.equal('tolerations' in spec(rendered(pod)), false);
});
