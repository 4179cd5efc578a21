import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { after, before, describe, it } from 'node:test';
import Provider from 'oidc-provider';
import { rootCluster } from '../../logicalcluster/name.ts';
import { issueCaCertificate, issueCertificate, newPrivateKeyPem } from '../../server/pki/certificates.ts';
import { createJwtAuthenticator } from './authenticator.ts';
import { jwtFromFlags } from './flags.ts';

const redirectUri = 'https://127.0.0.1/callback';

/** A browser of the smallest kind: keeps cookies, follows redirects by hand. */
class Browser {
  readonly #agent: Agent;
  readonly #cookies = new Map<string, string>();

  constructor(ca: string) {
    this.#agent = new Agent({ ca, keepAlive: false });
  }

  async send(
    url: URL,
    form?: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; location: string; body: string }> {
    const body = form === undefined ? '' : new URLSearchParams(form).toString();
    const sent = request(url, {
      agent: this.#agent,
      method: form === undefined ? 'GET' : 'POST',
      headers: {
        cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form === undefined
          ? {}
          : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length }),
        ...headers,
      },
    });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    for (const cookie of response.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
    return { status: response.statusCode ?? 0, location: response.headers.location ?? '', body: text };
  }
}

describe('a real OpenID provider', () => {
  let server: Server;
  let ca: string;
  let issuerUrl: string;

  before(async () => {
    const [caKey, key] = [newPrivateKeyPem(), newPrivateKeyPem()];
    ca = await issueCaCertificate(caKey, 'issuer-ca', 1);
    const cert = await issueCertificate({ certPem: ca, keyPem: caKey }, key, {
      subject: [['CN', 'issuer']],
      hosts: ['127.0.0.1'],
      use: 'server',
      days: 1,
    });
    server = createServer({ key, cert });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    issuerUrl = `https://127.0.0.1:${address.port}`;
    const provider = new Provider(issuerUrl, {
      clients: [
        {
          client_id: 'atoll',
          redirect_uris: [redirectUri],
          token_endpoint_auth_method: 'none',
          grant_types: ['authorization_code'],
          response_types: ['code'],
        },
      ],
      claims: { openid: ['sub'], groups: ['groups'] },
      conformIdTokenClaims: false,
      findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, groups: ['devs', 'system:masters'] }) }),
      cookies: { keys: ['test'] },
      ttl: { Interaction: 60, Session: 60, Grant: 60, AccessToken: 60, IdToken: 60 },
      features: { devInteractions: { enabled: true } },
    });
    const handle = provider.callback();
    server.on('request', (incoming, outgoing) => void handle(incoming, outgoing));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Signs in by the authorization-code flow with PKCE; gives the ID token. */
  async function signIn(login: string): Promise<string> {
    const browser = new Browser(ca);
    const verifier = randomBytes(32).toString('base64url');
    const start = new URL('/auth', issuerUrl);
    start.search = new URLSearchParams({
      client_id: 'atoll',
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid groups',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }).toString();
    let next = start;
    let code: string | null = null;
    for (let step = 0; code === null && step < 12; step++) {
      const answer = await browser.send(next);
      if (answer.location !== '') next = new URL(answer.location, issuerUrl);
      else {
        const prompt = /name="prompt" value="(\w+)"/.exec(answer.body)?.[1] ?? assert.fail(answer.body);
        const posted = await browser.send(next, { prompt, login, password: 'x' });
        next = new URL(posted.location, issuerUrl);
      }
      if (next.href.startsWith(redirectUri)) code = next.searchParams.get('code');
    }
    assert.ok(code);
    const answer = await browser.send(new URL('/token', issuerUrl), {
      grant_type: 'authorization_code',
      client_id: 'atoll',
      redirect_uri: redirectUri,
      code,
      code_verifier: verifier,
    });
    const tokens = JSON.parse(answer.body) as { id_token?: string };
    return tokens.id_token ?? assert.fail(answer.body);
  }

  it('signs people in', async () => {
    const options = {
      issuerUrl,
      usernameClaim: 'sub',
      usernamePrefix: 'oidc:',
      groupsClaim: 'groups',
      groupsPrefix: '',
      ca,
    };
    const oidc = createJwtAuthenticator(jwtFromFlags({ ...options, clientId: 'atoll' }));
    const token = await signIn('ann');
    const user = await oidc.authenticateToken(token, rootCluster);
    assert.deepEqual([user?.name, user?.groups], ['oidc:ann', ['devs']]);
    assert.equal((await oidc.authenticateToken(await signIn('bob'), rootCluster))?.name, 'oidc:bob');
    const other = createJwtAuthenticator(jwtFromFlags({ ...options, clientId: 'another' }));
    await assert.rejects(other.authenticateToken(token, rootCluster), { code: 401 });
  });
});
