import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../apimachinery/object.ts';
import { createDefaultContent } from './default-content.ts';

const cluster = { uid: '0c9a7a54-5b55-4d64-9b57-0d3a1f6b2f11', createdAt: '2026-01-02T03:04:05Z' };
const content = createDefaultContent({ caCertificatePem: '-----BEGIN CERTIFICATE-----\n"x"\n' });

function read(resource: string): KubeObject[] {
  return content.objects(cluster, resource).map(({ text }) => JSON.parse(text) as KubeObject);
}

test('every namespace comes with its default ServiceAccount and the root certificate', () => {
  const names = read('namespaces').map((object) => object.metadata.name);
  assert.deepEqual(names, ['default', 'kube-public', 'kube-system']);
  assert.deepEqual(
    read('serviceaccounts').map(({ metadata }) => [metadata.namespace, metadata.name]),
    names.map((name) => [name, 'default']),
  );
  for (const object of read('configmaps')) {
    assert.equal(object.metadata.name, 'kube-root-ca.crt');
    assert.deepEqual(object.data, { 'ca.crt': '-----BEGIN CERTIFICATE-----\n"x"\n' });
  }
});

test('a namespace is Active and carries its name as a label', () => {
  const [first] = read('namespaces');
  assert.deepEqual(first?.spec, { finalizers: ['kubernetes'] });
  assert.deepEqual(first?.status, { phase: 'Active' });
  assert.deepEqual(first?.metadata.labels, { 'kubernetes.io/metadata.name': 'default' });
});

test('texts have the form that storage keeps', () => {
  for (const resource of content.resources) {
    for (const object of content.objects(cluster, resource)) {
      const parsed = JSON.parse(object.text) as KubeObject;
      assert.equal(object.text, JSON.stringify(parsed));
      assert.deepEqual(Object.keys(parsed).slice(0, 3), ['kind', 'apiVersion', 'metadata']);
      assert.equal(parsed.metadata.name, object.name);
      assert.equal(parsed.metadata.namespace ?? '', object.namespace);
      assert.equal(parsed.metadata.creationTimestamp, cluster.createdAt);
    }
  }
});

test('objects are sorted by namespace and name', () => {
  for (const resource of content.resources) {
    const keys = content.objects(cluster, resource).map(({ namespace, name }) => `${namespace}/${name}`);
    assert.deepEqual(keys, keys.toSorted());
  }
});

