import assert from 'node:assert/strict';
import { connect as connectHttp2, type ClientHttp2Session, constants } from 'node:http2';
import { after, afterEach, before, describe, it } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { http } from '../support/http.ts';
import { type Stack, startStack, tokens } from '../support/http-stack.ts';

/** The longest that any of these connections may stay without an answer or an end. */
const patienceMs = 5000;
const configMaps = '/api/v1/namespaces/default/configmaps';
const authorization = `Authorization: Bearer ${tokens.admin}`;

let stack: Stack;
const rejections: unknown[] = [];
const noteRejection = (reason: unknown): void => void rejections.push(reason);

before(async () => {
  process.on('unhandledRejection', noteRejection);
  stack = await startStack({ limits: { requestTimeoutMs: 1000 } });
});
after(async () => {
  await stack.stop();
  process.off('unhandledRejection', noteRejection);
});
afterEach(async () => {
  assert.equal((await http(stack.admin, 'GET', '/livez')).status, 200);
  assert.deepEqual(rejections, []);
  assert.deepEqual(
    stack.logged.filter(({ level }) => Number(level) >= 50),
    [],
  );
});

function open(protocol: 'http/1.1' | 'h2' = 'http/1.1'): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port: stack.listener.port,
      ca: stack.admin.ca,
      ALPNProtocols: [protocol],
    });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });
}

type Ending = { readonly text: string; readonly ended: boolean };

/** What comes back until the server ends the connection, says a whole answer (`until`), or patience ends. */
function answerTo(socket: TLSSocket, until = /\r\n\r\n[^]*/): Promise<Ending> {
  return new Promise((resolve) => {
    let text = '';
    const done = (ended: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, ended });
    };
    const timer = setTimeout(() => done(false), patienceMs);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (until.test(text)) done(true);
    });
    socket.on('error', () => done(true));
    socket.on('close', () => done(true));
  });
}

async function send(text: string | Buffer, until?: RegExp): Promise<Ending> {
  const socket = await open();
  socket.on('error', () => {});
  socket.write(text);
  return answerTo(socket, until);
}

function statusOf({ text }: Ending): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
}

const host = 'Host: x';
const post = (headers: string[], body: string): string =>
  [`POST ${configMaps} HTTP/1.1`, host, authorization, 'Content-Type: application/json', ...headers, '', body].join(
    '\r\n',
  );

