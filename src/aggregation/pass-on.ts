import { pipeline } from 'node:stream/promises';
import type { ApiService } from '../api/apiregistration.k8s.io/v1/types.ts';
import { type BackendAnswer, type FrontProxy, UnresolvedService } from '../client/front-proxy/front-proxy.ts';
import { answeredHeaders, forwardedHeaders } from '../client/front-proxy/identity-headers.ts';
import type { ConnectClient } from '../registry/connect/backend.ts';
import type { RequestContext } from '../registry/registry.ts';

/** Passes one request on to a backend and its answer back, both as streams. */
export async function passOn(
  frontProxy: FrontProxy,
  ctx: RequestContext,
  service: ApiService,
  path: string,
  client: ConnectClient,
): Promise<void> {
  const { upgrade, headers, method } = client;
  const bodyless = method === 'GET' || method === 'HEAD' || upgrade !== undefined;
  let answer: BackendAnswer;
  try {
    answer = await frontProxy.ask({
      cluster: ctx.cluster.name,
      service,
      method,
      path,
      headers: {
        ...forwardedHeaders(headers),
        ...(upgrade === undefined ? {} : { connection: 'Upgrade', upgrade: headers.upgrade ?? '' }),
      },
      user: ctx.user,
      signal: client.signal,
      ...(bodyless ? {} : { body: client.body }),
    });
  } catch (error) {
    if (error instanceof UnresolvedService) return refuse(client, 503, 'service unavailable');
    return refuse(client, 503, `error trying to reach service: ${(error as Error).message}`);
  }
  if (answer.upgraded !== undefined && upgrade !== undefined) return join(answer, upgrade);
  const { response } = answer;
  const out = client.begin(response.statusCode ?? 502, answeredHeaders(response.headers));
  // Whoever breaks off first ends the other side, too; there is nobody left to tell.
  await pipeline(response, out).catch(() => undefined);
}

/** What kube-aggregator answers itself is plain text. */
export function refuse(client: ConnectClient, status: number, text: string): void {
  client
    .begin(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
    .end(`${text}\n`);
}

/** Ties two connections together that now speak another protocol. */
async function join(
  { response, upgraded }: BackendAnswer,
  upgrade: NonNullable<ConnectClient['upgrade']>,
): Promise<void> {
  if (upgraded === undefined) return;
  const { socket, head } = upgrade.take();
  const lines = [`HTTP/1.1 ${response.statusCode} ${response.statusMessage}`];
  for (let i = 0; i + 1 < response.rawHeaders.length; i += 2)
    lines.push(`${response.rawHeaders[i]}: ${response.rawHeaders[i + 1]}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (upgraded.head.length > 0) socket.write(upgraded.head);
  if (head.length > 0) upgraded.socket.write(head);
  const ends = (a: { destroy(): unknown }, b: { on(event: 'close' | 'error', then: () => void): unknown }) => {
    b.on('close', () => a.destroy());
    b.on('error', () => a.destroy());
  };
  ends(socket, upgraded.socket);
  ends(upgraded.socket, socket);
  socket.pipe(upgraded.socket);
  upgraded.socket.pipe(socket);
  await new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
  });
}
