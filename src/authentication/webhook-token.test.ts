import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { after, before, beforeEach, test } from 'node:test';
import { ApiError } from '../apimachinery/errors.ts';
import { rootCluster } from '../logicalcluster/name.ts';
import { issueCaCertificate, issueCertificate, newPrivateKeyPem } from '../server/pki/certificates.ts';
import { createWebhookTokenAuthenticator, type WebhookTokenOptions } from './webhook-token.ts';

let server: Server;
let ca: string;
let url: URL;
let asked: { authorization: string | undefined; body: Record<string, unknown> }[];
/** What the webhook answers to a token; undefined: nothing at all. */
let answer: (token: string) => unknown;

before(async () => {
  const [caKey, key] = [newPrivateKeyPem(), newPrivateKeyPem()];
  ca = await issueCaCertificate(caKey, 'webhook-ca', 1);
  const cert = await issueCertificate({ certPem: ca, keyPem: caKey }, key, {
    subject: [['CN', 'webhook']],
    hosts: ['127.0.0.1'],
    use: 'server',
    days: 1,
  });
  server = createServer({ key, cert }, (request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const body = JSON.parse(text) as { spec: { token: string } };
      asked.push({ authorization: request.headers.authorization, body });
      const said = answer(body.spec.token);
      if (said === undefined) return;
      if (typeof said === 'number') response.statusCode = said;
      response.end(typeof said === 'string' ? said : JSON.stringify(said));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  url = new URL(`https://127.0.0.1:${address.port}/review`);
});
after(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
  answer = () => review({ authenticated: true, user: { username: 'jane', groups: ['devs'], extra: { a: ['b'] } } });
});

const review = (status: unknown, version = 'v1') => ({
  kind: 'TokenReview',
  apiVersion: `authentication.k8s.io/${version}`,
  status,
});
const isUnauthorized = (error: unknown) => error instanceof ApiError && error.code === 401;

function webhook(change: Partial<WebhookTokenOptions> = {}) {
  return createWebhookTokenAuthenticator({
    target: { url, token: 'own', tls: { ca } },
    version: 'v1',
    cacheMs: 60_000,
    ...change,
  });
}

test('the webhook says whose a token is, once for all that show it', async () => {
  const authenticator = webhook();
  const users = await Promise.all(['t', 't', 't'].map((token) => authenticator.authenticateToken(token, rootCluster)));
  const jane = { name: 'jane', uid: '', groups: ['devs'], extra: { a: ['b'] } };
  assert.deepEqual(users, [jane, jane, jane]);
  assert.equal(await authenticator.authenticateToken('t', rootCluster), users[0]);
  assert.deepEqual(asked, [
    {
      authorization: 'Bearer own',
      body: { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', metadata: {}, spec: { token: 't' } },
    },
  ]);
});

test('v1beta1 is spoken where it is asked for, and nothing else is understood there', async () => {
  const authenticator = webhook({ version: 'v1beta1' });
  await assert.rejects(authenticator.authenticateToken('t', rootCluster), isUnauthorized);
  answer = () => review({ authenticated: true, user: { username: 'jane' } }, 'v1beta1');
  assert.equal((await authenticator.authenticateToken('t', rootCluster))?.name, 'jane');
  assert.equal(asked[0]?.body['apiVersion'], 'authentication.k8s.io/v1beta1');
});

test('unknown tokens are left to others, and remembered', async () => {
  answer = () => review({ authenticated: false, error: 'no' });
  const authenticator = webhook();
  for (let i = 0; i < 3; i++) assert.equal(await authenticator.authenticateToken('t', rootCluster), undefined);
  assert.equal(asked.length, 1);
});

test('an answer that makes no sense, or none, is 401 and asked for again', async () => {
  const failures: string[] = [];
  const authenticator = webhook({ timeoutMs: 200, onFailure: (error) => failures.push(error.message) });
  const answers = [
    undefined,
    500,
    '<html>',
    'null',
    {},
    review({ authenticated: true }),
    review({ authenticated: true, user: { username: '' } }),
    review({ authenticated: true, user: { username: 'x', groups: 'system:masters' } }),
    review({ authenticated: true, user: { username: 'x', extra: { a: [1] } } }),
    'x'.repeat(2 * 1024 * 1024),
  ];
  for (const each of answers) {
    answer = () => each;
    await assert.rejects(authenticator.authenticateToken('t', rootCluster), isUnauthorized);
  }
  assert.equal(failures.length, answers.length);
  assert.match(failures[0] ?? '', /did not answer in time/);
  answer = () => review({ authenticated: true, user: { username: 'jane' } });
  assert.equal((await authenticator.authenticateToken('t', rootCluster))?.name, 'jane');
});

test('a server that nobody vouches for is told no token', async () => {
  const authenticator = webhook({ target: { url, token: undefined, tls: {} } });
  await assert.rejects(authenticator.authenticateToken('t', rootCluster), isUnauthorized);
  assert.deepEqual(asked, []);
});
