import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createAdmission } from '../../src/admission/index.ts';
import { builtinDefinitions } from '../../src/api/builtin.ts';
import { createDefaultContent } from '../../src/api/default-content.ts';
import { formatQuantity, parseQuantity } from '../../src/apimachinery/quantity.ts';
import { createAuthorizer } from '../../src/authorization/chain.ts';
import { createLoopbackClient, systemUser } from '../../src/client/loopback.ts';
import { startControllers } from '../../src/controllers/start.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { rootCluster } from '../../src/logicalcluster/name.ts';
import { createCatalogSource } from '../../src/registry/catalog.ts';
import { createCustomResourceCatalogs } from '../../src/registry/customresources/catalogs.ts';
import { createRegistry } from '../../src/registry/generic/registry.ts';
import { standardStorages } from '../../src/registry/standard.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';
import { openPostgresStore } from '../../src/storage/postgres/store.ts';
import { createTestDatabase, type TestDatabase } from '../../src/storage/testing.ts';
import { startStack, type Stack } from '../support/http-stack.ts';
import { http, type HttpAnswer } from '../support/http.ts';

type Amounts = Record<string, string>;
type Listed = {
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  metadata: { name: string; deletionTimestamp?: string };
};

/** Two servers with stores of their own on one database, as two machines would be; the first runs the controllers. */
describe('quotas over two servers', () => {
  let database: TestDatabase;
  const stores: ObjectStore[] = [];
  const stacks: Stack[] = [];
  let stopControllers: () => Promise<void>;

  before(async () => {
    database = await createTestDatabase();
    for (const isFirst of [true, false]) {
      const store = await openPostgresStore({
        databaseUrl: database.url,
        defaults: createDefaultContent({ caCertificatePem: 'CA' }),
        cacheBytes: 32 * 1024 * 1024,
        historyRetentionMs: 3600_000,
      });
      const builtIn = createCatalogSource({ definitions: builtinDefinitions, resources: ['*'] });
      const catalogs = createCustomResourceCatalogs(store, builtIn);
      const registry = createRegistry({
        store,
        catalogs,
        admission: createAdmission({ store, catalogs, authorizer: createAuthorizer({ store }) }),
        ...standardStorages({ store, externalUrl: 'https://atoll.test', builtIn }),
      });
      stores.push(store);
      stacks.push(await startStack({ store, api: { registry, catalogs } }));
      if (!isFirst) continue;
      const client = createLoopbackClient({ registry, catalogs, store, user: systemUser });
      const log = createLogger('silent');
      const running = startControllers({ store, client, catalogs, log, caCertificatePem: 'CA' });
      stopControllers = () => running.stop();
    }
  });
  after(async () => {
    await stopControllers();
    for (const stack of stacks) await stack.stop();
    for (const store of stores) await store.close();
    await database.drop();
  });

  let turn = 0;
  /** Sends a request to the servers in turns. */
  const send = (method: string, path: string, body?: unknown, type = 'application/merge-patch+json') =>
    http(
      (stacks[turn++ % 2] ?? assert.fail()).admin,
      method,
      `/clusters/root/api/v1/${path}`,
      body,
      method === 'PATCH' ? { 'content-type': type } : {},
    );
  const ok = async (answer: Promise<HttpAnswer>): Promise<HttpAnswer> => {
    const { status, text } = await answer;
    assert.ok(status < 300, text);
    return answer;
  };
  const newNamespace = async (): Promise<string> => {
    const name = `ns-${randomUUID().slice(0, 8)}`;
    await ok(send('POST', 'namespaces', { metadata: { name } }));
    // Its own content comes along in its own time, and is counted, too.
    for (const path of [`configmaps/kube-root-ca.crt`, `serviceaccounts/default`])
      while ((await send('GET', `namespaces/${name}/${path}`)).status !== 200);
    return name;
  };
  const quota = (namespace: string, hard: Amounts) =>
    send('POST', `namespaces/${namespace}/resourcequotas`, { metadata: { name: 'q' }, spec: { hard } });
  const configMap = (namespace: string, name: string) =>
    send('POST', `namespaces/${namespace}/configmaps`, { metadata: { name } });
  const list = async (path: string): Promise<readonly Listed[]> =>
    (await ok(send('GET', path))).json<{ items: Listed[] }>().items;
  const usedOf = async (namespace: string): Promise<unknown> =>
    (await list(`namespaces/${namespace}/resourcequotas`))[0]?.status?.['used'];

  it('let exactly one of 200 writes take the last of a quota', async () => {
    const namespace = await newNamespace();
    await ok(quota(namespace, { configmaps: '10' }));
    for (let i = 0; i < 8; i++) await ok(configMap(namespace, `before-${i}`));
    assert.deepEqual(await usedOf(namespace), { configmaps: '9' });
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => configMap(namespace, `c${i}`)));
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    const refused = answers.find(({ status }) => status === 403)?.json<{ message: string }>().message;
    assert.match(
      refused ?? '',
      /^configmaps "c\d+" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=10, limited: configmaps=10$/,
    );
    assert.ok(answers.every(({ status }) => status === 201 || status === 403));
    assert.equal((await list(`namespaces/${namespace}/configmaps`)).length, 10);
    assert.deepEqual(await usedOf(namespace), { configmaps: '10' });
  });

  it('hold for the next write, whichever server it goes to', async () => {
    for (let round = 0; round < 6; round++) {
      const namespace = await newNamespace();
      await ok(quota(namespace, { secrets: '0' }));
      const answer = await send('POST', `namespaces/${namespace}/secrets`, { metadata: { name: 's' } });
      assert.equal(answer.status, 403, answer.text);
      await ok(send('PATCH', `namespaces/${namespace}/resourcequotas/q`, { spec: { hard: { secrets: '1' } } }));
      await ok(send('POST', `namespaces/${namespace}/secrets`, { metadata: { name: 's' } }));
      assert.deepEqual(await usedOf(namespace), { secrets: '1' });
    }
  });

  it('count every write that is on its way when they are made', async () => {
    for (let round = 0; round < 4; round++) {
      const namespace = await newNamespace();
      const writing = Array.from({ length: 40 }, (_, i) => configMap(namespace, `c${i}`));
      await ok(quota(namespace, { configmaps: '20' }));
      const more = await Promise.all([...writing, configMap(namespace, 'last')]);
      const made = more.filter(({ status }) => status === 201).length;
      const here = (await list(`namespaces/${namespace}/configmaps`)).length;
      assert.equal(here, made + 1);
      assert.deepEqual(await usedOf(namespace), { configmaps: String(here) });
    }
  });

  it('are equal to a recount at every revision, whatever is written', async () => {
    const commands = fc.array(command, { minLength: 30, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(commands, async (all) => {
        const namespace = await newNamespace();
        await ok(
          quota(namespace, {
            configmaps: '12',
            pods: '6',
            'count/pods': '8',
            'requests.cpu': '2',
            services: '5',
            'services.nodeports': '4',
          }),
        );
        let isOver = false;
        const sampling = (async () => {
          do await assertExact(stores[1] ?? assert.fail(), namespace);
          while (!isOver);
        })();
        const queue = all.values();
        const work = async (): Promise<void> => {
          for (const each of queue) await run(each, namespace, send);
        };
        const working = Promise.all(Array.from({ length: 12 }, work)).finally(() => (isOver = true));
        await Promise.all([working, sampling]);
        while (!(await assertExact(stores[0] ?? assert.fail(), namespace)));
        for (const kind of ['configmaps', 'pods', 'services'])
          for (const { metadata } of await list(`namespaces/${namespace}/${kind}`))
            await send('PATCH', `namespaces/${namespace}/${kind}/${metadata.name}`, { metadata: { finalizers: null } });
        await ok(send('DELETE', `namespaces/${namespace}`));
        while ((await send('GET', `namespaces/${namespace}`)).status !== 404)
          await assertExact(stores[1] ?? assert.fail(), namespace);
      }),
      { numRuns: 4, endOnFailure: true },
    );
  });
});

