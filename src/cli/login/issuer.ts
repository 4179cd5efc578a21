import { Agent, request } from 'node:https';
import { isObject, type JsonObject } from '../../apimachinery/json.ts';

/** Where an OpenID Connect issuer takes what. */
export type Issuer = {
  readonly authorize: string;
  readonly token: string;
  readonly device: string | undefined;
  /** POSTs a form and gives the answer, also an error's. @throws when there is no JSON answer in time */
  post(url: string, form: Readonly<Record<string, string>>): Promise<JsonObject>;
};

/** An issuer, or what it says, cannot be used. */
export class LoginError extends Error {
  override readonly name = 'LoginError';
}

const timeoutMs = 30_000;
const maxBytes = 1 << 20;

/** Reads the issuer's discovery document. @throws LoginError when there is none, or it is another issuer's */
export async function discoverIssuer(url: string, ca: string | undefined): Promise<Issuer> {
  const agent = new Agent(ca === undefined ? {} : { ca });
  const base = url.replace(/\/$/, '');
  const document = await send(`${base}/.well-known/openid-configuration`, agent);
  if (document['issuer'] !== url) throw new LoginError(`${url} is not the issuer that its configuration names`);
  const endpoint = (name: string): string | undefined => {
    const value = document[name];
    return typeof value === 'string' && value.startsWith('https://') ? value : undefined;
  };
  const [authorize, token] = [endpoint('authorization_endpoint'), endpoint('token_endpoint')];
  if (authorize === undefined || token === undefined)
    throw new LoginError(`${url} names no authorization and token endpoint with https`);
  return {
    authorize,
    token,
    device: endpoint('device_authorization_endpoint'),
    post: (to, form) => send(to, agent, new URLSearchParams(form).toString()),
  };
}

function send(url: string, agent: Agent, form?: string): Promise<JsonObject> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new LoginError(`${url}: ${why}`));
    const headers = { accept: 'application/json' };
    const sent = request(
      url,
      {
        agent,
        timeout: timeoutMs,
        method: form === undefined ? 'GET' : 'POST',
        headers: form === undefined ? headers : { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxBytes) response.destroy(new Error('the answer is too large'));
          else chunks.push(chunk);
        });
        response.on('error', ({ message }) => fail(message));
        response.on('end', () => {
          const answer = parse(Buffer.concat(chunks).toString('utf8'));
          if (answer === undefined) fail(`answered ${response.statusCode} without JSON`);
          else resolve(answer);
        });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', ({ message }) => fail(message));
    sent.end(form);
  });
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
