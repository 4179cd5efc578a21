import { type Endpoint, http } from './http.ts';

/**
 * Makes a workspace below root and gives a kubeconfig (JSON, which is YAML) for its logical cluster.
 * @throws Error when the server refuses
 */
export async function createWorkspace(server: Endpoint, name: string): Promise<string> {
  const answer = await http(server, 'POST', '/clusters/root/apis/tenancy.kcp.io/v1alpha1/workspaces', {
    apiVersion: 'tenancy.kcp.io/v1alpha1',
    kind: 'Workspace',
    metadata: { name },
  });
  if (answer.status !== 201) throw new Error(`workspace ${name}: ${answer.status} ${answer.text}`);
  const authority = Buffer.from(server.ca).toString('base64');
  const cluster = { server: `${server.url}/clusters/root:${name}`, 'certificate-authority-data': authority };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster }],
    users: [{ name: 'admin', user: { token: server.token } }],
    contexts: [{ name, context: { cluster: name, user: 'admin', namespace: 'default' } }],
    'current-context': name,
  });
}
