import https from 'node:https';
import type { DifferentialRequest } from './request.ts';

/** A server under comparison; its certificate is taken as it is. */
export type Server = { readonly url: string; readonly token: string; readonly saved: Map<string, unknown> };
export type Answer = { readonly status: number; readonly headers: Record<string, string>; readonly body: Buffer };

/** Differ from answer to answer, or belong to the connection; the stock server names the queue that a request waited in. */
const skippedHeaders: ReadonlySet<string> = new Set([
  'audit-id',
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
  'x-kubernetes-pf-flowschema-uid',
  'x-kubernetes-pf-prioritylevel-uid',
]);

const agent = new https.Agent({ keepAlive: true, maxSockets: 32, rejectUnauthorized: false });

/** A continue token with some of its fields changed. */
function changedToken(token: string, changes: string): string {
  const fields = JSON.parse(Buffer.from(token, 'base64url').toString()) as object;
  return Buffer.from(JSON.stringify({ ...fields, ...(JSON.parse(changes) as object) })).toString('base64url');
}

/**
 * Fills `<<name.path.to.field>>` from the answers that `save` kept; `<<name.path|{"rv":1}>>` changes fields of the continue token that is there,
 * `<<name.path+1>>` counts on from a number.
 */
function fill(text: string, server: Server): string {
  return text.replace(
    /<<([\w-]+)\.([\w.-]+)(?:\|(\{.*?\})|\+(\d+))?>>/g,
    (_, name: string, path: string, changes: string | undefined, more: string | undefined) => {
      let value: unknown = server.saved.get(name);
      for (const part of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[part];
      if (more !== undefined) return String(Number(value) + Number(more));
      return changes === undefined ? String(value) : changedToken(String(value), changes);
    },
  );
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
          for (const name of Object.keys(incoming.headers).sort())
            if (!skippedHeaders.has(name)) headers[name] = String(incoming.headers[name]);
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
