import type { IncomingHttpHeaders } from 'node:http';
import type { ClusterName } from '../logicalcluster/name.ts';
import type { UserInfo } from '../registry/registry.ts';

/** The parts of a request that authenticators read. */
export type Credentials = {
  readonly headers: IncomingHttpHeaders;
  /** DER of a client certificate the TLS layer received; not yet verified against a CA. */
  readonly peerCertificate?: () => Uint8Array | undefined;
  /** The logical cluster the request addresses: ServiceAccount tokens are good in their own only. */
  readonly cluster: ClusterName;
  /** The path inside the logical cluster: some may be open to everybody. */
  readonly path?: string;
  /** Names and values of headers in turn, as they came. */
  readonly rawHeaders?: () => readonly string[] | undefined;
};

/**
 * One way to know who asks. Undefined: the request carries nothing for me, ask the next. Throws `unauthorized()` when it carries something of
 * mine that is not valid. Adds no `system:authenticated`: the union does.
 */
export interface Authenticator {
  authenticate(credentials: Credentials): Promise<UserInfo | undefined>;
}
