import { X509Certificate } from 'node:crypto';

/** One PEM block: what stands between a BEGIN and an END line. */
export type PemBlock = {
  readonly type: string;
  readonly headers: boolean;
  readonly bytes: Buffer;
  readonly rest: string;
};

const maxPemLength = 1024 * 1024;
const block = /(?:^|\n)-----BEGIN ([^\n-]+)-----[ \t\r]*\n([\s\S]*?)\n?-----END \1-----[ \t\r]*(?:\n|$)/;

/** The first PEM block of a text, as Go's encoding/pem finds it; undefined when there is none. */
export function firstPemBlock(text: string): PemBlock | undefined {
  if (text.length > maxPemLength) return undefined;
  const match = block.exec(text);
  if (match === null) return undefined;
  const [whole, type = '', body = ''] = match;
  const headers = /^[^\n:]+:/.test(body);
  const base64 = headers ? body.slice(body.indexOf('\n\n') + 1) : body;
  if (!/^[A-Za-z0-9+/=\s]*$/.test(base64)) return undefined;
  return {
    type,
    headers,
    bytes: Buffer.from(base64, 'base64'),
    rest: text.slice(match.index + whole.length),
  };
}

/** Why a chain of certificates is none; undefined when it is one, or empty. */
export function certificateProblem(pem: string): string | undefined {
  if (pem === '') return undefined;
  let blocks = 0;
  for (let found = firstPemBlock(pem); found !== undefined; found = firstPemBlock(found.rest)) {
    if (found.type !== 'CERTIFICATE') {
      return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(found.type)}`;
    }
    if (found.headers) return 'no PEM block headers are permitted';
    blocks++;
    if (found.bytes.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates';
    if (!parses(found.bytes)) return 'x509: malformed certificate';
  }
  return blocks === 0 ? 'must contain at least one CERTIFICATE PEM block' : undefined;
}

function parses(der: Buffer): boolean {
  try {
    return new X509Certificate(der).raw.length > 0;
  } catch {
    return false;
  }
}
