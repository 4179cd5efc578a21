import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type CommandResult, kubectl } from '../support/kubectl.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';

const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: crontabs.stable.example.com}
spec:
  group: stable.example.com
  scope: Namespaced
  names: {plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns:
    - {name: Spec, type: string, jsonPath: .spec.cronSpec}
    - {name: Replicas, type: integer, jsonPath: .spec.replicas}
    - {name: Image, type: string, jsonPath: .spec.image, priority: 1}
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
    schema:
      openAPIV3Schema:
        type: object
        description: Something to be done again and again.
        properties:
          spec:
            type: object
            description: What is wanted.
            required: [cronSpec]
            properties:
              cronSpec: {type: string, pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$', description: When.}
              image: {type: string, default: busybox}
              replicas: {type: integer, minimum: 1, maximum: 10}
          status:
            type: object
            properties: {replicas: {type: integer}}
`;
const crontab = (name: string, spec: string) => `
apiVersion: stable.example.com/v1
kind: CronTab
metadata: {name: ${name}}
spec: {${spec}}
`;

describe('kubectl 1.33 with custom resources', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'atoll-e2e-crd-'));
  let server: ServerProcess;
  const run = (...args: string[]): Promise<CommandResult> =>
    kubectl({ kubeconfig: server.kubeconfig, timeoutMs: 60_000 }, '--cache-dir', join(dataDir, 'discovery'), ...args);
  const pipe = (input: string, ...args: string[]): Promise<CommandResult> =>
    kubectl(
      { kubeconfig: server.kubeconfig, input, timeoutMs: 60_000 },
      '--cache-dir',
      join(dataDir, 'discovery'),
      ...args,
    );
  const ok = async (result: Promise<CommandResult>): Promise<string> => {
    const { code, stdout, stderr } = await result;
    assert.equal(code, 0, `${stdout}${stderr}`);
    return stdout;
  };

  before(async () => {
    // Two processes: definitions made by one are served by the other.
    server = await startServerProcess({ dataDir, flags: ['--processes', '2'] });
  });
  after(async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('applies a definition, finds it established, and uses it at once', async () => {
    await ok(pipe(definition, 'apply', '-f', '-'));
    await ok(run('wait', '--for=condition=Established', 'crd/crontabs.stable.example.com', '--timeout=10s'));
    await ok(pipe(crontab('one', "cronSpec: '* * * * */5', replicas: 3"), 'apply', '-f', '-'));
    assert.match(
      await ok(pipe(crontab('one', "cronSpec: '* * * * */6', replicas: 3"), 'apply', '-f', '-')),
      /configured/,
    );
    assert.match(await ok(run('explain', 'crontab.spec')), /What is wanted[\s\S]*cronSpec\s+<string> -required-/);
  });

  it('prints the columns of the definition', async () => {
    assert.match(await ok(run('get', 'ct')), /^NAME +SPEC +REPLICAS\none +\* \* \* \* \*\/6 +3\n$/);
    assert.match(await ok(run('get', 'ct', '-o', 'wide')), /IMAGE\none .* busybox\n$/);
    assert.match(await ok(run('get', 'all')), /crontab.stable.example.com\/one/);
  });

  it('is told what is wrong', async () => {
    const { code, stderr } = await pipe(crontab('bad', "cronSpec: 'now', replicas: 30"), 'create', '-f', '-');
    assert.equal(code, 1);
    assert.match(stderr, /The CronTab "bad" is invalid: /);
    assert.match(
      stderr,
      /\* spec.replicas: Invalid value: 30: spec.replicas in body should be less than or equal to 10/,
    );
    const unknown = await pipe(crontab('bad', "cronSpec: '* * * * *', foo: bar"), 'create', '-f', '-');
    assert.match(unknown.stderr, /unknown field "spec.foo"/);
  });

  it('applies server side, patches, scales and deletes', async () => {
    await ok(pipe(crontab('two', "cronSpec: '* * * * *', replicas: 1"), 'apply', '--server-side', '-f', '-'));
    await ok(run('patch', 'ct', 'two', '--type', 'merge', '-p', '{"spec":{"image":"nginx"}}'));
    const strategic = await run('patch', 'ct', 'two', '-p', '{"spec":{"image":"nginx"}}');
    assert.match(
      strategic.stderr,
      /application\/strategic-merge-patch\+json is not supported by stable.example.com\/v1, Kind=CronTab/,
    );
    await ok(run('scale', 'ct', 'two', '--replicas', '7'));
    assert.equal(await ok(run('get', 'ct', 'two', '-o', 'jsonpath={.spec.image} {.spec.replicas}')), 'nginx 7');
    await ok(run('delete', 'ct', 'two'));
  });

  it('deletes a definition with everything in it, and can make it anew', async () => {
    await ok(run('delete', 'crd', 'crontabs.stable.example.com', '--timeout=30s'));
    const { code, stderr } = await run('get', 'ct');
    assert.equal(code, 1);
    assert.match(stderr, /the server doesn't have a resource type "ct"|could not find the requested resource/);
    await ok(pipe(definition, 'create', '-f', '-'));
    assert.match((await run('get', 'ct')).stderr, /No resources found/);
  });
});
