import assert from 'node:assert/strict';
import { Agent, type RequestOptions, request as httpsRequest } from 'node:https';
import { after, before, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { createAdmission } from '../../src/admission/index.ts';
import { builtinDefinitions } from '../../src/api/builtin.ts';
import { createDefaultContent } from '../../src/api/default-content.ts';
import { createAuthorizer } from '../../src/authorization/chain.ts';
import { createCatalogSource } from '../../src/registry/catalog.ts';
import { createRegistry } from '../../src/registry/generic/registry.ts';
import { standardStorages } from '../../src/registry/standard.ts';
import { createMemoryStore } from '../../src/storage/memory/store.ts';
import { type FuzzRequest, fuzzRequest, namespace } from './fuzz/requests.ts';
import { http } from '../support/http.ts';
import { type Stack, startStack, tokens } from '../support/http-stack.ts';

/** How many requests are made up; 10^5 by hand: ATOLL_FUZZ_REQUESTS=100000 node --test test/integration/fuzz.test.ts */
const wanted = Number(process.env['ATOLL_FUZZ_REQUESTS'] ?? 4000);
const seed = Number(process.env['ATOLL_FUZZ_SEED'] ?? 1);
const together = 16;
const answerWithinMs = 10_000;
/** A watch does not end by itself; this is long enough to see how it begins. */
const watchedMs = 100;

/** What the stock server answers with a 5xx where the client is to blame. */
const allowedFailures = [
  /resourceVersion should not be set on objects to be created/,
  /failed to create typed patch object/,
  /Timeout: Too large resource version/,
  // A webhook that was made up and does not answer: stock says that, too.
  /failed calling webhook/,
];

let stack: Stack;
let agent: Agent;
const rejections: unknown[] = [];
const noteRejection = (reason: unknown): void => void rejections.push(reason);

before(async () => {
  process.on('unhandledRejection', noteRejection);
  const store = createMemoryStore({ defaults: createDefaultContent({ caCertificatePem: 'pem' }) });
  const externalUrl = 'https://127.0.0.1:6443';
  const catalogs = createCatalogSource({ definitions: builtinDefinitions, resources: ['*'] });
  const registry = createRegistry({
    store,
    catalogs,
    admission: createAdmission({ store, catalogs, authorizer: createAuthorizer({ store }) }),
    ...standardStorages({ store, externalUrl, authorizer: createAuthorizer({ store }) }),
  });
  stack = await startStack({ store, api: { catalogs, registry } });
  agent = new Agent({ keepAlive: true, ca: stack.admin.ca, maxSockets: together * 2 });
  await makeNamespace();
});

after(async () => {
  agent.destroy();
  await stack.stop();
  await stack.store.close();
  process.off('unhandledRejection', noteRejection);
});

async function makeNamespace(): Promise<void> {
  await http(stack.admin, 'POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  await http(stack.admin, 'POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } });
}

type Reply = { readonly status: number; readonly type: string; readonly text: string; readonly isWhole: boolean };

