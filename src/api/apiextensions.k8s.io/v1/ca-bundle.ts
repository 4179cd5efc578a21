import { X509Certificate } from 'node:crypto';
import type { CrdConversion } from './types.ts';

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Why the certificates that a conversion webhook is to be trusted by cannot be used, in stock's words; undefined when they can, or there are none. */
export function caBundleProblem(conversion: CrdConversion | undefined): string | undefined {
  const bundle = conversion?.webhook?.clientConfig?.['caBundle'];
  if (conversion?.strategy !== 'Webhook' || typeof bundle !== 'string' || bundle === '') return undefined;
  const text = Buffer.from(bundle, 'base64').toString('latin1');
  const usable = [...text.matchAll(block)].some(([pem]) => isCertificate(pem));
  return usable ? undefined : 'unable to load root certificates: unable to parse bytes as PEM block';
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
