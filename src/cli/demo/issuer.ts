import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { ensurePki } from '../../server/pki.ts';

/** An OpenID Connect issuer that signs in whoever is named: for demos and tests. */
export type DemoIssuer = {
  readonly url: string;
  readonly clientId: string;
  readonly caCertificatePem: string;
  /** An ID token, good for an hour. */
  token(user: { readonly subject: string; readonly groups: readonly string[] }): Promise<string>;
  stop(): Promise<void>;
};

/** Starts the issuer on a loopback port, with keys of its own under `dataDir`. */
export async function startDemoIssuer(dataDir: string): Promise<DemoIssuer> {
  const pki = await ensurePki({ dataDir, hosts: ['127.0.0.1'] });
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const key = { ...(await exportJWK(publicKey)), kid: 'demo', alg: 'ES256', use: 'sig' };
  const clientId = 'atoll-demo';
  let url = '';
  const server = createServer({ key: pki.serverKey, cert: pki.serverCert }, (request, response) => {
    const documents: Readonly<Record<string, unknown>> = {
      '/.well-known/openid-configuration': {
        issuer: url,
        jwks_uri: `${url}/keys`,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
      },
      '/keys': { keys: [key] },
    };
    const path = request.url ?? '';
    const document = Object.hasOwn(documents, path) ? documents[path] : undefined;
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document ?? {}));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    clientId,
    caCertificatePem: pki.caCert,
    token: ({ subject, groups }) =>
      new SignJWT({ groups: [...groups] })
        .setProtectedHeader({ alg: 'ES256', kid: 'demo' })
        .setIssuer(url)
        .setAudience(clientId)
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
