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

/** Sorts behind every character of a name. */
const last = '\u{10ffff}';

/**
 * The token after the object (namespace, name). Stock's form: base64url of JSON with the key relative to what is listed, so `namespace/name` for a
 * list over all namespaces and `name` otherwise. Its cache, which answers the first page, writes a slash before it; etcd, which answers those that follow at
 * a revision, does not.
 */
export function encodeContinue(token: ContinueToken, allNamespaces: boolean, first = false): string {
  const start = `${first ? '/' : ''}${allNamespaces ? `${token.namespace}/` : ''}${token.name}\0`;
  return Buffer.from(JSON.stringify({ v: apiVersion, rv: token.revision, start })).toString('base64url');
}

/**
 * Reads a client's token. `namespace` is the one being listed when that is not all of them. A key of another list is a place in this one, as on a stock
 * server: it is only where to start.
 * @throws 400 with stock's words.
 */
export function decodeContinue(text: string, allNamespaces: boolean, namespace: string): ContinueToken {
  const { revision, start } = parseToken(text);
  const key = start.startsWith('/') ? start.slice(1) : start;
  if (key !== '' && key.split('/').some((part) => part === '.' || part === '..' || part === ''))
    throw notValid(`: ${start}`);
  const slash = key.indexOf('/');
  if (!allNamespaces) return { revision, namespace, name: before(key) };
  if (slash < 0) return { revision, namespace: key.endsWith('\0') ? key.slice(0, -1) : key, name: '' };
  return { revision, namespace: key.slice(0, slash), name: before(key.slice(slash + 1)) };
}

/** The greatest name that does not belong to the page which starts at `key`; its own tokens start at the least key behind an object. */
function before(key: string): string {
  if (key === '') return '';
  if (key.endsWith('\0')) return key.slice(0, -1);
  const code = key.charCodeAt(key.length - 1);
  return key.slice(0, -1) + (code > 1 ? String.fromCharCode(code - 1) + last : '');
}

function parseToken(text: string): { revision: number; start: string } {
  const illegal = /[^A-Za-z0-9_-]/.exec(text)?.index ?? (text.length % 4 === 1 ? text.length - 1 : undefined);
  if (illegal !== undefined) throw notValid(`: illegal base64 data at input byte ${illegal}`);
  let token: Json;
  try {
    token = parseJson(Buffer.from(text, 'base64url')).value;
  } catch (error) {
    throw notValid(`: ${error instanceof Error ? error.message : 'not JSON'}`);
  }
  if (token !== null && !isObject(token))
    throw notValid(`: json: cannot unmarshal ${typeName(token)} into Go value of type storage.continueToken`);
  const v = field(token, 'v', 'string') ?? '';
  const rv = field(token, 'rv', 'number') ?? 0;
  const start = field(token, 'start', 'string') ?? '';
  if (v !== apiVersion) throw notValid(`: server does not recognize this encoded version ${v.slice(0, 64)}`);
  if (rv === 0) throw notValid(': incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (start === '') throw notValid(': encoded start key empty (version meta.k8s.io/v1)');
  return { revision: rv < 0 ? -1 : rv, start };
}

/** A field of the token's Go struct, whose numbers are int64. */
function field(token: Json, name: string, type: 'string'): string | undefined;
function field(token: Json, name: string, type: 'number'): number | undefined;
function field(token: Json, name: string, type: 'string' | 'number'): string | number | undefined {
  const value = isObject(token) ? (token[name] ?? undefined) : undefined;
  if (value === undefined) return undefined;
  if (type === 'string' && typeof value === 'string') return value;
  const isInt64 =
    (typeof value === 'number' && Number.isSafeInteger(value)) ||
    (typeof value === 'bigint' && BigInt.asIntN(64, value) === value);
  if (type === 'number' && isInt64) return Number(value);
  const shown = type === 'number' && (typeof value === 'number' || typeof value === 'bigint') ? ` ${value}` : '';
  const goType = type === 'string' ? 'string' : 'int64';
  throw notValid(
    `: json: cannot unmarshal ${typeName(value)}${shown} into Go struct field continueToken.${name} of type ${goType}`,
  );
}

function typeName(value: Json): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'bigint' ? 'number' : typeof value;
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