describe('bytes that are no proper HTTP/1.1 request', () => {
  const cases: Readonly<Record<string, string | Buffer>> = {
    'an empty request line': '\r\n\r\n \r\n\r\n',
    'no method': '/ HTTP/1.1\r\n\r\n',
    'no version': 'GET /api\r\n\r\n',
    'another version': `GET /api HTTP/9.9\r\n${host}\r\n\r\n`,
    'an unknown method': `HELLO /api HTTP/1.1\r\n${host}\r\n\r\n`,
    'control bytes in the path': `GET /api\x01\x02 HTTP/1.1\r\n${host}\r\n\r\n`,
    'a header without a colon': `GET /api HTTP/1.1\r\n${host}\r\nnonsense\r\n\r\n`,
    'a folded header': `GET /api HTTP/1.1\r\n${host}\r\nX: a\r\n b\r\n\r\n`,
    'a NUL in a header': `GET /api HTTP/1.1\r\n${host}\r\nX: a\0b\r\n\r\n`,
    'a space before the colon': `GET /api HTTP/1.1\r\n${host}\r\nX : a\r\n\r\n`,
    'two lengths that differ': post(['Content-Length: 2', 'Content-Length: 20'], '{}'),
    'a length and chunks': post(['Content-Length: 2', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
    'a negative length': post(['Content-Length: -2'], '{}'),
    'a length that is no number': post(['Content-Length: 0x2'], '{}'),
    'a length beyond counting': post(['Content-Length: 99999999999999999999'], '{}'),
    'an unknown transfer encoding': post(['Transfer-Encoding: gzip'], '{}'),
    'a chunk of no size': post(['Transfer-Encoding: chunked'], 'zz\r\n{}\r\n0\r\n\r\n'),
    'a chunk size beyond counting': post(['Transfer-Encoding: chunked'], `${'f'.repeat(40)}\r\n`),
    'headers beyond the limit': `GET /api HTTP/1.1\r\n${host}\r\n${`X-Flood: ${'x'.repeat(900)}\r\n`.repeat(100)}\r\n`,
    'a path beyond the limit': `GET /${'x'.repeat(80_000)} HTTP/1.1\r\n${host}\r\n\r\n`,
    'another protocol': 'SSH-2.0-OpenSSH_9.9\r\n',
    'random bytes': Buffer.from(Array.from({ length: 500 }, (_, index) => (index * 7919) % 256)),
  };
  for (const [what, text] of Object.entries(cases)) {
    it(`${what} is refused with a 4xx or an end`, async () => {
      const answer = await send(text);
      assert.ok(answer.ended, 'the connection stays open without a word');
      const status = statusOf(answer);
      assert.ok(status === 0 || (status >= 400 && status < 500), answer.text.slice(0, 300));
    });
  }
});

describe('requests that are odd but proper', () => {
  const whole = /\r\n\r\n/;

  it('two Authorization headers do not add up to more than one', async () => {
    const answer = await send(
      `GET ${configMaps} HTTP/1.1\r\n${host}\r\nAuthorization: Bearer nobody\r\n${authorization}\r\n\r\n`,
      whole,
    );
    assert.equal(statusOf(answer), 401);
  });

  it('two Content-Type headers count as the first', async () => {
    const body = '{"metadata":{"name":"twice"}}';
    const answer = await send(post([`Content-Type: text/plain`, `Content-Length: ${body.length}`], body), whole);
    assert.ok([201, 415].includes(statusOf(answer)), answer.text.slice(0, 300));
  });

  it('a request without Host, in absolute form or for a proxy is answered', async () => {
    for (const line of [
      'GET /livez HTTP/1.0',
      `GET https://x/livez HTTP/1.1\r\n${host}`,
      `OPTIONS * HTTP/1.1\r\n${host}`,
    ]) {
      const answer = await send(`${line}\r\n\r\n`, whole);
      assert.ok(statusOf(answer) >= 200 && statusOf(answer) < 500, `${line}: ${answer.text.slice(0, 200)}`);
    }
    const tunnel = await send(`CONNECT example.com:443 HTTP/1.1\r\n${host}\r\n\r\n`, whole);
    assert.ok(statusOf(tunnel) === 0 || statusOf(tunnel) >= 400, tunnel.text.slice(0, 200));
  });

  it('requests sent one behind the other are answered in order', async () => {
    const one = (path: string, more = ''): string =>
      `GET ${path} HTTP/1.1\r\n${host}\r\n${authorization}\r\n${more}\r\n`;
    const answer = await send(one('/livez') + one('/nope') + one('/version', 'Connection: close\r\n'), /gitVersion/);
    assert.deepEqual(
      [...answer.text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status),
      ['200', '404', '200'],
    );
  });

  it('a body that never comes is given up on', async () => {
    const answer = await send(post(['Content-Length: 100'], '{'), whole);
    assert.ok(answer.ended);
    assert.ok([0, 400, 408, 504].includes(statusOf(answer)), answer.text.slice(0, 200));
  });

  it('a body that comes byte by byte is given up on', async () => {
    const socket = await open();
    socket.on('error', () => {});
    socket.write(post(['Content-Length: 100000'], '{'));
    const drip = setInterval(() => socket.writable && socket.write(' '), 50);
    const answer = await answerTo(socket, whole);
    clearInterval(drip);
    assert.ok(answer.ended);
    assert.ok([0, 400, 408, 504].includes(statusOf(answer)), answer.text.slice(0, 200));
  });

  it('a body beyond the limit is refused with 413, also without a length', async () => {
    const chunk = `${(1 << 20).toString(16)}\r\n${'x'.repeat(1 << 20)}\r\n`;
    const chunked = await send(post(['Transfer-Encoding: chunked'], `${chunk.repeat(4)}0\r\n\r\n`), whole);
    assert.equal(statusOf(chunked), 413, chunked.text.slice(0, 200));
    const announced = await send(post([`Content-Length: ${1 << 30}`], '{'), whole);
    assert.equal(statusOf(announced), 413, announced.text.slice(0, 200));
  });

  it('a connection that says nothing costs no other one anything', async () => {
    const idle = await Promise.all(Array.from({ length: 50 }, () => open()));
    assert.equal((await http(stack.admin, 'GET', configMaps)).status, 200);
    for (const socket of idle) socket.destroy();
  });

  it('clients that leave in the middle of anything leave nothing behind', async () => {
    for (const text of [
      `GET ${configMaps}?watch=1 HTTP/1.1\r\n${host}\r\n${authorization}\r\n\r\n`,
      post(['Content-Length: 50'], '{"metadata"'),
      'GET /api HT',
    ]) {
      const socket = await open();
      socket.on('error', () => {});
      await new Promise<void>((resolve) => socket.write(text, () => resolve()));
      socket.destroy();
    }
    assert.equal((await http(stack.admin, 'GET', configMaps)).status, 200);
  });
});

describe('HTTP/2', () => {
  function session(): ClientHttp2Session {
    const made = connectHttp2(stack.admin.url, { ca: stack.admin.ca });
    made.on('error', () => {});
    return made;
  }

  function ask(
    on: ClientHttp2Session,
    headers: Record<string, string | string[]>,
    body?: string,
  ): Promise<number | string> {
    return new Promise((resolve) => {
      const stream = on.request(
        { authorization: `Bearer ${tokens.admin}`, ...headers },
        { endStream: body === undefined },
      );
      const timer = setTimeout(() => resolve('silent'), patienceMs);
      const done = (what: number | string): void => {
        clearTimeout(timer);
        resolve(what);
      };
      stream.on('response', (answer) => done(Number(answer[':status'])));
      stream.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'error'));
      stream.on('close', () => done('closed'));
      if (body !== undefined) stream.end(body);
      stream.resume();
    });
  }

  it('odd pseudo headers and paths get a 4xx or a reset stream', async () => {
    const on = session();
    const odd: Record<string, string>[] = [
      { ':path': '*' },
      { ':path': '/api\\..' },
      { ':path': '/%' },
      { ':path': `/${'x'.repeat(20_000)}` },
      { ':method': 'BREW', ':path': '/api' },
      { ':method': 'CONNECT', ':authority': 'example.com:443' },
      { ':path': configMaps, ':scheme': 'gopher' },
      { ':path': configMaps, te: 'trailers', 'content-length': '5' },
    ];
    for (const headers of odd) {
      const answer = await ask(on, headers).catch((error: Error) => error.message);
      assert.ok(
        typeof answer === 'string' ? answer !== 'silent' : answer < 500,
        `${JSON.stringify(headers).slice(0, 99)}: ${answer}`,
      );
    }
    on.close();
  });

  it('a length that the body does not have is refused', async () => {
    const on = session();
    const headers = {
      ':method': 'POST',
      ':path': configMaps,
      'content-type': 'application/json',
      'content-length': '500',
    };
    const answer = await ask(on, headers, '{"metadata":{"name":"short"}}');
    assert.ok(typeof answer === 'string' ? answer !== 'silent' : answer >= 400 && answer < 500, String(answer));
    on.destroy();
  });

  it('streams that are opened and reset at once do no harm', async () => {
    const on = session();
    for (let i = 0; i < 500; i++) {
      const stream = on.request({ ':path': configMaps, authorization: `Bearer ${tokens.admin}` });
      stream.on('error', () => {});
      stream.close(constants.NGHTTP2_CANCEL);
    }
    on.destroy();
    const next = session();
    assert.equal(await ask(next, { ':path': configMaps }), 200);
    next.close();
  });

  it('bytes that are no HTTP/2 end the connection', async () => {
    const socket = await open('h2');
    socket.on('error', () => {});
    socket.write(`GET /api HTTP/1.1\r\n${host}\r\n\r\n`);
    const answer = await answerTo(socket, /HTTP\/1\.1 \d{3}/);
    assert.ok(answer.ended);
  });
});
