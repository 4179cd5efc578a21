import { createHash, X509Certificate } from 'node:crypto';
import { Agent, type AgentOptions } from 'node:https';
import { type Duplex } from 'node:stream';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { LRUCache } from 'lru-cache';
import { hostMismatch } from './go-error-text.ts';

/** Connections that wait for their next call: of one destination, and in all. */
const maxFreePerDestination = 8;
const maxFree = 512;
const idleMs = 30_000;
const maxTrusts = 500;

/** Whom to trust: certificates parsed once per bundle, shared by all who give the same one. */
export type Trust = { readonly key: string; readonly context: SecureContext };

/** @throws Error in Go's words when the bundle holds no certificate. */
export type TrustSource = (caBundle: string | undefined) => Trust;

export function createTrustSource(): TrustSource {
  const known = new LRUCache<string, Trust>({ max: maxTrusts, maxSize: 32 << 20 });
  return (caBundle = '') => {
    let trust = known.get(caBundle);
    if (trust === undefined) {
      const key = createHash('sha256').update(caBundle).digest('base64url');
      trust = { key, context: secureContext(caBundle) };
      known.set(caBundle, trust, { size: caBundle.length + 1 });
    }
    return trust;
  };
}

/** Any certificate of the bundle is a root, as in Go: also one that another has signed. */
function secureContext(caBundle: string): SecureContext {
  if (caBundle === '') return createSecureContext({ ca: [...getCACertificates('default')], minVersion: 'TLSv1.2' });
  const ca = certificatesIn(Buffer.from(caBundle, 'base64').toString('latin1'));
  if (ca.length === 0) throw new Error('unable to load root certificates: unable to parse bytes as PEM block');
  return createSecureContext({ ca, allowPartialTrustChain: true, minVersion: 'TLSv1.2' });
}

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** OpenSSL gives up at the first certificate that it cannot read; Go skips it. */
function certificatesIn(pem: string): string[] {
  return [...pem.matchAll(block)]
    .map(([text]) => text)
    .filter((text) => {
      try {
        return new X509Certificate(text).subject !== undefined;
      } catch {
        return false;
      }
    });
}

/** What of a connection's options says that another one may use it. */
type ConnectionOptions = AgentOptions & { readonly trustKey?: string };

/** Keeps connections alive for the next call to the same destination with the same trust. */
export class WebhookAgent extends Agent {
  constructor() {
    super({
      keepAlive: true,
      maxFreeSockets: maxFreePerDestination,
      timeout: idleMs,
      scheduling: 'lifo',
      // Here, not with each call: connections that were made with a check of their own are never used again.
      checkServerIdentity: hostMismatch,
    });
  }

  override getName(options?: ConnectionOptions): string {
    return `${super.getName(options)}:${options?.trustKey ?? ''}`;
  }

  /** Called by node:http when a call is over. */
  override keepSocketAlive(socket: Duplex): boolean {
    let free = 0;
    for (const sockets of Object.values(this.freeSockets)) free += sockets?.length ?? 0;
    // The declared type lacks the answer that the documentation has.
    return free < maxFree && (super.keepSocketAlive(socket) as unknown) !== false;
  }
}
