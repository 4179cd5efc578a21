import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { ensurePki } from '../../server/pki.ts';
import { authorizationCode, deviceCode, refresh } from './flows.ts';
import { discoverIssuer, type Issuer } from './issuer.ts';
import { cacheFile, isFresh, readTokens, type Tokens, writeTokens } from './tokens.ts';

/** An issuer that signs everybody in, and checks what RFC 7636 and RFC 8628 ask of clients. */
describe('a sign-in', () => {
  const directory = mkdtempSync(join(tmpdir(), 'atoll-login-'));
  let server: Server;
  let url: string;
  let ca: string;
  let issuer: Issuer;
  let challenges: Map<string, { challenge: string; nonce: string; redirect: string }>;
  let polls: number;
  /** What the issuer puts into tokens instead of the nonce of the request. */
  let otherNonce: string | undefined;

  before(async () => {
    const pki = await ensurePki({ dataDir: directory, hosts: ['127.0.0.1'] });
    ca = pki.caCert;
    server = createServer({ key: pki.serverKey, cert: pki.serverCert }, (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const answer = answerTo(request.url ?? '', new URLSearchParams(body));
        response.writeHead('error' in answer ? 400 : 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    issuer = await discoverIssuer(url, ca);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  beforeEach(() => {
    challenges = new Map();
    polls = 0;
    otherNonce = undefined;
  });

  const token = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;
  const exp = Math.floor(Date.now() / 1000) + 600;

  function answerTo(path: string, form: URLSearchParams): object {
    if (path === '/.well-known/openid-configuration')
      return {
        issuer: url,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        device_authorization_endpoint: `${url}/device`,
      };
    if (path === '/device')
      return { device_code: 'd', user_code: 'ABCD', verification_uri: `${url}/d`, interval: 0.01, expires_in: 60 };
    if (path !== '/token') return { error: 'not_found' };
    const code = challenges.get(form.get('code') ?? '');
    switch (form.get('grant_type')) {
      case 'authorization_code': {
        const proof = createHash('sha256')
          .update(form.get('code_verifier') ?? '')
          .digest('base64url');
        if (code === undefined || code.challenge !== proof || code.redirect !== form.get('redirect_uri'))
          return { error: 'invalid_grant' };
        return { id_token: token({ sub: 'ann', nonce: otherNonce ?? code.nonce, exp }), refresh_token: 'r1' };
      }
      case 'refresh_token':
        return form.get('refresh_token') === 'r1' ? { id_token: token({ exp }) } : { error: 'invalid_grant' };
      default:
        return ++polls < 3 ? { error: 'authorization_pending' } : { id_token: token({ sub: 'bob', exp }) };
    }
  }

  /** A browser in which the person signs in at once. */
  const browser = (shown: string): void => {
    const { searchParams } = new URL(shown);
    const [redirect, state] = [searchParams.get('redirect_uri') ?? '', searchParams.get('state') ?? ''];
    const challenge = searchParams.get('code_challenge') ?? '';
    challenges.set('c', { challenge, nonce: searchParams.get('nonce') ?? '', redirect });
    // Whoever does not know the state is not heard.
    void fetch(`${redirect}?code=forged&state=guessed`)
      .then((forged) => assert.equal(forged.status, 404))
      .then(() => fetch(`${redirect}?code=c&state=${encodeURIComponent(state)}`));
  };

  it('takes the code that comes back to its own port, with a proof of who asked', async () => {
    const tokens = await authorizationCode({ issuer, clientId: 'atoll', scopes: ['email'], show: browser });
    assert.equal(tokens.expires.getTime(), exp * 1000);
    assert.equal(tokens.refreshToken, 'r1');
  });

  it('refuses the token of another sign-in', async () => {
    otherNonce = 'another';
    await assert.rejects(authorizationCode({ issuer, clientId: 'atoll', scopes: [], show: browser }), {
      name: 'LoginError',
      message: 'the ID token is of another sign-in',
    });
  });

  it('waits for the person at another device', async () => {
    const shown: (string | undefined)[] = [];
    const show = (where: string, code?: string) => void shown.push(where, code);
    const { idToken } = await deviceCode({ issuer, clientId: 'atoll', scopes: [], show });
    assert.deepEqual(shown, [`${url}/d`, 'ABCD']);
    assert.equal(polls, 3);
    assert.match(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString(), /bob/);
  });

  it('is renewed, and keeps its refresh token when it gets no other', async () => {
    assert.equal((await refresh({ issuer, clientId: 'atoll' }, 'r1')).refreshToken, 'r1');
    await assert.rejects(refresh({ issuer, clientId: 'atoll' }, 'r0'), {
      name: 'LoginError',
      message: 'invalid_grant',
    });
  });

  it('refuses an issuer that calls itself something else, and one that it cannot trust', async () => {
    await assert.rejects(discoverIssuer(`${url}/`, ca), { name: 'LoginError' });
    await assert.rejects(discoverIssuer(url, undefined), { name: 'LoginError' });
  });

  it('is kept for its owner only, while it is good', async () => {
    const file = cacheFile([url, 'atoll'], join(directory, 'cache'));
    const tokens: Tokens = { idToken: token({ exp }), refreshToken: 'r', expires: new Date(exp * 1000) };
    await writeTokens(file, tokens);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(await readTokens(file), tokens);
    assert.ok(isFresh(tokens) && !isFresh(tokens, exp * 1000 - 10_000));
    assert.notEqual(cacheFile(['a', 'bc'], ''), cacheFile(['ab', 'c'], ''));
    assert.equal(await readTokens(join(directory, 'none')), undefined);
  });
});
