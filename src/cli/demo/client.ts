import { type ApiClient, createApiClient } from '../api-client.ts';

/** Plain HTTP to one API server as one user. */
export type HttpClient = ApiClient & { readonly server: string; readonly token: string };

/** `server` is a base URL, `https://host:port/clusters/root:team`. */
export function createHttpClient(server: string, caCertificatePem: string, token: string): HttpClient {
  const url = new URL(server);
  const client = createApiClient(
    {
      host: url.hostname,
      port: Number(url.port),
      basePath: url.pathname.replace(/\/$/, ''),
      ca: caCertificatePem,
      insecureSkipTlsVerify: false,
      serverName: undefined,
      token,
      clientCertificate: undefined,
      clientKey: undefined,
    },
    'atoll-demo',
  );
  return { ...client, server, token };
}
