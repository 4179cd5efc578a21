import https from 'node:https';
import type { DifferentialRequest } from './request.ts';

/** A server under comparison; its certificate is taken as it is. */
export type Server = { readonly url: string; readonly token: string; readonly saved: Map<string, unknown> };
export type Answer = { readonly status: number; readonly headers: Record<string, string>; readonly body: Buffer };

const comparedHeaders = [
  'content-type',
  'cache-control',
  'warning',
  'retry-after',
  'vary',
  'x-content-type-options',
  'allow',
  'location',
];

const agent = new https.Agent({ keepAlive: true, maxSockets: 32, rejectUnauthorized: false });

/** Fills `<<name.path.to.field>>` from the answers that `save` kept. */
function fill(text: string, server: Server): string {
  return text.replace(/<<([\w-]+)\.([\w.-]+)>>/g, (_, name: string, path: string) => {
    let value: unknown = server.saved.get(name);
    for (const part of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[part];
    return String(value);
  });
}

/** Puts a request, with the writes that belong to its stream, and gives the whole answer. A connection that breaks is status 0. */
export async function ask(server: Server, request: DifferentialRequest): Promise<Answer> {
  const path = fill(request.path, server);
  const body = typeof request.body === 'string' ? fill(request.body, server) : request.body;
  let opened = (): void => {};
  const open = new Promise<void>((resolve) => (opened = resolve));
  const answer = new Promise<Answer>((resolve) => {
    const outgoing = https.request(
      server.url,
      {
        method: request.method,
        path,
        agent,
        headers: {
          'user-agent': 'differential/1',
          authorization: `Bearer ${server.token}`,
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
          ...request.headers,
        },
      },
      (incoming) => {
        opened();
        const chunks: Buffer[] = [];
        const done = (): void => {
          clearTimeout(timer);
          const headers: Record<string, string> = {};
          for (const name of comparedHeaders) {
            const value = incoming.headers[name];
            if (value !== undefined) headers[name] = String(value);
          }
          resolve({ status: incoming.statusCode ?? 0, headers, body: Buffer.concat(chunks) });
        };
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', done);
        incoming.on('error', done);
      },
    );
    const timer = setTimeout(() => outgoing.destroy(new Error('no end')), request.maxMs ?? 10_000);
    outgoing.on('error', (error) => {
      opened();
      clearTimeout(timer);
      resolve({ status: 0, headers: {}, body: Buffer.from(error.message) });
    });
    outgoing.end(body);
  });
  if (request.during !== undefined) {
    // The stock server sends a watch's headers with its first event or soon after; a write must not come before the watch has begun.
    await Promise.race([open, new Promise((resolve) => setTimeout(resolve, 400))]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const each of request.during) await ask(server, each);
  }
  const whole = await answer;
  if (request.save !== undefined) {
    try {
      server.saved.set(request.save, JSON.parse(whole.body.toString()));
    } catch {
      server.saved.set(request.save, undefined);
    }
  }
  return whole;
}