type Send = (method: string, path: string, body?: unknown) => Promise<HttpAnswer>;
const names = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
const kinds = fc.constantFrom('configmaps', 'pods', 'services');
const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant('create' as const),
      kind: kinds,
      name: names,
      isHeld: fc.boolean(),
      cpu: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('delete' as const), kind: kinds, name: names }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('release' as const), kind: kinds, name: names }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('end' as const), name: names }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('deleteAll' as const), kind: kinds }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('limit' as const),
      pods: fc.integer({ min: 2, max: 8 }),
      withSecrets: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('type' as const),
      name: names,
      type: fc.constantFrom('ClusterIP', 'NodePort'),
    }),
  },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** Sends what a command says; being refused is fine, failing is not. */
async function run(each: Command, namespace: string, send: Send): Promise<void> {
  const at = `namespaces/${namespace}`;
  const answer = await (() => {
    switch (each.op) {
      case 'create': {
        const metadata = { name: each.name, ...(each.isHeld ? { finalizers: ['example.com/held'] } : {}) };
        const resources = { requests: { cpu: `${each.cpu}00m` } };
        const spec = {
          configmaps: {},
          pods: { spec: { containers: [{ name: 'c', image: 'i', resources }] } },
          services: { spec: { type: each.cpu > 5 ? 'NodePort' : 'ClusterIP', ports: [{ port: 80 }] } },
        }[each.kind];
        return send('POST', `${at}/${each.kind}`, { metadata, ...spec });
      }
      case 'delete':
        return send('DELETE', `${at}/${each.kind}/${each.name}`);
      case 'release':
        return send('PATCH', `${at}/${each.kind}/${each.name}`, { metadata: { finalizers: null } });
      case 'end':
        return send('PATCH', `${at}/pods/${each.name}/status`, { status: { phase: 'Succeeded' } });
      case 'deleteAll':
        return send('DELETE', `${at}/${each.kind}`);
      case 'limit': {
        const hard = { pods: String(each.pods), secrets: each.withSecrets ? '3' : null };
        return send('PATCH', `${at}/resourcequotas/q`, { spec: { hard } });
      }
      default:
        return send('PATCH', `${at}/services/${each.name}`, { spec: { type: each.type } });
    }
  })();
  assert.ok(answer.status < 500, `${JSON.stringify(each)}: ${answer.text}`);
}

