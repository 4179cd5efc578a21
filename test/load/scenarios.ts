import { randomBytes } from 'node:crypto';
import { Connection, requestBytes } from './connection.ts';
import { closedLoop, type Figure, figure, Latencies } from './measure.ts';
import type { BenchServer } from './server.ts';

const json = 'application/json';

/** A ConfigMap of about 1 KB as clients write it. */
function configMap(name: string, value = ''): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', labels: { app: 'bench', tier: 'b' } },
    data: { first: 'v'.repeat(400), second: 'w'.repeat(350), value },
  });
}

const configMaps = '/api/v1/namespaces/default/configmaps';

export async function openAll(server: BenchServer, count: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: count }, () => Connection.open(server.url, server.ca)));
}

/** Runs `work` for 0…count-1 over all connections, without measuring. */
export async function forEach(
  connections: readonly Connection[],
  count: number,
  work: (index: number) => Buffer,
): Promise<void> {
  let next = 0;
  await Promise.all(
    connections.map(async (connection) => {
      while (next < count) {
        const answer = await connection.send(work(next++), true);
        if (answer.status >= 300)
          throw new Error(`preparing: status ${answer.status} ${answer.body.toString().slice(0, 300)}`);
      }
    }),
  );
}

/** Makes a workspace below root; gives the prefix of its API (`/clusters/root:name`). */
export async function makeWorkspace(server: BenchServer, connection: Connection, name: string): Promise<string> {
  await forEach([connection], 1, () => workspaceRequest(server, name));
  return `/clusters/root:${name}`;
}

function workspaceRequest(server: BenchServer, name: string): Buffer {
  const text = JSON.stringify({ apiVersion: 'tenancy.kcp.io/v1alpha1', kind: 'Workspace', metadata: { name } });
  return requestBytes('POST', '/apis/tenancy.kcp.io/v1alpha1/workspaces', server.token, { type: json, text });
}

/** Reads and writes of 1 KB ConfigMaps with 64 clients, in one workspace. */
export async function* objectScenarios(server: BenchServer, ms: number): AsyncGenerator<Figure> {
  const connections = await openAll(server, 64);
  const cluster = await makeWorkspace(server, connections[0]!, `objects-${randomBytes(3).toString('hex')}`);
  const path = `${cluster}${configMaps}`;
  const known = 1000;
  await forEach(connections, known, (index) =>
    requestBytes('POST', path, server.token, { type: json, text: configMap(`known-${index}`) }),
  );
  const knownPath = (sequence: number): string => `${path}/known-${(sequence * 7919) % known}`;
  const write =
    (method: string, type: string, text: (sequence: number) => string, query = '') =>
    (_: number, sequence: number) =>
      requestBytes(method, `${knownPath(sequence)}${query}`, server.token, { type, text: text(sequence) });

  yield await closedLoop('get by name', connections, ms, (_, sequence) =>
    requestBytes('GET', knownPath(sequence), server.token),
  );
  yield await closedLoop('list of 1,000', connections.slice(0, 16), ms, () => requestBytes('GET', path, server.token));
  yield await closedLoop('create 1 KB ConfigMap', connections, ms, (_, sequence) =>
    requestBytes('POST', path, server.token, { type: json, text: configMap(`new-${sequence}`) }),
  );
  yield await closedLoop(
    'update (PUT)',
    connections,
    ms,
    write('PUT', json, (sequence) => configMap(`known-${(sequence * 7919) % known}`, `${sequence}`)),
  );
  yield await closedLoop(
    'merge patch',
    connections,
    ms,
    write('PATCH', 'application/merge-patch+json', (sequence) => `{"data":{"value":"${sequence}"}}`),
  );
  yield await closedLoop(
    'server-side apply',
    connections,
    ms,
    write(
      'PATCH',
      'application/apply-patch+yaml',
      (sequence) =>
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `known-${(sequence * 7919) % known}` },
          data: { applied: `${sequence}` },
        }),
      '?fieldManager=bench-apply&force=true',
    ),
  );
  const big = await makeWorkspace(server, connections[0]!, `big-${randomBytes(3).toString('hex')}`);
  await forEach(connections, 10_000, (index) =>
    requestBytes('POST', `${big}${configMaps}`, server.token, { type: json, text: configMap(`item-${index}`) }),
  );
  yield await closedLoop('list of 10,000', connections.slice(0, 8), ms, () =>
    requestBytes('GET', `${big}${configMaps}`, server.token),
  );
  for (const connection of connections) connection.close();
}

/** Creates workspaces: first one at a time (low load), then with 64 clients. */
export async function* workspaceScenarios(server: BenchServer, ms: number): AsyncGenerator<Figure> {
  const connections = await openAll(server, 64);
  const run = randomBytes(3).toString('hex');
  yield await closedLoop('workspace create, 1 client', connections.slice(0, 1), ms, (_, sequence) =>
    workspaceRequest(server, `low-${run}-${sequence}`),
  );
  yield await closedLoop('workspace create, 64 clients', connections, ms, (_, sequence) =>
    workspaceRequest(server, `high-${run}-${sequence}`),
  );
  for (const connection of connections) connection.close();
}

export async function fillWorkspaces(server: BenchServer, from: number, to: number): Promise<void> {
  const connections = await openAll(server, 64);
  await forEach(connections, to - from, (index) => workspaceRequest(server, `idle-${from + index}`));
  for (const connection of connections) connection.close();
}

/** Asks once in each of the first `count` workspaces, so that whatever a request leaves behind is counted. */
export async function touchWorkspaces(server: BenchServer, count: number): Promise<void> {
  const connections = await openAll(server, 8);
  await forEach(connections, count, (index) =>
    requestBytes('GET', `/clusters/root:idle-${index}/api/v1/namespaces/default`, server.token),
  );
  for (const connection of connections) connection.close();
}

/** What a bare TLS echo server of this Node answers the same client: the ceiling that HTTP itself sets. */
export async function echoScenario(url: string, ca: string, ms: number): Promise<Figure> {
  const connections = await Promise.all(Array.from({ length: 64 }, () => Connection.open(url, ca)));
  const bytes = requestBytes('GET', '/', 'none');
  const result = await closedLoop('bare node:https echo of 1 KB', connections, ms, () => bytes);
  for (const connection of connections) connection.close();
  return result;
}

export { figure, Latencies };
