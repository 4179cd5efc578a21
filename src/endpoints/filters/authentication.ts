import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { unauthorized } from '../../apimachinery/errors.ts';
import type { Authenticator } from '../../authentication/authenticator.ts';
import { anonymousUser } from '../../registry/identities.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import type { Exchange } from '../exchange.ts';

/** Whether a path may be asked for without credentials: health and version, nothing else. */
export function isPublicPath(path: string): boolean {
  return (
    path === '/version' ||
    path === '/version/' ||
    path === '/healthz' ||
    path === '/livez' ||
    path === '/readyz' ||
    path.startsWith('/healthz/') ||
    path.startsWith('/livez/') ||
    path.startsWith('/readyz/')
  );
}

/** Sets `x.user`. Throws 401 for bad credentials, and for none unless the path is public. */
export async function authenticate(x: Exchange, authenticator: Authenticator, cluster: ClusterName): Promise<void> {
  const user = await authenticator.authenticate({
    headers: x.request.headers,
    peerCertificate: () => peerCertificate(x.request.socket as Partial<TLSSocket>),
    cluster,
  });
  if (user !== undefined && user.name !== anonymousUser.name) {
    x.user = user;
    return;
  }
  if (x.info.clusterText !== '' || !isPublicPath(x.info.path)) throw unauthorized();
  x.user = anonymousUser;
}

const certificates = new WeakMap<object, Uint8Array | null>();

/** The client certificate of a connection; looked up once per connection. */
function peerCertificate(socket: Partial<TLSSocket>): Uint8Array | undefined {
  const known = certificates.get(socket);
  if (known !== undefined) return known ?? undefined;
  const certificate: X509Certificate | undefined = socket.getPeerX509Certificate?.();
  const raw = certificate?.raw;
  certificates.set(socket, raw ?? null);
  return raw;
}
