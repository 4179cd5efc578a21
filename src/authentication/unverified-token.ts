/**
 * The `iss` claim of a compact JWT, read without verifying anything: only good for deciding who should verify the token. Undefined when the text is no
 * JWT. An issuer of Google's is given in its URL form (OpenID Connect Core 1.0 §2, note on GoogleIss).
 */
export function unverifiedIssuer(token: string): string | undefined {
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first <= 0 || second < 0 || token.indexOf('.', second + 1) >= 0) return undefined;
  const payload = token.slice(first + 1, second);
  if (!/^[\w-]+$/.test(payload)) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null || !('iss' in claims) || typeof claims.iss !== 'string')
      return undefined;
    return claims.iss === 'accounts.google.com' ? 'https://accounts.google.com' : claims.iss;
  } catch {
    return undefined;
  }
}
