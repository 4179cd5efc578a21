import { randomBytes } from 'node:crypto';
import { type Connection, requestBytes } from './connection.ts';
import { closedLoop, type Figure, figure, Latencies } from './measure.ts';
import { sampleDefinition, sampleObject } from './sample-definition.ts';
import { forEach, makeWorkspace, openAll } from './scenarios.ts';
import { type BenchServer, cpuOf, memoryOf } from './server.ts';

const json = 'application/json';
const mergePatch = 'application/merge-patch+json';
const group = 'bench.example.com';
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** A ConfigMap of as many bytes as the sample object that fills four of its groups. */
function configMap(name: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', labels: { app: 'bench', tier: 'b' } },
    data: { first: 'v'.repeat(400), second: 'w'.repeat(400) },
  });
}

/** Creates and updates of custom resources with 200 fields and ten rules, beside those of a ConfigMap of the same size. */
export async function* customResourceScenarios(server: BenchServer, ms: number): AsyncGenerator<Figure> {
  const connections = await openAll(server, 64);
  const cluster = await makeWorkspace(server, connections[0]!, `custom-${randomBytes(3).toString('hex')}`);
  const define = (plural: string, kind: string, rules: boolean): Buffer =>
    requestBytes('POST', `${cluster}${definitions}`, server.token, {
      type: json,
      text: sampleDefinition({ group, plural, kind, rules }),
    });
  await forEach(connections.slice(0, 1), 2, (index) =>
    index === 0 ? define('plains', 'Plain', false) : define('ruleds', 'Ruled', true),
  );
  const kinds = [
    { name: 'ConfigMap', path: `${cluster}/api/v1/namespaces/default/configmaps`, text: configMap },
    ...(['Plain', 'Ruled'] as const).map((kind) => ({
      name: kind === 'Plain' ? 'CR of 200 fields, no rules' : 'CR of 200 fields, 10 rules',
      path: `${cluster}/apis/${group}/v1/namespaces/default/${kind.toLowerCase()}s`,
      text: (name: string) => sampleObject({ group, kind, name, filled: 4 }),
    })),
  ];
  for (const what of ['create', 'update'] as const) {
    let base = 0;
    for (const { name, path, text } of kinds) {
      const known = 500;
      if (what === 'update')
        await forEach(connections, known, (index) =>
          requestBytes('POST', path, server.token, { type: json, text: text(`known-${index}`) }),
        );
      const cpuBefore = cpuOf(server.pid);
      let sent = 0;
      const result = await closedLoop(`${what} ${name}, 1 KB`, connections, ms, (_, sequence) => {
        sent = sequence;
        return what === 'create'
          ? requestBytes('POST', path, server.token, { type: json, text: text(`new-${sequence}`) })
          : requestBytes('PATCH', `${path}/known-${(sequence * 7919) % known}`, server.token, {
              type: mergePatch,
              text: `{"metadata":{"annotations":{"value":"${sequence}"}}}`,
            });
      });
      const cpu = ((cpuOf(server.pid) - cpuBefore) * 1000) / sent;
      if (base === 0) base = cpu;
      yield {
        ...result,
        note: `${cpu.toFixed(0)} µs CPU of the server each, ${(cpu / base).toFixed(2)} × a ConfigMap`,
      };
    }
  }
  for (const connection of connections) connection.close();
}

/** How long it takes until a new definition's objects are served, and discovery and OpenAPI of many definitions. */
export async function* definitionScenarios(server: BenchServer, count: number): AsyncGenerator<Figure> {
  const [connection] = await openAll(server, 1);
  if (connection === undefined) return;
  const cluster = await makeWorkspace(server, connection, `definitions-${randomBytes(3).toString('hex')}`);
  const served = new Latencies();
  const began = performance.now();
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    await expectOk(connection, 'POST', `${cluster}${definitions}`, server.token, {
      type: json,
      text: sampleDefinition({ group, plural: `kind${i}s`, kind: `Kind${i}`, rules: i % 10 === 0 }),
    });
    await expectOk(connection, 'GET', `${cluster}/apis/${group}/v1/kind${i}s`, server.token);
    served.add(performance.now() - started);
  }
  yield figure(`definition created and its objects listed, of ${count}`, served, performance.now() - began);
  for (const path of [`/apis/${group}/v1`, '/apis', `/openapi/v3/apis/${group}/v1`, '/openapi/v2']) {
    const warm = new Latencies();
    const cold = await timed(connection, server.token, cluster + path);
    const start = performance.now();
    for (let i = 0; i < 5; i++) warm.add(await timed(connection, server.token, cluster + path));
    yield figure(
      `${path} with ${count} definitions, warm`,
      warm,
      performance.now() - start,
      `cold ${cold.toFixed(0)} ms`,
    );
  }
  connection.close();
}

/** Many logical clusters that hold the same definitions: memory, and the first request in each. */
export async function* equalDefinitionScenarios(
  server: BenchServer,
  clusters: number,
  each: number,
): AsyncGenerator<Figure> {
  const connections = await openAll(server, 32);
  const run = randomBytes(3).toString('hex');
  const before = memoryOf(server.pid).node;
  const texts = Array.from({ length: each }, (_, i) =>
    sampleDefinition({ group, plural: `same${i}s`, kind: `Same${i}`, rules: true }),
  );
  const path = (cluster: number): string => `/clusters/root:same-${run}-${cluster}`;
  await forEach(connections, clusters, (index) =>
    requestBytes('POST', '/apis/tenancy.kcp.io/v1alpha1/workspaces', server.token, {
      type: json,
      text: JSON.stringify({
        apiVersion: 'tenancy.kcp.io/v1alpha1',
        kind: 'Workspace',
        metadata: { name: `same-${run}-${index}` },
      }),
    }),
  );
  const began = performance.now();
  await forEach(connections, clusters * each, (index) =>
    requestBytes('POST', `${path(Math.floor(index / each))}${definitions}`, server.token, {
      type: json,
      text: texts[index % each] ?? '',
    }),
  );
  const ms = performance.now() - began;
  yield {
    name: `create ${each} equal definitions in each of ${clusters} logical clusters`,
    perSecond: (clusters * each * 1000) / ms,
    p50: 0,
    p99: 0,
    count: clusters * each,
  };
  const first = new Latencies();
  const start = performance.now();
  for (let i = 0; i < clusters; i++)
    first.add(await timed(connections[0]!, server.token, `${path(i)}/apis/${group}/v1/namespaces/default/same0s`));
  const after = memoryOf(server.pid).node;
  yield figure(
    `first request of each logical cluster`,
    first,
    performance.now() - start,
    `${before.toFixed(0)} MiB before, ${after.toFixed(0)} MiB after`,
  );
  for (const connection of connections) connection.close();
}

async function timed(connection: Connection, token: string, path: string): Promise<number> {
  const started = performance.now();
  await expectOk(connection, 'GET', path, token);
  return performance.now() - started;
}

async function expectOk(
  connection: Connection,
  method: string,
  path: string,
  token: string,
  body?: { type: string; text: string },
): Promise<void> {
  const answer = await connection.send(requestBytes(method, path, token, body));
  if (answer.status >= 300)
    throw new Error(`${method} ${path}: status ${answer.status} ${answer.body.toString().slice(0, 300)}`);
}
