import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { issueCaCertificate, issueCertificate, newPrivateKeyPem } from '../../src/server/pki/certificates.ts';

export type WebhookRequest = {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly json: () => Record<string, unknown>;
};

/** Answers a request: a value is sent as JSON, undefined means that the handler answers by itself, or never. */
export type WebhookHandler = (request: WebhookRequest, response: ServerResponse) => unknown;

export type WebhookServer = {
  readonly port: number;
  /** `https://127.0.0.1:PORT`. */
  readonly url: string;
  /** PEM of the authority that signed its certificate, in base64. */
  readonly caBundle: string;
  /** What was asked, oldest first. */
  readonly requests: WebhookRequest[];
  /** Connections that were made to it so far. */
  connections(): number;
  handler: WebhookHandler;
  /** Ends idle and busy connections, and goes on listening. */
  hangUp(): void;
  stop(): Promise<void>;
};

export type WebhookServerOptions = { readonly hosts?: readonly string[]; readonly port?: number };

/** An HTTPS server on loopback with an authority of its own. */
export async function startWebhookServer(
  handler: WebhookHandler,
  { hosts = ['127.0.0.1'], port = 0 }: WebhookServerOptions = {},
): Promise<WebhookServer> {
  const caKey = newPrivateKeyPem();
  const caCert = await issueCaCertificate(caKey, 'webhook-ca', 1);
  const key = newPrivateKeyPem();
  const cert = await issueCertificate({ certPem: caCert, keyPem: caKey }, key, {
    subject: [['CN', 'webhook']],
    hosts: [...hosts],
    use: 'server',
    days: 1,
  });
  const requests: WebhookRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer({ key, cert }, (request, response) => {
    void readBody(request).then((body) => {
      const asked: WebhookRequest = {
        url: request.url ?? '',
        headers: request.headers,
        body,
        json: () => JSON.parse(body) as Record<string, unknown>,
      };
      requests.push(asked);
      const answer = started.handler(asked, response);
      if (answer === undefined) return;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer));
    });
  });
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: bound } = server.address() as AddressInfo;
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const started: WebhookServer = {
    port: bound,
    url: `https://127.0.0.1:${bound}`,
    caBundle: Buffer.from(caCert).toString('base64'),
    requests,
    connections: () => connections,
    handler,
    hangUp,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        hangUp();
      }),
  };
  return started;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  request.setEncoding('utf8');
  for await (const chunk of request) body += chunk as string;
  return body;
}
