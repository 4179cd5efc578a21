import { hash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { isObject, type JsonObject } from '../../apimachinery/json.ts';
import { readOptional, replaceFile } from '../../server/pki/files.ts';
import { LoginError } from './issuer.ts';

/** What a sign-in gives. */
export type Tokens = { readonly idToken: string; readonly refreshToken: string | undefined; readonly expires: Date };

/** Tokens end a little before they expire, so that the request they are for is still in time. */
const marginMs = 30_000;

/** The tokens of a token endpoint's answer. @throws LoginError with what the issuer says when it gives none, or another sign-in's */
export function tokensOf(answer: JsonObject, nonce?: string): Tokens {
  const { id_token: idToken, refresh_token: refreshToken, error, error_description: description } = answer;
  if (typeof idToken !== 'string') {
    const why = [error, description].filter((each) => typeof each === 'string').join(': ');
    throw new LoginError(why === '' ? 'the issuer gave no ID token: does the client allow the scope openid?' : why);
  }
  const claims = claimsOf(idToken);
  if (nonce !== undefined && claims['nonce'] !== nonce) throw new LoginError('the ID token is of another sign-in');
  const { exp } = claims;
  if (typeof exp !== 'number') throw new LoginError('the ID token has no expiry');
  const refresh = typeof refreshToken === 'string' ? refreshToken : undefined;
  return { idToken, refreshToken: refresh, expires: new Date(exp * 1000) };
}

/** What the token says of itself. The API server verifies it; here it comes from the issuer over TLS. */
function claimsOf(token: string): JsonObject {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return isObject(claims) ? claims : {};
  } catch {
    return {};
  }
}

/** The file that keeps the tokens of one issuer, client and set of scopes. */
export function cacheFile(parts: readonly string[], directory = join(homedir(), '.kube/cache/atoll-login')): string {
  return join(directory, `${hash('sha256', JSON.stringify(parts), 'hex')}.json`);
}

/** The tokens kept in a file; undefined when there are none that can be read. */
export async function readTokens(file: string): Promise<Tokens | undefined> {
  const text = await readOptional(file);
  if (text === undefined) return undefined;
  try {
    return tokensOf(JSON.parse(text) as JsonObject);
  } catch {
    return undefined;
  }
}

/** Keeps tokens for their owner only. */
export async function writeTokens(file: string, { idToken, refreshToken }: Tokens): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const kept = { id_token: idToken, ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }) };
  await replaceFile(file, JSON.stringify(kept), 0o600);
}

export function isFresh({ expires }: Tokens, now = Date.now()): boolean {
  return expires.getTime() - marginMs > now;
}
