import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { follow, http, type WatchEventJson } from '../support/http.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { eventually } from '../support/wait.ts';

const meta = { name: 'same' };
const pod = { metadata: { labels: { app: 'same' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };
const selector = { matchLabels: { app: 'same' } };

/** Path of the collection below the cluster → an object of it; `mark` differs between the clusters. */
const kinds: Readonly<Record<string, object>> = {
  'api/v1/namespaces/default/configmaps': { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta },
  'api/v1/namespaces/default/secrets': { apiVersion: 'v1', kind: 'Secret', metadata: meta },
  'api/v1/namespaces/default/serviceaccounts': { apiVersion: 'v1', kind: 'ServiceAccount', metadata: meta },
  'api/v1/namespaces/default/services': {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta,
    spec: { ports: [{ port: 80 }] },
  },
  'api/v1/namespaces/default/pods': { apiVersion: 'v1', kind: 'Pod', metadata: meta, spec: pod.spec },
  'apis/apps/v1/namespaces/default/deployments': {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta,
    spec: { selector, template: pod },
  },
  'apis/apps/v1/namespaces/default/replicasets': {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: meta,
    spec: { selector, template: pod },
  },
  'apis/coordination.k8s.io/v1/namespaces/default/leases': {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: meta,
  },
  'apis/rbac.authorization.k8s.io/v1/namespaces/default/roles': {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: meta,
  },
  'apis/rbac.authorization.k8s.io/v1/clusterroles': {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: meta,
  },
  'api/v1/namespaces': { apiVersion: 'v1', kind: 'Namespace', metadata: meta },
  'apis/tenancy.kcp.io/v1alpha1/workspaces': {
    apiVersion: 'tenancy.kcp.io/v1alpha1',
    kind: 'Workspace',
    metadata: meta,
  },
};

type Item = { metadata: { name: string; uid: string; annotations?: Record<string, string> } };

describe('two logical clusters with the same names', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'atoll-isolation-'));
  let server: ServerProcess;
  /** Both ways to address each: by path and by name. */
  const prefixes: Record<'red' | 'blue', string[]> = { red: [], blue: [] };

  before(async () => {
    server = await startServerProcess({ dataDir, flags: ['--processes', '2', '--roles', 'api'] });
    for (const team of ['red', 'blue'] as const) {
      const answer = await http(server, 'POST', '/apis/tenancy.kcp.io/v1alpha1/workspaces', {
        apiVersion: 'tenancy.kcp.io/v1alpha1',
        kind: 'Workspace',
        metadata: { name: team },
      });
      assert.equal(answer.status, 201, answer.text);
      const { spec } = answer.json<{ spec: { cluster: string } }>();
      prefixes[team] = [`/clusters/root:${team}`, `/clusters/${spec.cluster}`];
    }
  });
  after(async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  for (const [collection, template] of Object.entries(kinds)) {
    it(`${collection}: no verb and no path form reaches across`, async () => {
      const heard: Record<'red' | 'blue', WatchEventJson[]> = { red: [], blue: [] };
      const stop = new AbortController();
      const watches: Promise<void>[] = [];
      for (const team of ['red', 'blue'] as const) {
        for (const form of [
          `${collection}?watch=true&labelSelector=team`,
          `${collection.replace(/^(api\/v1|apis\/[^/]+\/[^/]+)\//, '$1/watch/')}?labelSelector=team`,
        ]) {
          watches.push(follow(server, `${prefixes[team][0]}/${form}`, (event) => heard[team].push(event), stop.signal));
        }
      }
      const made: Record<string, Item> = {};
      for (const team of ['red', 'blue'] as const) {
        const body = { ...template, metadata: { ...meta, labels: { team }, annotations: { mark: team } } };
        const answer = await http(server, 'POST', `${prefixes[team][0]}/${collection}`, body);
        assert.equal(answer.status, 201, answer.text);
        made[team] = answer.json<Item>();
      }
      assert.notEqual(made['red']?.metadata.uid, made['blue']?.metadata.uid);

      for (const team of ['red', 'blue'] as const) {
        const other = team === 'red' ? 'blue' : 'red';
        for (const prefix of prefixes[team]) {
          const at = `${prefix}/${collection}`;
          const got = await http(server, 'GET', `${at}/same`);
          assert.equal(got.json<Item>().metadata.annotations?.['mark'], team, got.text);
          for (const query of [
            '',
            '?resourceVersion=0',
            '?limit=500',
            '?fieldSelector=metadata.name=same',
            '?labelSelector=team',
          ]) {
            const marks = (await http(server, 'GET', at + query))
              .json<{ items: Item[] }>()
              .items.map((item) => item.metadata.annotations?.['mark']);
            assert.ok(marks.includes(team) && !marks.includes(other), `${at}${query}: ${marks.join()}`);
          }
          assert.deepEqual(
            (await http(server, 'GET', `${at}?labelSelector=team=${other}`)).json<{ items: Item[] }>().items,
            [],
          );
          const patched = await http(
            server,
            'PATCH',
            `${at}/same`,
            { metadata: { annotations: { touched: team } } },
            { 'content-type': 'application/merge-patch+json' },
          );
          assert.equal(patched.status, 200, patched.text);
          const wrongUid = await http(server, 'DELETE', `${at}/same`, {
            preconditions: { uid: made[other]?.metadata.uid },
          });
          assert.equal(wrongUid.status, 409, wrongUid.text);
        }
      }
      for (const team of ['red', 'blue'] as const) {
        const item = (await http(server, 'GET', `${prefixes[team][1]}/${collection}/same`)).json<Item>();
        assert.equal(item.metadata.annotations?.['touched'], team);
      }
      // A deletion in one leaves the other.
      const removed = await http(server, 'DELETE', `${prefixes.red[0]}/${collection}/same`);
      assert.equal(removed.status, 200, removed.text);
      assert.equal((await http(server, 'GET', `${prefixes.blue[1]}/${collection}/same`)).status, 200);
      await eventually('both watches have heard their own', () => heard.red.length >= 2 && heard.blue.length >= 2);
      stop.abort();
      await Promise.all(watches);
      for (const team of ['red', 'blue'] as const) {
        for (const { object } of heard[team])
          assert.equal(
            (object as unknown as Item).metadata.annotations?.['mark'],
            team,
            'a watch heard the other cluster',
          );
      }
      // deletecollection, where the kind has it.
      const again = await http(server, 'POST', `${prefixes.red[0]}/${collection}`, {
        ...template,
        metadata: { name: 'again', labels: { team: 'red' } },
      });
      assert.equal(again.status, 201, again.text);
      const cleared = await http(server, 'DELETE', `${prefixes.red[1]}/${collection}?labelSelector=team`);
      assert.ok([200, 405].includes(cleared.status), cleared.text);
      assert.equal((await http(server, 'GET', `${prefixes.blue[0]}/${collection}/same`)).status, 200);
    });
  }

  it('gives one answer for clusters that do not exist and clusters that one may not enter', async () => {
    const nobody = { ...server, token: 'not-a-token' };
    for (const path of ['root:red', 'root:none', 'abcdefgh01234567', prefixes.red[1]?.split('/')[2] ?? '']) {
      const denied = await http(nobody, 'GET', `/clusters/${path}/api/v1/namespaces`);
      assert.equal(denied.status, 401);
      const anonymous = await http({ url: server.url, ca: server.ca }, 'GET', `/clusters/${path}/api/v1/namespaces`);
      assert.equal(anonymous.status, 403, anonymous.text);
      assert.match(anonymous.text, /workspace access not permitted/);
    }
    const absent = await http(server, 'GET', '/clusters/root:none/api/v1/namespaces');
    assert.equal(absent.status, 403);
    assert.match(
      absent.text,
      /cannot get path \\"\/clusters\/root:none\/api\/v1\/namespaces\\": workspace access not permitted/,
    );
  });

  it('refuses path forms that try to leave a cluster', async () => {
    const red = prefixes.red[0] ?? '';
    for (const path of [
      `${red}/../root:blue/api/v1/namespaces/default/configmaps`,
      `${red}%2f..%2froot:blue/api/v1/namespaces/default/configmaps`,
      `${red}/clusters/root:blue/api/v1/namespaces/default/configmaps`,
      `/clusters/${encodeURIComponent('root:red/../root:blue')}/api/v1/namespaces`,
      '/clusters/*/api/v1/configmaps',
      '/clusters/ROOT/api/v1/namespaces',
      '/clusters//api/v1/namespaces',
      '/clusters/root:red%00/api/v1/namespaces',
      '/clusters/root::red/api/v1/namespaces',
    ]) {
      const answer = await http(server, 'GET', path);
      assert.ok(answer.status >= 400 && answer.status < 500, `${path}: ${answer.status} ${answer.text.slice(0, 200)}`);
    }
  });
});
