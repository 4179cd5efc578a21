import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../apimachinery/json.ts';
import { apiError, createFixture, type Fixture } from '../../registry/testing.ts';

const range = (name: string, ...limits: JsonObject[]): JsonObject => ({
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name, namespace: 'default' },
  spec: { limits },
});
const container = (name: string, resources: JsonObject = {}, more: JsonObject = {}): JsonObject => ({
  name,
  image: 'i',
  resources,
  ...more,
});
const pod = (name: string, containers: JsonObject[], initContainers: JsonObject[] = []): JsonObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: { containers, initContainers },
});

async function fixtureWith(...limits: JsonObject[]): Promise<Fixture> {
  const fixture = await createFixture();
  await fixture.create('limitranges', range('l', ...limits));
  return fixture;
}

describe('a LimitRange', () => {
  it('gives containers its defaults and notes which', async () => {
    const fixture = await fixtureWith({
      type: 'Container',
      default: { cpu: '500m', memory: '1Gi' },
      defaultRequest: { cpu: '100m' },
    });
    const created = await fixture.create(
      'pods',
      pod('p', [container('a'), container('b', { limits: { cpu: '1' } })], [container('i')]),
    );
    const spec = created['spec'] as { containers: JsonObject[]; initContainers: JsonObject[] };
    const full = { limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: '100m', memory: '1Gi' } };
    assert.deepEqual(
      [...spec.containers, ...spec.initContainers].map(({ resources }) => resources),
      [full, { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } }, full],
    );
    assert.equal(
      created.metadata.annotations?.['kubernetes.io/limit-ranger'],
      'LimitRanger plugin set: cpu, memory request for container a; cpu, memory limit for container a; memory request for container b; memory limit for container b; cpu, memory request for init container i; cpu, memory limit for init container i',
    );
  });

  it('refuses containers outside its bounds, with every reason', async () => {
    const fixture = await fixtureWith({
      type: 'Container',
      min: { cpu: '100m', memory: '6Mi' },
      max: { cpu: '1', memory: '1Gi' },
      default: { memory: '10Mi' },
      defaultRequest: { memory: '10Mi' },
    });
    await assert.rejects(
      fixture.create('pods', pod('p', [container('a', { requests: { cpu: '50m' }, limits: { cpu: '2' } })])),
      apiError(
        403,
        'pods "p" is forbidden: [minimum cpu usage per Container is 100m, but request is 50m, maximum cpu usage per Container is 1, but limit is 2]',
      ),
    );
    await fixture.create('pods', pod('p', [container('a', { requests: { cpu: '200m' } })]));
  });

  it('wants what it bounds to be said, and keeps the ratio of limit to request', async () => {
    const fixture = await fixtureWith({
      type: 'Pod',
      min: { cpu: '100m' },
      max: { memory: '1Gi' },
      maxLimitRequestRatio: { cpu: '2' },
    });
    await assert.rejects(
      fixture.create('pods', pod('p', [container('a')])),
      apiError(
        403,
        'pods "p" is forbidden: [minimum cpu usage per Pod is 100m.  No request is specified, maximum memory usage per Pod is 1Gi.  No limit is specified, cpu max limit to request ratio per Pod is 2, but no request is specified or request is 0]',
      ),
    );
    const resources = { requests: { cpu: '100m' }, limits: { cpu: '300m', memory: '1Mi' } };
    await assert.rejects(
      fixture.create('pods', pod('p', [container('a', resources)])),
      apiError(403, /: cpu max limit to request ratio per Pod is 2, but provided ratio is 3.000000$/),
    );
  });

  it('adds up what a pod asks for: sidecars stay, other init containers come one after another', async () => {
    const fixture = await fixtureWith({ type: 'Pod', max: { cpu: '4' } });
    const cpu = (value: string): JsonObject => ({ limits: { cpu: value } });
    const sidecar = container('s', cpu('1'), { restartPolicy: 'Always' });
    await fixture.create('pods', pod('fits', [container('a', cpu('2'))], [sidecar, container('i', cpu('3'))]));
    await assert.rejects(
      fixture.create('pods', pod('p', [container('a', cpu('2'))], [sidecar, container('i', cpu('3500m'))])),
      apiError(403, 'pods "p" is forbidden: maximum cpu usage per Pod is 4, but limit is 4500m'),
    );
  });

  it('bounds what claims request', async () => {
    const fixture = await fixtureWith({
      type: 'PersistentVolumeClaim',
      min: { storage: '1Gi' },
      max: { storage: '2Gi' },
    });
    const claim = (storage: string): JsonObject => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'c', namespace: 'default' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
    });
    await assert.rejects(
      fixture.create('persistentvolumeclaims', claim('512Mi')),
      apiError(403, /minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 512Mi$/),
    );
    await assert.rejects(
      fixture.create('persistentvolumeclaims', claim('3Gi')),
      apiError(403, /maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi$/),
    );
    await fixture.create('persistentvolumeclaims', claim('2Gi'));
  });

  it('does not look at pods again unless they are resized', async () => {
    const fixture = await createFixture();
    const created = await fixture.create('pods', pod('p', [container('a', { limits: { cpu: '2' } })]));
    await fixture.create('limitranges', range('l', { type: 'Container', max: { cpu: '1' } }));
    await fixture.patch('pods', 'p', 'merge', { metadata: { labels: { x: 'y' } } });
    const spec = created['spec'] as { containers: JsonObject[] };
    const [first] = spec.containers;
    const resized = {
      spec: { containers: [{ ...first, resources: { limits: { cpu: '3' }, requests: { cpu: '3' } } }] },
    };
    await assert.rejects(
      fixture.patch('pods', 'p', 'strategic', resized, { subresource: 'resize' }),
      apiError(403, 'pods "p" is forbidden: maximum cpu usage per Container is 1, but limit is 3'),
    );
  });
});
