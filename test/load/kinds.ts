import { randomBytes } from 'node:crypto';
import { requestBytes } from './connection.ts';
import { closedLoop, type Figure } from './measure.ts';
import { forEach, makeWorkspace, openAll } from './scenarios.ts';
import type { BenchServer } from './server.ts';

const json = 'application/json';

/** A Deployment as `kubectl create -f` sends an ordinary one. */
function deployment(name: string, replicas: number): string {
  const labels = { app: name, tier: 'web' };
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default', labels },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: 'web',
              image: 'registry.example/web:1.2.3',
              ports: [{ name: 'http', containerPort: 8080 }],
              env: [{ name: 'LEVEL', value: 'info' }],
              resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
              readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 5 },
              volumeMounts: [{ name: 'config', mountPath: '/etc/web' }],
            },
          ],
          volumes: [{ name: 'config', configMap: { name: 'web' } }],
        },
      },
    },
  });
}

/** Deployments (defaults, validation, field ownership), and the documents that clients ask for first. */
export async function* kindScenarios(server: BenchServer, ms: number): AsyncGenerator<Figure> {
  const connections = await openAll(server, 64);
  const cluster = await makeWorkspace(server, connections[0]!, `kinds-${randomBytes(3).toString('hex')}`);
  const path = `${cluster}/apis/apps/v1/namespaces/default/deployments`;
  yield await closedLoop('create Deployment', connections, ms, (_, sequence) =>
    requestBytes('POST', path, server.token, { type: json, text: deployment(`new-${sequence}`, 1) }),
  );
  const known = 500;
  const apply = (name: string, replicas: number): Buffer =>
    requestBytes('PATCH', `${path}/${name}?fieldManager=bench`, server.token, {
      type: 'application/apply-patch+yaml',
      text: deployment(name, replicas),
    });
  await forEach(connections, known, (index) => apply(`known-${index}`, 1));
  yield await closedLoop('server-side apply of a Deployment that changes', connections, ms, (_, sequence) =>
    apply(`known-${(sequence * 7919) % known}`, (sequence % 1000) + 2),
  );
  yield await closedLoop('server-side apply that creates a Deployment', connections, ms, (_, sequence) =>
    apply(`applied-${sequence}`, 1),
  );
  const documents = {
    'aggregated discovery': ['/apis', `${json};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`],
    'OpenAPI v3 of apps/v1': ['/openapi/v3/apis/apps/v1', json],
    'OpenAPI v2, protobuf': ['/openapi/v2', 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'],
  } as const;
  for (const [name, [document, accept]] of Object.entries(documents)) {
    const ask = (headers: Record<string, string>): Buffer =>
      requestBytes('GET', `${cluster}${document}`, server.token, undefined, { Accept: accept, ...headers });
    const { status, head } = await connections[0]!.send(ask({}), true);
    const etag = /\r\netag: *(\S+)/i.exec(head)?.[1];
    if (status !== 200 || etag === undefined) throw new Error(`${name}: status ${status}, ETag ${etag}`);
    const whole = ask({});
    if (name !== 'OpenAPI v2, protobuf') yield await closedLoop(`${name}, whole`, connections, ms, () => whole);
    const conditional = ask({ 'If-None-Match': etag });
    yield await closedLoop(`${name}, 304 by ETag`, connections, ms, () => conditional, [304]);
  }
  for (const connection of connections) connection.close();
}
