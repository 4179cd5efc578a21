import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PodSpec } from '../../api/core/v1/pod-template/types.ts';
import type { JsonObject } from '../../apimachinery/json.ts';
import { apiError, createFixture, type Fixture } from '../../registry/testing.ts';
import { describeViolations, violationsOf } from './evaluate.ts';
import type { Level } from './policy.ts';

const prefix = 'pod-security.kubernetes.io/';
const container = { name: 'c', image: 'i' };
const latest = Number.POSITIVE_INFINITY;

/** What a level says of a pod, as messages have it. */
function found(level: Level, spec: PodSpec, minor = latest, annotations: Record<string, string> = {}): string {
  return describeViolations(violationsOf({ level, minor }, { annotations }, spec));
}

async function namespace(fixture: Fixture, labels: Record<string, string>): Promise<void> {
  const own = Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${prefix}${key}`, value]));
  await fixture.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team', labels: own } });
  await fixture.create('serviceaccounts', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace: 'team' },
  });
}

function createPod(fixture: Fixture, spec: JsonObject, name = 'p'): Promise<unknown> {
  return fixture.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'team' },
    spec: { containers: [container], ...spec },
  });
}

const privileged = { containers: [{ ...container, securityContext: { privileged: true } }] };

describe('the level baseline', () => {
  const cases: readonly (readonly [string, PodSpec, string])[] = [
    ['nothing', { containers: [container] }, ''],
    [
      'namespaces of the host',
      { hostNetwork: true, hostPID: true, hostIPC: true },
      'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)',
    ],
    [
      'several capabilities',
      {
        containers: [
          { name: 'a', securityContext: { capabilities: { add: ['SYS_TIME', 'CHOWN', 'NET_RAW'] } } },
          { name: 'b', securityContext: { capabilities: { add: ['NET_RAW'] } } },
        ],
      },
      'non-default capabilities (containers "a", "b" must not include "NET_RAW", "SYS_TIME" in securityContext.capabilities.add)',
    ],
    [
      'ports of the host',
      { initContainers: [{ name: 'i', ports: [{ hostPort: 90 }, { hostPort: 8080 }] }], containers: [container] },
      'hostPort (container "i" uses hostPorts 8080, 90)',
    ],
    [
      'SELinux options',
      {
        securityContext: { seLinuxOptions: { type: 'spc_t', user: 'u' } },
        containers: [{ name: 'c', securityContext: { seLinuxOptions: { role: 'r' } } }],
      },
      'seLinuxOptions (pod and container "c" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set)',
    ],
    [
      'unconfined seccomp',
      { securityContext: { seccompProfile: { type: 'Unconfined' } } },
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      'processes of the host under Windows',
      { ephemeralContainers: [{ name: 'e', securityContext: { windowsOptions: { hostProcess: true } } }] },
      'hostProcess (container "e" must not set securityContext.windowsOptions.hostProcess=true)',
    ],
  ];
  for (const [what, spec, text] of cases)
    it(`says of ${what} what stock says`, () => assert.equal(found('baseline', spec), text));

  it('knows sysctls, profiles and types as they came', () => {
    const spec = { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem' }] } };
    assert.equal(found('baseline', spec, 31), 'forbidden sysctls (net.ipv4.tcp_rmem)');
    assert.equal(found('baseline', spec, 32), '');
    const annotations = { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' };
    assert.equal(
      found('baseline', {}, 18, annotations),
      'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")',
    );
    assert.equal(found('baseline', {}, 19, annotations), '');
  });
});

describe('the level restricted', () => {
  it('says of an ordinary pod what stock says', () => {
    assert.equal(
      found('restricted', { containers: [container] }),
      [
        'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false)',
        'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"])',
        'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
        'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
      ].join(', '),
    );
  });

  it('takes the place of laxer checks', () => {
    const spec = {
      volumes: [
        { name: 'h', hostPath: { path: '/' } },
        { name: 'n', nfs: { server: 's' } },
      ],
    };
    assert.equal(found('baseline', spec), 'hostPath volumes (volume "h")');
    assert.match(
      found('restricted', spec),
      /^restricted volume types \(volumes "h", "n" use restricted volume types "hostPath", "nfs"\)/,
    );
  });

  it('asks nothing of pods for Windows that they may not say', () => {
    const spec = { os: { name: 'windows' }, containers: [container], securityContext: { runAsNonRoot: true } };
    assert.equal(found('restricted', spec), '');
    assert.notEqual(found('restricted', spec, 24), '');
  });
});

describe('a namespace', () => {
  it('refuses pods, and only warns of workloads', async () => {
    const fixture = await createFixture();
    await namespace(fixture, { enforce: 'baseline', 'enforce-version': 'v1.30' });
    const why = 'privileged (container "c" must not set securityContext.privileged=true)';
    await assert.rejects(
      createPod(fixture, privileged),
      apiError(403, `pods "p" is forbidden: violates PodSecurity "baseline:v1.30": ${why}`),
    );
    await createPod(fixture, {});
    fixture.warnings.length = 0;
    const template = { metadata: { labels: { a: 'b' } }, spec: privileged };
    await fixture.create('deployments.apps', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd', namespace: 'team' },
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    });
    assert.deepEqual(fixture.warnings, [`would violate PodSecurity "baseline:v1.30": ${why}`]);
  });

  it('minds what is added to a pod that runs, not its labels', async () => {
    const fixture = await createFixture();
    await namespace(fixture, {});
    await createPod(fixture, privileged);
    await fixture.patch('namespaces', 'team', 'merge', { metadata: { labels: { [`${prefix}enforce`]: 'baseline' } } });
    const at = (subresource: string): ReturnType<Fixture['target']> =>
      fixture.target('pods', { name: 'p', namespace: 'team', subresource });
    const patch = (subresource: string, body: JsonObject): Promise<unknown> =>
      fixture.registry.patch(
        fixture.ctx(),
        at(subresource),
        { type: 'merge', patch: body, strictErrors: [] },
        { dryRun: false, fieldValidation: 'Strict' },
      );
    await patch('', { metadata: { labels: { a: 'b' } } });
    await assert.rejects(
      patch('ephemeralcontainers', { spec: { ephemeralContainers: [{ name: 'e', image: 'i' }] } }),
      apiError(403, /violates PodSecurity "baseline:latest": privileged/),
    );
  });

  it('is told which of its pods a stricter level would refuse', async () => {
    const fixture = await createFixture();
    await namespace(fixture, {});
    await createPod(fixture, {}, 'good');
    await createPod(fixture, privileged, 'bad-b');
    await createPod(fixture, privileged, 'bad-a');
    await createPod(fixture, { hostPID: true }, 'worse');
    fixture.warnings.length = 0;
    const relabel = (labels: JsonObject): Promise<unknown> =>
      fixture.patch('namespaces', 'team', 'merge', { metadata: { labels } });
    await relabel({ [`${prefix}enforce`]: 'baseline' });
    assert.deepEqual(fixture.warnings, [
      'existing pods in namespace "team" violate the new PodSecurity enforce level "baseline:latest"',
      'bad-a (and 1 other pod): privileged',
      'worse: host namespaces',
    ]);
    fixture.warnings.length = 0;
    await relabel({ [`${prefix}enforce`]: 'privileged' });
    assert.deepEqual(fixture.warnings, []);
  });

  it('takes no wrong labels', async () => {
    const fixture = await createFixture();
    await assert.rejects(
      namespace(fixture, { enforce: 'strict', 'warn-version': 'v2' }),
      apiError(
        422,
        'Namespace "team" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "v2": must be "latest" or "v1.x"]',
      ),
    );
  });
});
