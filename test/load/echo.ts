import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePki } from '../../src/server/pki.ts';

/** A node:https server that answers 1 KB and does nothing else. */
export async function startEcho(): Promise<{ url: string; ca: string; stop(): Promise<void> }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'atoll-echo-'));
  const pki = await ensurePki({ dataDir, hosts: ['127.0.0.1'] });
  const body = Buffer.alloc(1024, 'x');
  const server = createServer({ key: pki.serverKey, cert: pki.serverCert }, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: pki.caCert,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
        rmSync(dataDir, { recursive: true, force: true });
      }),
  };
}
