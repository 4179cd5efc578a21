import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { type Issuer, LoginError } from './issuer.ts';
import { type Tokens, tokensOf } from './tokens.ts';

export type Flow = {
  readonly issuer: Issuer;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Shows a person where to go. */
  readonly show: (url: string, code?: string) => void;
};

const waitMs = 5 * 60_000;
const random = (): string => randomBytes(32).toString('base64url');

/** Authorization code with PKCE (RFC 7636), the answer taken on a loopback port (RFC 8252). @throws LoginError */
export async function authorizationCode({ issuer, clientId, scopes, show }: Flow, port = 0): Promise<Tokens> {
  const [state, nonce, verifier] = [random(), random(), random()];
  const answer = Promise.withResolvers<URLSearchParams>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    // Whatever else the browser asks for, and whoever else speaks to the port, is not the answer.
    const isAnswer = url.pathname === '/' && url.searchParams.get('state') === state;
    response.writeHead(isAnswer ? 200 : 404, { 'content-type': 'text/plain', connection: 'close' });
    response.end(isAnswer ? 'You may close this window.\n' : 'Not found\n');
    if (isAnswer) answer.resolve(url.searchParams);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const late = new AbortController();
  try {
    const redirect = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const url = new URL(issuer.authorize);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    for (const [name, value] of Object.entries({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirect,
      scope: ['openid', ...scopes].join(' '),
      state,
      nonce,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    }))
      url.searchParams.set(name, value);
    show(url.href);
    const timeout = setTimeout(waitMs, undefined, { signal: late.signal, ref: false }).then(() => {
      throw new LoginError('nobody signed in within five minutes');
    });
    const said = await Promise.race([answer.promise, timeout]);
    const code = said.get('code');
    if (code === null) throw new LoginError(said.get('error_description') ?? said.get('error') ?? 'no code came back');
    return tokensOf(
      await issuer.post(issuer.token, {
        grant_type: 'authorization_code',
        client_id: clientId,
        redirect_uri: redirect,
        code,
        code_verifier: verifier,
      }),
      nonce,
    );
  } finally {
    late.abort();
    server.close();
    server.closeAllConnections();
  }
}

/** Device authorization (RFC 8628): a person signs in elsewhere, with a code that is shown here. @throws LoginError */
export async function deviceCode({ issuer, clientId, scopes, show }: Flow): Promise<Tokens> {
  if (issuer.device === undefined) throw new LoginError('the issuer knows no device flow');
  const scope = ['openid', ...scopes].join(' ');
  const started = await issuer.post(issuer.device, { client_id: clientId, scope });
  const { device_code: device, user_code: code, verification_uri: uri, error } = started;
  if (typeof device !== 'string' || typeof code !== 'string' || typeof uri !== 'string')
    throw new LoginError(typeof error === 'string' ? error : 'the issuer gave no code');
  show(uri, code);
  let seconds = typeof started['interval'] === 'number' ? started['interval'] : 5;
  const until = Date.now() + (typeof started['expires_in'] === 'number' ? started['expires_in'] * 1000 : waitMs);
  while (Date.now() < until) {
    await setTimeout(seconds * 1000);
    const answer = await issuer.post(issuer.token, {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: clientId,
      device_code: device,
    });
    if (answer['error'] === 'slow_down') seconds += 5;
    else if (answer['error'] !== 'authorization_pending') return tokensOf(answer);
  }
  throw new LoginError('nobody signed in before the code expired');
}

/** New tokens for a refresh token; the old one stays when no other is given. @throws LoginError when it is no longer good */
export async function refresh({ issuer, clientId }: Pick<Flow, 'issuer' | 'clientId'>, token: string): Promise<Tokens> {
  const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: token };
  const tokens = tokensOf(await issuer.post(issuer.token, form));
  return { ...tokens, refreshToken: tokens.refreshToken ?? token };
}