/** Counts the objects of a namespace at one revision, and compares with what its quota says at the same; false: it has not been counted for its spec. */
async function assertExact(store: ObjectStore, namespace: string): Promise<boolean> {
  const revision = await store.fresh();
  const at = { mode: 'exact', revision } as const;
  const read = async (resource: string): Promise<readonly Listed[]> =>
    (await store.list({ cluster: rootCluster, resource, namespace, at })).items.map(({ object }) => object as never);
  const [quotaObject] = await read('resourcequotas');
  const { hard, used } = (quotaObject?.status ?? {}) as { hard?: Amounts; used?: Amounts };
  // Not counted yet, or counted for another spec: nothing is said of now.
  if (used === undefined || JSON.stringify(sorted(hard)) !== JSON.stringify(sorted(quotaObject?.spec?.['hard'])))
    return false;
  const pods = await read('pods');
  // What is being deleted and has no grace left uses nothing any more, though a finalizer holds it.
  const running = pods.filter(
    ({ status, metadata }) => status?.['phase'] !== 'Succeeded' && metadata.deletionTimestamp === undefined,
  );
  const services = await read('services');
  const cpu = running.reduce((sum, { spec }) => {
    const [container] = (spec?.['containers'] ?? []) as { resources: { requests: Amounts } }[];
    return sum + parseQuantity(container?.resources.requests['cpu'] ?? '0').nano;
  }, 0n);
  const counted: Amounts = {
    configmaps: String((await read('configmaps')).length),
    'count/pods': String(pods.length),
    pods: String(running.length),
    'requests.cpu': formatQuantity({ nano: cpu, format: 'DecimalSI' }),
    secrets: String((await read('secrets')).length),
    services: String(services.length),
    'services.nodeports': String(services.filter(({ spec }) => spec?.['type'] === 'NodePort').length),
  };
  const expected = Object.fromEntries(Object.keys(used).map((name) => [name, counted[name]]));
  assert.deepEqual(used, expected, `at revision ${revision}`);
  return true;
}

function sorted(list: unknown): unknown {
  return Object.entries((list ?? {}) as Amounts).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
