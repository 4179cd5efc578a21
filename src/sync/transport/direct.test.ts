import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ensurePki } from '../../server/pki.ts';
import { createDirectTransport } from './direct.ts';
import type { Endpoint } from './kubeconfig.ts';
import { HttpError, type LineSink, type Transport, TransportError } from './transport.ts';

const directory = mkdtempSync(join(tmpdir(), 'atoll-transport-'));
let server: Server;
let endpoint: Endpoint;
let answer: (path: string, response: ServerResponse) => void = () => {};
const seen: { path: string; headers: Record<string, unknown>; body: string }[] = [];
const transports: Transport[] = [];

before(async () => {
  const pki = await ensurePki({ dataDir: directory, hosts: ['127.0.0.1'] });
  server = createServer({ key: pki.serverKey, cert: pki.serverCert }, (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      seen.push({ path: request.url ?? '', headers: request.headers, body });
      answer(request.url ?? '', response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    basePath: '/base',
    ca: pki.caCert,
    insecureSkipTlsVerify: false,
    serverName: undefined,
    token: 'secret',
    clientCertificate: undefined,
    clientKey: undefined,
  };
});

after(() => {
  for (const transport of transports) transport.close();
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

function open(changes: Partial<Endpoint> = {}): Transport {
  const transport = createDirectTransport({ ...endpoint, ...changes }, 'test/1');
  transports.push(transport);
  return transport;
}

async function failure(promise: Promise<unknown>): Promise<TransportError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof TransportError, String(error));
    return error;
  }
  return assert.fail('succeeded');
}

/** Collects a watch until it ends. */
function collect(transport: Transport): { ended: Promise<unknown>; lines: string[] } {
  const lines: string[] = [];
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const sink: LineSink = { onLine: (line) => lines.push(line), onEnd: resolve };
  transport.watch({ path: '/watch' }, sink);
  return { ended: promise, lines };
}

test('a request carries the token, the base path and the body, and any status is an answer', async () => {
  answer = (_path, response) => response.writeHead(409).end('no');
  const result = await open().request({
    method: 'PATCH',
    path: '/api?x=1',
    body: '{"a":1}',
    contentType: 'application/x',
  });
  assert.equal(result.status, 409);
  assert.equal(result.body.toString(), 'no');
  const request = seen.at(-1);
  assert.equal(request?.path, '/base/api?x=1');
  assert.equal(request.body, '{"a":1}');
  assert.equal(request.headers.authorization, 'Bearer secret');
  assert.equal(request.headers['content-type'], 'application/x');
});

test('a server with a certificate of somebody else is unreachable', async () => {
  const error = await failure(open({ ca: undefined }).request({ method: 'GET', path: '/' }));
  assert.equal(error.failure, 'unreachable');
  assert.match(error.message, /certificate/);
});

test('nobody listens, nobody speaks TLS, nobody answers: an error each, in time', async () => {
  const plain = createTcpServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
  });
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  const port = (plain.address() as AddressInfo).port;
  assert.equal((await failure(open({ port }).request({ method: 'GET', path: '/' }))).failure, 'unreachable');
  plain.close();
  const refused = await failure(open({ port }).request({ method: 'GET', path: '/' }));
  assert.equal(refused.failure, 'unreachable');
  assert.match(refused.message, /ECONNREFUSED/);
  answer = () => {};
  const silent = await failure(open().request({ method: 'GET', path: '/', timeoutMs: 100 }));
  assert.equal(silent.failure, 'timeout');
  assert.match(silent.message, /no answer within 0.1 s/);
});

test('a server that drips its answer runs into the time limit', async () => {
  answer = (_path, response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write('x'), 10);
    response.on('close', () => clearInterval(drip));
  };
  const error = await failure(open().request({ method: 'GET', path: '/', timeoutMs: 200 }));
  assert.equal(error.failure, 'timeout');
});

test('an answer without end is cut off', async () => {
  answer = (_path, response) => {
    response.writeHead(200);
    const pour = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65536))) {
        // As much as the socket takes.
      }
    };
    response.on('drain', pour);
    pour();
  };
  const error = await failure(open().request({ method: 'GET', path: '/', maxBytes: 1 << 20 }));
  assert.equal(error.failure, 'tooLarge');
});

test('a watch gives whole lines however they are cut up, and the end in order', async () => {
  answer = (_path, response) => {
    response.writeHead(200);
    response.write('{"a":1}\n{"b"');
    setImmediate(() => {
      response.write(':2}\n\n');
      response.end('{"c":3}');
    });
  };
  const { ended, lines } = collect(open());
  assert.equal(await ended, undefined);
  assert.deepEqual(lines, ['{"a":1}', '{"b":2}']);
});

test('a watch that is refused says what the server answered', async () => {
  answer = (_path, response) => response.writeHead(410).end('gone');
  const error = await collect(open()).ended;
  assert.ok(error instanceof HttpError);
  assert.equal(error.status, 410);
  assert.equal(error.body.toString(), 'gone');
});

test('a watch line without end is cut off', async () => {
  answer = (_path, response) => {
    response.writeHead(200);
    const pour = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65536, 'x'))) {
        // As much as the socket takes.
      }
    };
    response.on('drain', pour);
    pour();
  };
  const error = await collect(open()).ended;
  assert.ok(error instanceof TransportError);
  assert.equal(error.failure, 'tooLarge');
});

test('closing ends requests and watches that are under way', async () => {
  answer = (path, response) => {
    if (path.includes('watch')) response.writeHead(200).write('{"a":1}\n');
  };
  const transport = open();
  const watch = collect(transport);
  const request = failure(transport.request({ method: 'GET', path: '/hang' }));
  while (watch.lines.length === 0) await new Promise((resolve) => setImmediate(resolve));
  transport.close();
  assert.equal((await request).failure, 'aborted');
  const error = await watch.ended;
  assert.ok(error instanceof TransportError);
  assert.equal(error.failure, 'aborted');
});
