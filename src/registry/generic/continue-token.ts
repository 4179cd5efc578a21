import { type ApiError, badRequest, expired } from '../../apimachinery/errors.ts';
import { parseJson } from '../../apimachinery/json-parse.ts';
import { isObject, type Json } from '../../apimachinery/json.ts';

/** Where the next page of a list begins, and at which revision it is read. */
export type ContinueToken = {
  /** -1: at the newest state (the inconsistent continuation that an expired token offers). */
  readonly revision: number;
  readonly namespace: string;
  readonly name: string;
};

const apiVersion = 'meta.k8s.io/v1';

/**
 * The token after the object (namespace, name). Stock's form: base64url of JSON with the key relative to what is listed, so `namespace/name` for a
 * list over all namespaces and `name` otherwise.
 */
export function encodeContinue(token: ContinueToken, allNamespaces: boolean): string {
  const start = `${allNamespaces ? `${token.namespace}/` : ''}${token.name}\0`;
  return Buffer.from(JSON.stringify({ v: apiVersion, rv: token.revision, start })).toString('base64url');
}

/**
 * Reads a client's token. `namespace` is the one being listed when that is not all of them.
 * @throws 400 with stock's words.
 */
export function decodeContinue(text: string, allNamespaces: boolean, namespace: string): ContinueToken {
  const { revision, start } = parseToken(text);
  if (start.split('/').some((part) => part === '.' || part === '..' || part === '')) throw notValid(`: ${start}`);
  const key = start.endsWith('\0') ? start.slice(0, -1) : start;
  const slash = key.indexOf('/');
  if (allNamespaces && slash > 0) return { revision, namespace: key.slice(0, slash), name: key.slice(slash + 1) };
  if (allNamespaces || slash >= 0) throw notValid(`: ${start}`);
  return { revision, namespace, name: key };
}

function parseToken(text: string): { revision: number; start: string } {
  const illegal = /[^A-Za-z0-9_-]/.exec(text);
  if (illegal !== null) throw notValid(`: illegal base64 data at input byte ${illegal.index}`);
  let token: Json;
  try {
    token = parseJson(Buffer.from(text, 'base64url')).value;
  } catch (error) {
    throw notValid(`: ${error instanceof Error ? error.message : 'not JSON'}`);
  }
  if (!isObject(token)) throw notValid(': json: cannot unmarshal into Go value of type storage.continueToken');
  const { v, rv, start } = token;
  if (v !== apiVersion)
    throw notValid(`: server does not recognize this encoded version ${typeof v === 'string' ? v.slice(0, 64) : ''}`);
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0 || rv < -1)
    throw notValid(': incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof start !== 'string' || start === '') throw notValid(': encoded start key empty (version meta.k8s.io/v1)');
  return { revision: rv, start: start.startsWith('/') ? start.slice(1) : start };
}

function notValid(why: string): ApiError {
  return badRequest(`invalid continue token: continue key is not valid${why}`);
}

/** 410 for a token whose revision history no longer reaches; carries the token that continues at the newest state. */
export function expiredContinue(token: ContinueToken, allNamespaces: boolean): ApiError {
  return expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    encodeContinue({ ...token, revision: -1 }, allNamespaces),
  );
}
