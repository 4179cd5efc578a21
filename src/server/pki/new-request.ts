import { createPrivateKey, createPublicKey } from 'node:crypto';
import { loadX509, newPrivateKeyPem, signingAlgorithm } from './certificates.ts';

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' };

/** A new ECDSA P-256 key and a PKCS #10 request of it for a user and groups; both PEM. */
export async function newRequest(
  user: string,
  groups: readonly string[],
): Promise<{ readonly keyPem: string; readonly requestPem: string }> {
  const x509 = await loadX509();
  const keyPem = newPrivateKeyPem();
  const [pkcs8, spki] = [
    createPrivateKey(keyPem).export({ format: 'der', type: 'pkcs8' }),
    createPublicKey(keyPem).export({ format: 'der', type: 'spki' }),
  ];
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [...groups.map((group) => ({ O: [group] })), { CN: [user] }],
    keys: {
      privateKey: await crypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), keyAlgorithm, false, ['sign']),
      publicKey: await crypto.subtle.importKey('spki', new Uint8Array(spki), keyAlgorithm, true, ['verify']),
    },
    signingAlgorithm,
  });
  return { keyPem, requestPem: `${request.toString('pem')}\n` };
}
