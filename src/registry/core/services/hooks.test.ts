import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Service, ServiceSpec } from '../../../api/core/v1/service-types.ts';
import type { JsonObject } from '../../../apimachinery/json.ts';
import type { ClusterName } from '../../../logicalcluster/name.ts';
import { apiError, createFixture, type Fixture } from '../../testing.ts';

const small = { clusterIps: '10.0.0.0/28', nodePorts: '30000-30009' };

function service(name: string, spec: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } };
}

async function make(fixture: Fixture, name: string, spec?: JsonObject, dryRun = false): Promise<ServiceSpec> {
  return ((await fixture.create('services', service(name, spec), { dryRun })) as Service).spec ?? {};
}

const addresses = 'ipaddresses.networking.k8s.io';
const nodePorts = 'servicenodeports.internal.atoll.dev';

async function allocated(fixture: Fixture, resource: string): Promise<string[]> {
  const cluster = 'root' as ClusterName;
  const list = await fixture.store.list({ cluster, resource, at: { mode: 'fresh' } });
  return list.items.map(({ key }) => key.name);
}

describe('addresses of Services', () => {
  it('are distinct however many are created at once, until none is left, and free again after a delete', async () => {
    const fixture = await createFixture({ standard: { serviceRanges: small } });
    const names = Array.from({ length: 14 }, (_, index) => `s${index}`);
    const made = await Promise.all(names.map((name) => make(fixture, name)));
    const ips = made.map(({ clusterIP }) => clusterIP);
    assert.equal(new Set(ips).size, 14);
    for (const ip of ips) assert.match(ip ?? '', /^10\.0\.0\.([1-9]|1[0-4])$/);
    await assert.rejects(make(fixture, 'one-more'), apiError(500, /failed to allocate a serviceIP: range is full$/));
    await fixture.delete('services', 's3');
    assert.equal((await make(fixture, 'one-more')).clusterIP, ips[3]);
  });

  it('may be asked for, once', async () => {
    const fixture = await createFixture();
    assert.equal((await make(fixture, 'a', { clusterIP: '10.96.3.4' })).clusterIP, '10.96.3.4');
    await assert.rejects(
      make(fixture, 'b', { clusterIP: '10.96.3.4' }),
      apiError(
        422,
        'Service "b" is invalid: spec.clusterIPs: Invalid value: []string{"10.96.3.4"}: failed to allocate IP 10.96.3.4: provided IP is already allocated',
      ),
    );
    await assert.rejects(
      make(fixture, 'b', { clusterIP: '1.2.3.4' }),
      apiError(
        422,
        'Service "b" is invalid: spec.clusterIPs: Invalid value: []string{"1.2.3.4"}: failed to allocate IP 1.2.3.4: the provided network does not match the current range',
      ),
    );
    await assert.rejects(
      make(fixture, 'b', { clusterIP: 'fd00::1' }),
      apiError(422, /spec\.clusterIPs\[0\]: .*IPv6 is not configured on this cluster$/),
    );
  });

  it('go to one of those who ask for the same at once', async () => {
    const fixture = await createFixture();
    const names = Array.from({ length: 8 }, (_, index) => `s${index}`);
    const outcomes = await Promise.allSettled(names.map((name) => make(fixture, name, { clusterIP: '10.96.3.4' })));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  it('are not for headless and external Services, and are given up by a change to one', async () => {
    const fixture = await createFixture();
    assert.equal((await make(fixture, 'headless', { clusterIP: 'None' })).clusterIP, 'None');
    assert.equal((await make(fixture, 'out', { type: 'ExternalName', externalName: 'x.y' })).clusterIP, undefined);
    const { clusterIP = '' } = await make(fixture, 'a');
    assert.deepEqual(await allocated(fixture, addresses), [clusterIP]);
    const external = { type: 'ExternalName', externalName: 'x.y' };
    await fixture.patch('services', 'a', 'merge', { spec: external });
    assert.deepEqual(await allocated(fixture, addresses), []);
    await fixture.patch('services', 'a', 'merge', { spec: { type: 'ClusterIP', externalName: null } });
    const { spec } = (await fixture.get('services', 'a')) as Service;
    assert.deepEqual(await allocated(fixture, addresses), [spec?.clusterIP]);
  });

  it('stay over updates', async () => {
    const fixture = await createFixture();
    const { clusterIP } = await make(fixture, 'a');
    const answer = await fixture.patch('services', 'a', 'merge', { spec: { selector: { a: 'b' } } });
    assert.equal((answer.object.object() as Service).spec?.clusterIP, clusterIP);
    const replaced = await fixture.update('services', {
      ...service('a'),
      metadata: { name: 'a', namespace: 'default' },
    } as Service);
    assert.equal((replaced as Service).spec?.clusterIP, clusterIP);
  });

  it('are taken by no dry run', async () => {
    const fixture = await createFixture();
    assert.equal((await make(fixture, 'a', { type: 'NodePort' }, true)).clusterIP, '10.96.0.0');
    assert.deepEqual(await allocated(fixture, addresses), []);
    assert.deepEqual(await allocated(fixture, nodePorts), []);
  });

  it('refuse what needs a second family', async () => {
    const fixture = await createFixture();
    await assert.rejects(
      make(fixture, 'a', { ipFamilyPolicy: 'RequireDualStack' }),
      apiError(422, /spec\.ipFamilyPolicy: .*this cluster is not configured for dual-stack services$/),
    );
    await assert.rejects(
      make(fixture, 'a', { ipFamilies: ['IPv6'] }),
      apiError(422, /spec\.ipFamilies\[0\]: Invalid value: "IPv6": not configured on this cluster$/),
    );
    assert.deepEqual((await make(fixture, 'a', { ipFamilyPolicy: 'PreferDualStack' })).ipFamilies, ['IPv4']);
  });
});

describe('node ports of Services', () => {
  it('are distinct, until none is left', async () => {
    const fixture = await createFixture({ standard: { serviceRanges: { ...small, clusterIps: '10.0.0.0/16' } } });
    const names = Array.from({ length: 10 }, (_, index) => `s${index}`);
    const made = await Promise.all(names.map((name) => make(fixture, name, { type: 'NodePort' })));
    assert.equal(new Set(made.map(({ ports }) => ports?.[0]?.nodePort)).size, 10);
    await assert.rejects(
      make(fixture, 'x', { type: 'NodePort' }),
      apiError(500, /failed to allocate a nodePort: range is full$/),
    );
  });

  it('may be asked for within the range, once', async () => {
    const fixture = await createFixture();
    const asking = (nodePort: number): JsonObject => ({ type: 'NodePort', ports: [{ port: 80, nodePort }] });
    await make(fixture, 'a', asking(30080));
    await assert.rejects(
      make(fixture, 'b', asking(30080)),
      apiError(
        422,
        'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
      ),
    );
    await assert.rejects(
      make(fixture, 'b', asking(80)),
      apiError(
        422,
        /Invalid value: 80: provided port is not in the valid range\. The range of valid ports is 30000-32767$/,
      ),
    );
    await make(fixture, 'c');
    await assert.rejects(
      fixture.patch('services', 'c', 'merge', { spec: asking(30080) }),
      apiError(422, /provided port is already allocated$/),
    );
  });

  it('are shared by the protocols of one port, follow changes, and are free after a delete', async () => {
    const fixture = await createFixture();
    const ports = [
      { name: 'tcp', port: 53, protocol: 'TCP' },
      { name: 'udp', port: 53, protocol: 'UDP' },
    ];
    const made = await make(fixture, 'a', { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports });
    assert.equal(made.ports?.[0]?.nodePort, made.ports?.[1]?.nodePort);
    assert.equal((await allocated(fixture, nodePorts)).length, 2);
    assert.ok(made.healthCheckNodePort);
    await fixture.patch('services', 'a', 'merge', { spec: { type: 'NodePort' } });
    assert.deepEqual(await allocated(fixture, nodePorts), [String(made.ports?.[0]?.nodePort)]);
    await fixture.delete('services', 'a');
    assert.deepEqual(await allocated(fixture, nodePorts), []);
    assert.deepEqual(await allocated(fixture, addresses), []);
  });
});

describe('IPAddresses', () => {
  const address = (name: string, parent: string): JsonObject => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: { name },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: parent } },
  });
  const reserved = { ...address('10.96.3.4', 'nobody') };

  it('tell whose an address is, as stock writes them, and go with the Service only', async () => {
    const fixture = await createFixture();
    const { clusterIP = '' } = await make(fixture, 'a');
    const { metadata, spec } = await fixture.get(addresses, clusterIP);
    assert.deepEqual(spec, { parentRef: { resource: 'services', namespace: 'default', name: 'a' } });
    assert.deepEqual(metadata.labels, {
      'ipaddress.kubernetes.io/ip-family': 'IPv4',
      'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
    });
    assert.equal(metadata.managedFields?.[0]?.manager, 'kube-apiserver');
    await assert.rejects(
      fixture.delete(addresses, clusterIP),
      apiError(403, /it is the address of the Service default\/a$/),
    );
    await fixture.delete('services', 'a');
    assert.deepEqual(await allocated(fixture, addresses), []);
  });

  it('that somebody has made keep their address from Services, and stay', async () => {
    const fixture = await createFixture();
    await fixture.create(addresses, reserved);
    await assert.rejects(
      make(fixture, 'a', { clusterIP: '10.96.3.4' }),
      apiError(422, /failed to allocate IP 10\.96\.3\.4: provided IP is already allocated$/),
    );
    await fixture.delete(addresses, '10.96.3.4');
    assert.equal((await make(fixture, 'a', { clusterIP: '10.96.3.4' })).clusterIP, '10.96.3.4');
  });

  it('are also of the ranges that ServiceCIDRs add', async () => {
    const fixture = await createFixture({ standard: { serviceRanges: { ...small, clusterIps: '10.0.0.0/30' } } });
    const ask = () => make(fixture, 'asks', { clusterIP: '10.7.0.9' });
    await assert.rejects(ask(), apiError(422, /the provided network does not match the current range$/));
    await fixture.create('servicecidrs.networking.k8s.io', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name: 'more' },
      spec: { cidrs: ['10.7.0.0/24', 'fd00::/64'] },
    });
    assert.equal((await ask()).clusterIP, '10.7.0.9');
    const made = await Promise.all(['a', 'b', 'c'].map((name) => make(fixture, name)));
    assert.equal(new Set(made.map(({ clusterIP }) => clusterIP)).size, 3);
    assert.equal(made.filter(({ clusterIP }) => clusterIP?.startsWith('10.7.0.')).length, 1);
  });
});
