import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { startWebhookServer, type WebhookServer } from '../../../test/support/webhook-server.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import { createMemoryStore } from '../../storage/memory/store.ts';
import { WebhookCallError, type WebhookClientConfig } from '../../registry/webhooks.ts';
import { createAddressGuard } from './address-guard.ts';
import { type ClosableWebhookCaller, createWebhookCaller } from './caller.ts';
import { createStoredServiceResolver } from './stored-services.ts';

const root = 'root' as ClusterName;
const other = 'other' as ClusterName;
const everywhere = createAddressGuard({ deny: [], allow: [] });

describe('calls of webhooks', () => {
  let server: WebhookServer;
  let caller: ClosableWebhookCaller;

  before(async () => {
    server = await startWebhookServer(() => ({ said: 'hello' }));
    caller = createWebhookCaller({
      services: createStoredServiceResolver(createMemoryStore()),
      guard: everywhere,
      lookup: (name) => Promise.resolve([name === 'hook.example' ? '127.0.0.1' : name]),
      atOncePerCluster: 2,
    });
  });
  after(async () => {
    caller.close();
    await server.stop();
  });

  const call = (
    clientConfig: WebhookClientConfig = { url: `${server.url}/hook`, caBundle: server.caBundle },
    options: { cluster?: ClusterName; timeoutMs?: number; signal?: AbortSignal; maxResponseBytes?: number } = {},
  ): Promise<unknown> =>
    caller.call({
      cluster: root,
      clientConfig,
      body: '{"a":1}',
      timeoutMs: 10_000,
      signal: new AbortController().signal,
      ...options,
    });
  const here = (path = ''): WebhookClientConfig => ({ url: `${server.url}${path}`, caBundle: server.caBundle });
  const says = (message: string | RegExp) => (error: unknown) => {
    assert.ok(error instanceof WebhookCallError, String(error));
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  };

  it('posts JSON, tells the timeout, and uses its connections again', async () => {
    server.handler = () => ({ said: 'hello' });
    await call();
    const connections = server.connections();
    // A connection is free again in the turn after its answer.
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(await call(here('/a//b/'), { timeoutMs: 1500 }), { said: 'hello' });
    const asked = server.requests.at(-1);
    assert.equal(asked?.url, '/a/b?timeout=2s');
    assert.equal(asked?.body, '{"a":1}');
    assert.equal(asked?.headers['content-type'], 'application/json');
    assert.equal(server.connections(), connections);
  });

  it('connects anew when the webhook closed an idle connection', async () => {
    server.handler = () => ({});
    await call();
    server.hangUp();
    await call();
  });

  it('says what a stock client says of connections that fail', async () => {
    await assert.rejects(
      call({ url: 'https://127.0.0.1:1/x', caBundle: server.caBundle }),
      says('Post "https://127.0.0.1:1/x?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused'),
    );
    await assert.rejects(
      call({ url: server.url }),
      says(
        `Post "${server.url}/?timeout=10s": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
      ),
    );
    await assert.rejects(
      call({ url: `https://hook.example:${server.port}`, caBundle: server.caBundle }),
      says(
        `Post "https://hook.example:${server.port}/?timeout=10s": tls: failed to verify certificate: x509: certificate is not valid for any names, but wanted to match hook.example`,
      ),
    );
    await assert.rejects(
      call({ url: server.url, caBundle: Buffer.from('nonsense').toString('base64') }),
      says('could not get REST client: unable to load root certificates: unable to parse bytes as PEM block'),
    );
  });

  it('tells a server without TLS', async () => {
    const plain = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const { port } = plain.address() as AddressInfo;
    await assert.rejects(
      call({ url: `https://127.0.0.1:${port}/`, caBundle: server.caBundle }),
      says(`Post "https://127.0.0.1:${port}/?timeout=10s": http: server gave HTTP response to HTTPS client`),
    );
    plain.close();
  });

  it('gives up at the deadline, before and within the answer, and when the client goes away', async () => {
    server.handler = () => undefined;
    await assert.rejects(
      call(here(), { timeoutMs: 50 }),
      says(`Post "${server.url}/?timeout=1s": context deadline exceeded`),
    );
    server.handler = (_request, response) => {
      response.write('{"a":');
    };
    await assert.rejects(
      call(here(), { timeoutMs: 200 }),
      says('unexpected error when reading response body. Please retry. Original error: context deadline exceeded'),
    );
    const leaving = new AbortController();
    server.handler = () => {
      leaving.abort();
    };
    await assert.rejects(
      call(here(), { signal: leaving.signal }),
      says(`Post "${server.url}/?timeout=10s": context canceled`),
    );
  });

  it('reads no more than the limit', async () => {
    server.handler = (_request, response) => {
      response.end(JSON.stringify({ a: 'x'.repeat(100_000) }));
    };
    await assert.rejects(call(here(), { maxResponseBytes: 1000 }), says(/response is larger than 1000 bytes/));
  });

  it('follows no redirect', async () => {
    const elsewhere = await startWebhookServer(() => ({}));
    for (const status of [301, 302, 307, 308]) {
      server.handler = (_request, response) => {
        response.writeHead(status, { location: elsewhere.url });
        response.end();
      };
      await assert.rejects(
        call(here()),
        says(`the server responded with the status code ${status} but did not return more information`),
      );
    }
    assert.equal(elsewhere.connections(), 0);
    await elsewhere.stop();
  });

  it('reads statuses and refuses what is no object', async () => {
    const answer = (status: number, body: string, type = 'application/json') => {
      server.handler = (_request, response) => {
        response.writeHead(status, { 'content-type': type });
        response.end(body);
      };
      return call(here());
    };
    await assert.rejects(
      answer(500, 'broken\n', 'text/plain'),
      says('an error on the server ("broken") has prevented the request from succeeding'),
    );
    await assert.rejects(answer(404, ''), says('the server could not find the requested resource'));
    await assert.rejects(
      answer(200, ''),
      says('0-length response with status code: 200 and content type: application/json'),
    );
    await assert.rejects(answer(200, 'hello'), says(/^couldn't get version\/kind; json parse error: .* string /));
    await assert.rejects(answer(200, '{"a":'), says(/json parse error: unexpected end of JSON input$/));
    assert.deepEqual(await answer(200, 'null'), {});
    assert.deepEqual(await answer(200, 'a: 1', 'application/yaml'), { a: 1 });
    await assert.rejects(answer(200, '[]'), says(/^couldn't get version\/kind; json parse error: .* array /));
    await assert.rejects(
      answer(
        409,
        '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"taken","reason":"Conflict","code":409}',
      ),
      (error: unknown) => error instanceof WebhookCallError && error.message === 'taken' && error.status?.code === 409,
    );
  });

  it('asks again when the webhook says when', async () => {
    let asked = 0;
    server.handler = (_request, response) => {
      if (++asked === 3) return { finally: true };
      response.writeHead(503, { 'retry-after': '0' });
      response.end();
      return undefined;
    };
    assert.deepEqual(await call(here()), { finally: true });
  });

  it('lets a logical cluster whose webhooks hang wait for itself only', async () => {
    server.handler = () => undefined;
    const hanging = [1, 2, 3].map(() => call(here(), { timeoutMs: 300 }));
    const waited = Promise.allSettled(hanging);
    const quick = await startWebhookServer(() => ({ quick: true }));
    assert.deepEqual(await call({ url: quick.url, caBundle: quick.caBundle }, { cluster: other }), { quick: true });
    for (const outcome of await waited) {
      assert.equal(outcome.status, 'rejected');
      says(`Post "${server.url}/?timeout=1s": context deadline exceeded`)(outcome.reason);
    }
    assert.deepEqual(await call({ url: quick.url, caBundle: quick.caBundle }), { quick: true });
    await quick.stop();
  });
});

describe('the addresses of webhooks', () => {
  const guard = createAddressGuard({ deny: ['169.254.0.0/16', 'fe80::/10'], allow: ['169.254.7.7/32'] });

  it('are not those that are denied, however they are written', () => {
    assert.deepEqual(
      ['169.254.169.254', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', 'fe80::1', 'nonsense'].map(guard),
      [false, false, false, false, false],
    );
    assert.deepEqual(['169.254.7.7', '10.0.0.1', '2001:db8::1', '127.0.0.1'].map(guard), [true, true, true, true]);
  });

  it('are checked behind names too', async () => {
    const caller = createWebhookCaller({
      services: createStoredServiceResolver(createMemoryStore()),
      guard,
      lookup: () => Promise.resolve(['169.254.169.254']),
    });
    await assert.rejects(
      caller.call({
        cluster: root,
        clientConfig: { url: 'https://metadata.example/' },
        body: '{}',
        timeoutMs: 1000,
        signal: new AbortController().signal,
      }),
      {
        message:
          'Post "https://metadata.example/?timeout=1s": dial tcp 169.254.169.254:443: address is not allowed for webhooks',
      },
    );
    caller.close();
  });
});