test('uids are UUIDs, stable for one cluster and unique among clusters, kinds and names', () => {
  const seen = new Set<string>();
  let count = 0;
  for (const uid of [cluster.uid, 'f0000000-5b55-4d64-9b57-0d3a1f6b2f11']) {
    for (const resource of content.resources) {
      for (const { text } of content.objects({ ...cluster, uid }, resource)) {
        const object = JSON.parse(text) as KubeObject;
        assert.match(
          object.metadata.uid ?? '',
          /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
        seen.add(object.metadata.uid ?? '');
        count++;
      }
    }
  }
  assert.equal(seen.size, count);
  assert.deepEqual(read('namespaces'), read('namespaces'));
});

test('admin, edit and view hold the rules that aggregation gives them', () => {
  const roles = new Map(read('clusterroles.rbac.authorization.k8s.io').map((role) => [role.metadata.name, role]));
  const rules = (name: string): unknown[] => roles.get(name)?.rules as unknown[];
  assert.deepEqual(rules('view'), rules('system:aggregate-to-view'));
  assert.deepEqual(rules('edit'), [...rules('system:aggregate-to-edit'), ...rules('view')]);
  assert.deepEqual(rules('admin'), [...rules('edit'), ...rules('system:aggregate-to-admin')]);
});

test('every default binding names a default role', () => {
  const roles = new Set(read('clusterroles.rbac.authorization.k8s.io').map((role) => role.metadata.name));
  for (const binding of read('clusterrolebindings.rbac.authorization.k8s.io')) {
    assert.ok(roles.has((binding.roleRef as { name: string }).name));
  }
});

type FullObject = KubeObject & {
  spec: { clusterIP: string };
  subsets: readonly { addresses: readonly object[] }[];
  status: { conditions: readonly { lastTransitionTime: string }[] };
};

const clusterDefaults = {
  serviceRange: '10.96.7.0/12',
  host: '192.0.2.1',
  port: 6443,
};
const extensionAuthentication = { clientCaPem: 'client', frontProxyCaPem: 'proxy' };

test('aggregated API servers find in every logical cluster whom to believe, and the name of its own front proxy', () => {
  const plain = createDefaultContent({ caCertificatePem: '', extensionAuthentication });
  const found = plain.objects(cluster, 'configmaps').find(({ name }) => name === 'extension-apiserver-authentication');
  const { data } = JSON.parse(found?.text ?? '') as { data: Record<string, string> };
  assert.equal(found?.namespace, 'kube-system');
  assert.equal(data['requestheader-allowed-names'], `["front-proxy-client:${cluster.uid}"]`);
  assert.equal(data['requestheader-client-ca-file'], 'proxy');
  assert.equal(data['client-ca-file'], 'client');
  const [role] = plain.objects(cluster, 'roles.rbac.authorization.k8s.io');
  assert.equal(role?.name, 'extension-apiserver-authentication-reader');
});

describe('what a stock cluster shows of itself', () => {
  const full = createDefaultContent({ caCertificatePem: '', clusterDefaults, extensionAuthentication });
  const readFull = (resource: string) =>
    full.objects(cluster, resource).map(({ text }) => JSON.parse(text) as FullObject);

  test('is made only on request', () => {
    assert.equal(content.objects(cluster, 'services').length, 0);
    const names = full.objects(cluster, 'namespaces').map(({ name }) => name);
    assert.deepEqual(names, ['default', 'kube-node-lease', 'kube-public', 'kube-system']);
  });

  test('is as many objects as a fresh stock server has, and one role of our own', () => {
    const counts = [...full.resources].map((resource) => [resource, full.objects(cluster, resource).length]);
    const stock = {
      'flowschemas.flowcontrol.apiserver.k8s.io': 13,
      'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': 8,
      'clusterroles.rbac.authorization.k8s.io': 67,
      'clusterrolebindings.rbac.authorization.k8s.io': 47,
      'roles.rbac.authorization.k8s.io': 7,
      'rolebindings.rbac.authorization.k8s.io': 7,
      configmaps: 6,
    };
    for (const [resource, count] of Object.entries(stock))
      assert.deepEqual([resource, Object.fromEntries(counts)[resource]], [resource, count]);
  });

  test('has the Service kubernetes at the first address of the range, and where it leads', () => {
    const [service] = readFull('services');
    assert.equal(service?.spec.clusterIP, '10.96.0.1');
    assert.equal(readFull('ipaddresses.networking.k8s.io')[0]?.metadata.name, '10.96.0.1');
    assert.deepEqual(readFull('endpoints')[0]?.subsets[0]?.addresses, [{ ip: '192.0.2.1' }]);
    const here = createDefaultContent({
      caCertificatePem: '',
      clusterDefaults: { ...clusterDefaults, host: '127.0.0.1' },
    });
    assert.equal(here.objects(cluster, 'endpoints').length, 0);
  });

  test('says since when tokens from Secrets are counted', () => {
    const found = full.objects(cluster, 'configmaps').find(({ name }) => name.includes('legacy-service-account-token'));
    assert.deepEqual((JSON.parse(found?.text ?? '') as KubeObject).data, { since: '2026-01-02' });
  });

  test('repeats the age of the logical cluster where objects have a time, and sorts by namespace and name', () => {
    for (const { status } of readFull('flowschemas.flowcontrol.apiserver.k8s.io'))
      assert.equal(status.conditions[0]?.lastTransitionTime, cluster.createdAt);
    for (const resource of full.resources) {
      const keys = full.objects(cluster, resource).map(({ namespace, name }) => `${namespace}/${name}`);
      assert.deepEqual(
        keys,
        keys.toSorted((a, b) => (a < b ? -1 : 1)),
      );
    }
  });
});