function put({ method, path, headers, body }: FuzzRequest): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      host: '127.0.0.1',
      port: stack.listener.port,
      method,
      path,
      agent,
      headers: {
        authorization: `Bearer ${tokens.admin}`,
        ...(body === undefined ? {} : { 'content-length': body.length }),
        ...headers,
      },
    };
    const outgoing = httpsRequest(options, (incoming) => {
      const chunks: Buffer[] = [];
      const done = (isWhole: boolean): void => {
        clearTimeout(timer);
        clearTimeout(streaming);
        const type = String(incoming.headers['content-type'] ?? '');
        const bytes = Buffer.concat(chunks);
        const isPacked = isWhole && incoming.headers['content-encoding'] === 'gzip';
        const text = (isPacked ? gunzipSync(bytes) : bytes).toString();
        resolve({ status: incoming.statusCode ?? 0, type, text, isWhole });
      };
      const streaming = setTimeout(() => {
        if (incoming.statusCode !== 200 || incoming.headers['content-length'] !== undefined) return;
        done(false);
        outgoing.destroy();
      }, watchedMs);
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => done(true));
      incoming.on('error', reject);
    });
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer in ${answerWithinMs} ms`)), answerWithinMs);
    outgoing.on('error', reject);
    outgoing.on('upgrade', (_response, socket) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ status: 101, type: '', text: '', isWhole: false });
    });
    outgoing.end(body);
  });
}

/** What any answer must look like, whatever was asked. */
function checkReply(request: FuzzRequest, reply: Reply): void {
  const { status, type, text } = reply;
  if (status < 400) return;
  const shown = text.slice(0, 600);
  if (type.startsWith('application/json') && request.method !== 'HEAD') {
    const body = JSON.parse(text) as Record<string, unknown>;
    assert.equal(body['kind'], 'Status', shown);
    assert.equal(body['status'], 'Failure', shown);
    assert.equal(body['code'], status, shown);
    assert.equal(typeof body['message'], 'string', shown);
    const isAllowed = allowedFailures.some((pattern) => pattern.test(String(body['message'])));
    assert.ok(status < 500 || isAllowed, `${status}: ${shown}`);
  } else {
    assert.ok(status < 500 || allowedFailures.some((pattern) => pattern.test(text)), `${status} ${type}: ${shown}`);
  }
}

function describe({ method, path, headers, body }: FuzzRequest): string {
  return `${method} ${path.slice(0, 400)} ${JSON.stringify(headers).slice(0, 300)} ${body?.toString().slice(0, 1500) ?? ''}`;
}

async function fuzz(count: number, withSeed: number): Promise<void> {
  const batch = fc.array(fuzzRequest, { minLength: together, maxLength: together, size: 'max' });
  const property = fc.asyncProperty(batch, async (requests) => {
    await Promise.all(
      requests.map(async (request) => {
        try {
          checkReply(request, await put(request));
        } catch (error) {
          throw new Error(`${(error as Error).message}\n  after ${describe(request)}`, { cause: error });
        }
      }),
    );
  });
  await fc.assert(property, { numRuns: Math.ceil(count / together), seed: withSeed, endOnFailure: true });
}

function usedHeap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

/** Collections that have every verb, at their preferred version; views of another's storage are seen there. */
const collections = builtinDefinitions
  .filter(({ storageGroup }) => storageGroup === undefined)
  .filter(({ verbs }) => ['list', 'watch', 'deletecollection', 'patch'].every((verb) => verbs.includes(verb as 'list')))
  .map(({ group, versions, resource }) => {
    const version = versions[0]?.version ?? '';
    return `${group === '' ? '/api' : `/apis/${group}`}/${version}/${resource}`;
  });

test('no made-up request gets a 5xx, breaks the server, or goes without a proper answer', async () => {
  await fuzz(wanted / 2, seed);
  const heapBefore = usedHeap();
  await fuzz(wanted / 2, seed + 1);
  const grown = usedHeap() - heapBefore;
  assert.ok(grown < 200 * 1024 * 1024, `the heap grew by ${Math.round(grown / 1024 / 1024)} MiB`);
  assert.deepEqual(rejections, []);
  assert.equal((await http(stack.admin, 'GET', '/livez')).status, 200);
  assert.deepEqual(loggedErrors(), []);
});

function loggedErrors(): Record<string, unknown>[] {
  const isExpected = (line: Record<string, unknown>): boolean =>
    allowedFailures.some((pattern) => pattern.test(JSON.stringify(line['err'] ?? '')));
  return stack.logged.filter((line) => Number(line['level']) >= 50 && !isExpected(line)).slice(0, 3);
}

type Stored = { metadata: { name: string; namespace?: string; uid: string; finalizers?: string[] } };

/** What a collection holds, as lists, tables and watches agree. */
async function seen(collection: string): Promise<Stored[]> {
  const answer = await http(stack.admin, 'GET', collection);
  assert.equal(answer.status, 200, `${collection}: ${answer.text.slice(0, 300)}`);
  const { items } = answer.json<{ items: Stored[] }>();
  const table = await http(stack.admin, 'GET', `${collection}?includeObject=None`, undefined, {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  });
  assert.equal(
    table.status,
    200,
    `${collection} as a table: ${table.text.slice(0, 300)} ${JSON.stringify(loggedErrors())}`,
  );
  const watched = await http(stack.admin, 'GET', `${collection}?watch=1&timeoutSeconds=1`);
  assert.equal(watched.text.split('\n').filter((line) => line.includes('"ADDED"')).length, items.length, collection);
  return items;
}

test('whatever made-up requests stored can be listed, read, watched and deleted', async () => {
  const stored = await Promise.all(
    collections.map(async (collection) => ({ collection, items: await seen(collection) })),
  );
  for (const { collection, items } of stored) {
    for (const { metadata } of items) {
      const { name, namespace: inside } = metadata;
      const scope = inside === undefined ? '' : `namespaces/${encodeURIComponent(inside)}/`;
      const path = collection.replace(/[^/]+$/, (resource) => `${scope}${resource}/${encodeURIComponent(name)}`);
      assert.equal((await http(stack.admin, 'GET', path)).status, 200, path);
      if (collection === '/api/v1/namespaces') continue;
      const removed = await http(stack.admin, 'DELETE', path, {
        gracePeriodSeconds: 0,
        propagationPolicy: 'Background',
      });
      assert.equal(removed.status, 200, `DELETE ${path}: ${removed.text.slice(0, 300)}`);
      if (removed.json()['kind'] === 'Status') continue;
      const freed = await http(
        stack.admin,
        'PATCH',
        path,
        { metadata: { finalizers: null } },
        {
          'content-type': 'application/merge-patch+json',
        },
      );
      assert.ok([200, 404].includes(freed.status), `${path}: ${freed.text.slice(0, 300)}`);
    }
  }
});
