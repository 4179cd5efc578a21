import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createBearerTokenAuthenticator } from '../../src/authentication/bearer-token.ts';
import { createStaticTokenAuthenticator } from '../../src/authentication/static-token.ts';
import { createUnionAuthenticator } from '../../src/authentication/union.ts';
import { createDefaultContent } from '../../src/api/default-content.ts';
import type { ClusterName } from '../../src/logicalcluster/name.ts';
import { createMemoryStore } from '../../src/storage/memory/store.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';
import { http } from '../support/http.ts';
import { makeCluster, type Stack, startStack } from '../support/http-stack.ts';

const red = 'redredredredred1';
const blue = 'bluebluebluebl11';
const rbac = 'rbac.authorization.k8s.io';

/** What went wrong in kcp once must not go wrong here. `mallory` may do everything in blue. */
describe("kcp's security advisories", () => {
  let stack: Stack;
  let store: ObjectStore;

  before(async () => {
    store = createMemoryStore({ defaults: createDefaultContent({ caCertificatePem: 'CA' }) });
    await makeCluster(store, 'root', 'red', red);
    await makeCluster(store, 'root', 'blue', blue);
    const users = [
      { token: 'mallory', user: { name: 'mallory', uid: '', groups: [], extra: {} } },
      { token: 'stack-admin-token', user: { name: 'admin', uid: '1', groups: ['system:masters'], extra: {} } },
    ];
    const tokens = createBearerTokenAuthenticator([createStaticTokenAuthenticator(users)]);
    stack = await startStack({
      store,
      api: { authenticator: createUnionAuthenticator([tokens], { anonymous: true }) },
    });
    const bound = await http(stack.admin, 'POST', `/clusters/${blue}/apis/${rbac}/v1/clusterrolebindings`, {
      metadata: { name: 'mallory' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ apiGroup: rbac, kind: 'User', name: 'mallory' }],
    });
    assert.equal(bound.status, 201, bound.text);
  });
  after(async () => {
    await stack.stop();
    await store.close();
  });

  const asMallory = (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
    http({ ...stack.admin, token: 'mallory' }, method, path, body, headers);

  it('GHSA-c7xh-gjv4-4jgv: impersonation in a workspace gives no group that reaches beyond it', async () => {
    const pods = (cluster: string) => `/clusters/${cluster}/api/v1/namespaces/default/pods`;
    for (const groups of ['system:masters', 'devs, system:masters', 'system:masters,system:authenticated']) {
      const headers = { 'impersonate-user': 'x', 'impersonate-group': groups };
      const answer = await asMallory('GET', pods(blue), undefined, headers);
      assert.equal(answer.status, 403, answer.text);
      assert.match(answer.text, /"system:masters\\?" is forbidden: .*cannot impersonate resource/);
      assert.equal((await asMallory('GET', pods(red), undefined, headers)).status, 403);
    }
    const own = { 'impersonate-user': 'ann', 'impersonate-group': 'devs' };
    assert.equal((await asMallory('GET', pods(blue), undefined, own)).status, 403, 'ann has nothing in blue');
    const self = { 'impersonate-user': 'mallory' };
    assert.equal((await asMallory('GET', pods(blue), undefined, self)).status, 200);
    // Members may become members of what they are.
    const admin = { 'impersonate-user': 'x', 'impersonate-group': 'system:masters' };
    assert.equal((await http(stack.admin, 'GET', pods(red), undefined, admin)).status, 200);
  });

  it('GHSA-w2rr-38wv-8rrp (CVE-2025-29922): nobody writes into a workspace that has given him nothing, by whatever path', async () => {
    const paths = [
      `/clusters/${red}`,
      '/clusters/*',
      `/services/apiexport/${blue}/x/clusters/${red}`,
      `/services/apiexport/${blue}/x/clusters/*`,
      `/clusters/${blue}/services/apiexport/${blue}/x/clusters/${red}`,
    ];
    for (const prefix of paths) {
      const at = `${prefix}/api/v1/namespaces/default/configmaps`;
      const created = await asMallory('POST', at, { metadata: { name: 'x' } });
      assert.ok(created.status === 403 || created.status === 404, `${at}: ${created.status} ${created.text}`);
      const deleted = await asMallory('DELETE', `${at}/kube-root-ca.crt`);
      assert.ok(deleted.status === 403 || deleted.status === 404, `${at}: ${deleted.status} ${deleted.text}`);
    }
    const { items } = await store.list({ cluster: red as ClusterName, resource: 'configmaps', at: { mode: 'any' } });
    assert.ok(items.every(({ key }) => key.name === 'kube-root-ca.crt'));
  });

  it('GHSA-3j3q-wp9x-585p (CVE-2026-39429): nothing is served to whoever shows no credentials but health and version', async () => {
    const open = new Set(['/healthz', '/livez', '/readyz', '/version']);
    const paths = [
      ...open,
      '/metrics',
      '/api',
      '/apis',
      '/openapi/v2',
      '/openapi/v3',
      '/debug/pprof',
      '/cache',
      '/services/cache/shards/*/clusters/*/apis',
      '/shards/root/clusters/root/api',
      '/clusters/root/api/v1/secrets',
      '/api/v1/secrets',
      '/logs',
      '/console',
    ];
    for (const path of paths)
      for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
        const { status, text } = await http(stack.anonymous, method, path, method === 'GET' ? undefined : {});
        const isOpen = open.has(path);
        if (isOpen && method === 'GET') assert.equal(status, 200, path);
        else if (!isOpen) assert.ok(status >= 400 && status < 500, `${method} ${path}: ${status} ${text}`);
      }
  });
});
