import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Authenticator } from '../../authentication/authenticator.ts';
import { anonymousUser } from '../../registry/identities.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import type { Exchange, HttpRequest } from '../exchange.ts';

/** Sets `x.user`; without credentials that is system:anonymous, whom authorization lets see health and version only. Throws 401 for bad credentials. */
export async function authenticate(x: Exchange, authenticator: Authenticator, cluster: ClusterName): Promise<void> {
  const user = await authenticator.authenticate({
    headers: x.request.headers,
    peerCertificate: () => peerCertificate(x.request),
    cluster,
    path: x.info.path,
    rawHeaders: () => (x.request as Partial<IncomingMessage>).rawHeaders,
  });
  x.user = user ?? anonymousUser;
}

const certificates = new WeakMap<object, Uint8Array | null>();

/** The client certificate of a connection; looked up once per connection, which in HTTP/2 is the session. */
function peerCertificate(request: HttpRequest): Uint8Array | undefined {
  const socket = request.socket as Partial<TLSSocket>;
  const connection = request.stream?.session ?? socket;
  const known = certificates.get(connection);
  if (known !== undefined) return known ?? undefined;
  const certificate: X509Certificate | undefined = socket.getPeerX509Certificate?.();
  const raw = certificate?.raw;
  certificates.set(connection, raw ?? null);
  return raw;
}
