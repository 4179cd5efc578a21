import { PassThrough, type Readable, Writable } from 'node:stream';
import type { ConnectClient } from '../../registry/connect/backend.ts';
import type { Target } from '../../registry/registry.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Exchange } from '../exchange.ts';
import { methodNotAllowed, resourceNotFound } from '../route-errors.ts';
import { beginAnswer, commonHeaders } from '../writers/respond.ts';

/** Any method of a subresource that is a connection. */
export async function connectObject({ connector }: Endpoints, x: Exchange, target: Target): Promise<void> {
  const declared = target.definition.subresources?.[target.subresource]?.connect;
  const method = (x.request.method ?? 'GET').toLowerCase();
  if (declared === undefined || (x.info.parts.length > 3 && !declared.takesPath)) throw resourceNotFound();
  if (!declared.methods.some((each) => each === method)) throw methodNotAllowed();
  const request = { parameters: x.parameters, path: pathBehind(x, target.subresource) };
  if (await connector.connect(x, target, request, clientOf(x))) return;
  const headers = commonHeaders(x, '');
  delete headers['content-type'];
  beginAnswer(x, 204, headers);
  x.response.end();
}

/** What follows the subresource in the path, slashes and all. */
function pathBehind(x: Exchange, subresource: string): string {
  const before = x.info.parts.slice(0, 2).join('/');
  const mark = `${before}/${subresource}`;
  const at = x.info.path.indexOf(mark);
  return at < 0 ? '' : x.info.path.slice(at + mark.length);
}

/** The client's side of an exchange, for whoever carries the request on. */
export function clientOf(x: Exchange): ConnectClient {
  const { connection } = x;
  return {
    method: x.request.method ?? 'GET',
    headers: x.request.headers,
    get body() {
      return bodyOf(x);
    },
    get signal() {
      return x.signal;
    },
    begin: (status, headers) => {
      const all = { ...commonHeaders(x, ''), ...headers };
      if (all['content-type'] === '') delete all['content-type'];
      beginAnswer(x, status, all);
      return answerOf(x);
    },
    upgrade: connection && {
      request: connection.request,
      take: () => {
        x.answered = true;
        x.status = 101;
        connection.response.detachSocket(connection.socket as never);
        return { socket: connection.socket, head: connection.head };
      },
    },
  };
}

function bodyOf(x: Exchange): Readable {
  const body = new PassThrough();
  x.request.on('data', (chunk) => {
    if (!body.write(chunk)) x.request.pause();
  });
  body.on('drain', () => x.request.resume());
  x.request.on('end', () => body.end());
  x.request.on('error', (error) => body.destroy(error));
  x.request.on('aborted', () => body.destroy());
  return body;
}

/** The response as a stream that waits while the client does not read. */
function answerOf(x: Exchange): Writable {
  const { response } = x;
  const stream = new Writable({
    write(chunk: Uint8Array, _, done) {
      x.sent += chunk.length;
      if (response.write(chunk)) return done();
      const drained = (): void => {
        response.removeListener('close', drained);
        response.removeListener('drain', drained);
        done();
      };
      response.on('drain', drained);
      response.on('close', drained);
    },
    final(done) {
      response.end();
      done();
    },
  });
  response.on('close', () => stream.destroy());
  stream.on('error', () => response.destroy());
  return stream;
}
