import { goString } from '../go-syntax.ts';

/** A URL as Go's net/url takes it apart. */
export type GoUrl = {
  readonly scheme: string;
  readonly opaque: string;
  readonly user: string | undefined;
  readonly host: string;
  readonly path: string;
  /** The path as it was written, where escaping the path anew would not give that. */
  readonly rawPath: string;
  readonly query: string;
  readonly fragment: string;
  readonly forceQuery: boolean;
};

/** What is wrong with a URL, in Go's words. */
export class UrlProblem {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** Reads a URL of a request: absolute, or a path from the root; there is no fragment. */
export function parseRequestUrl(text: string): GoUrl | UrlProblem {
  return wrapped(text, parse(text, true));
}

/** Reads any URL. */
export function parseUrl(text: string): GoUrl | UrlProblem {
  const hash = text.indexOf('#');
  const body = hash < 0 ? text : text.slice(0, hash);
  const url = wrapped(body, parse(body, false));
  if (url instanceof UrlProblem || hash < 0) return url;
  const fragment = unescape(text.slice(hash + 1), 'fragment');
  return fragment instanceof UrlProblem ? wrapped(text, fragment) : { ...url, fragment };
}

function wrapped(text: string, result: GoUrl | UrlProblem): GoUrl | UrlProblem {
  return result instanceof UrlProblem ? new UrlProblem(`parse ${goString(text)}: ${result.message}`) : result;
}

const problem = (message: string): UrlProblem => new UrlProblem(message);

function parse(text: string, request: boolean): GoUrl | UrlProblem {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text)) return problem('net/url: invalid control character in URL');
  if (text === '' && request) return problem('empty url');
  const empty: GoUrl = {
    scheme: '',
    opaque: '',
    user: undefined,
    host: '',
    path: '',
    rawPath: '',
    query: '',
    fragment: '',
    forceQuery: false,
  };
  if (text === '*') return { ...empty, path: '*' };
  const found = schemeOf(text);
  if (found instanceof UrlProblem) return found;
  const scheme = found.scheme.toLowerCase();
  let { rest } = found;
  const question = rest.indexOf('?');
  const forceQuery = question >= 0 && question === rest.length - 1;
  const query = question < 0 || forceQuery ? '' : rest.slice(question + 1);
  if (question >= 0) rest = rest.slice(0, question);
  const base = { ...empty, scheme, query, forceQuery };
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { ...base, opaque: rest };
    if (request) return problem('invalid URI for request');
    if ((rest.split('/', 1)[0] ?? '').includes(':')) return problem('first path segment in URL cannot contain colon');
  }
  if ((scheme === '' && (request || rest.startsWith('///'))) || !rest.startsWith('//')) return withPath(base, rest);
  const slash = rest.indexOf('/', 2);
  const authority = authorityOf(slash < 0 ? rest.slice(2) : rest.slice(2, slash));
  if (authority instanceof UrlProblem) return authority;
  return withPath({ ...base, ...authority }, slash < 0 ? '' : rest.slice(slash));
}

function schemeOf(text: string): { scheme: string; rest: string } | UrlProblem {
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charAt(i);
    if (/[a-zA-Z]/.test(char)) continue;
    if (/[0-9+\-.]/.test(char)) {
      if (i === 0) break;
    } else if (char === ':') {
      if (i === 0) return problem('missing protocol scheme');
      return { scheme: text.slice(0, i), rest: text.slice(i + 1) };
    } else {
      break;
    }
  }
  return { scheme: '', rest: text };
}

function authorityOf(text: string): { user: string | undefined; host: string } | UrlProblem {
  const at = text.lastIndexOf('@');
  const host = hostOf(at < 0 ? text : text.slice(at + 1));
  if (host instanceof UrlProblem) return host;
  if (at < 0) return { user: undefined, host };
  const user = text.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) return problem('net/url: invalid userinfo');
  for (const part of user.split(':', 2)) {
    const plain = unescape(part, 'user');
    if (plain instanceof UrlProblem) return plain;
  }
  return { user, host };
}

function hostOf(text: string): string | UrlProblem {
  if (text.startsWith('[')) {
    const end = text.lastIndexOf(']');
    if (end < 0) return problem("missing ']' in host");
    const port = text.slice(end + 1);
    if (!/^(:[0-9]*)?$/.test(port)) return problem(`invalid port ${goString(port)} after host`);
    const zone = text.slice(0, end).indexOf('%25');
    if (zone < 0) return unescape(text, 'host');
    const parts = [
      unescape(text.slice(0, zone), 'host'),
      unescape(text.slice(zone, end), 'zone'),
      unescape(text.slice(end), 'host'),
    ];
    let host = '';
    for (const part of parts) {
      if (part instanceof UrlProblem) return part;
      host += part;
    }
    return host;
  }
  const colon = text.lastIndexOf(':');
  if (colon >= 0 && !/^:[0-9]*$/.test(text.slice(colon))) {
    return problem(`invalid port ${goString(text.slice(colon))} after host`);
  }
  return unescape(text, 'host');
}

function withPath(url: GoUrl, raw: string): GoUrl | UrlProblem {
  const path = unescape(raw, 'path');
  if (path instanceof UrlProblem) return path;
  return { ...url, path, rawPath: escapePath(path) === raw ? '' : raw };
}

type Part = 'path' | 'query' | 'host' | 'zone' | 'user' | 'fragment';

/** Replaces escapes; a plus is a blank in a query only. */
export function unescape(text: string, part: Part): string | UrlProblem {
  const bytes: Buffer[] = [];
  for (let i = 0; i < text.length; ) {
    const char = text.charAt(i);
    if (char === '%') {
      const digits = text.slice(i + 1, i + 3);
      if (!/^[0-9a-fA-F]{2}$/.test(digits)) return problem(`invalid URL escape ${goString(text.slice(i, i + 3))}`);
      const byte = Number.parseInt(digits, 16);
      const escape = text.slice(i, i + 3);
      if (part === 'host' && byte < 0x80 && escape !== '%25') return problem(`invalid URL escape ${goString(escape)}`);
      if (part === 'zone' && escape !== '%25' && byte !== 0x20 && shouldEscape(String.fromCharCode(byte), 'host')) {
        return problem(`invalid URL escape ${goString(escape)}`);
      }
      bytes.push(Buffer.from([byte]));
      i += 3;
      continue;
    }
    if ((part === 'host' || part === 'zone') && char < '\u0080' && shouldEscape(char, part)) {
      return problem(`invalid character ${goString(char)} in host name`);
    }
    const point = String.fromCodePoint(text.codePointAt(i) ?? 0);
    bytes.push(Buffer.from(part === 'query' && char === '+' ? ' ' : point, 'utf8'));
    i += point.length;
  }
  return Buffer.concat(bytes).toString('utf8');
}

function shouldEscape(char: string, part: Part): boolean {
  if (/[A-Za-z0-9\-_.~]/.test(char)) return false;
  if (part === 'host' || part === 'zone') return !/[!$&'()*+,;=:[\]<>"]/.test(char);
  return !/[$&+,/:;=@]/.test(char);
}

function escapePath(path: string): string {
  let out = '';
  for (const byte of Buffer.from(path, 'utf8')) {
    const char = String.fromCharCode(byte);
    const plain = byte < 0x80 && !shouldEscape(char, 'path');
    out += plain ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

/** The path as it goes over the wire. */
export function escapedPath({ path, rawPath }: GoUrl): string {
  if (rawPath !== '' && /^(?:[A-Za-z0-9\-_.~!$&'()*+,;=:@[\]/]|%)*$/.test(rawPath)) return rawPath;
  return path === '*' ? '*' : escapePath(path);
}

/** The host without its port and brackets. */
export function hostname({ host }: GoUrl): string {
  const bare = host.replace(/:[0-9]*$/, '');
  const name = /:[0-9]*$/.test(host) && (!host.startsWith('[') || bare.endsWith(']')) ? bare : host;
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
}

/** The port, '' if there is none. */
export function port({ host }: GoUrl): string {
  return /(?:^|\]|^[^[\]]*):([0-9]*)$/.exec(host)?.[1] ?? '';
}

/** The parameters of the query; what cannot be read is left out. */
export function queryOf({ query }: GoUrl): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const equals = pair.indexOf('=');
    const key = unescape(equals < 0 ? pair : pair.slice(0, equals), 'query');
    const value = unescape(equals < 0 ? '' : pair.slice(equals + 1), 'query');
    if (key instanceof UrlProblem || value instanceof UrlProblem) continue;
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return values;
}

/** The text of a URL, the same for URLs that are the same. */
export function formatUrl(url: GoUrl): string {
  const { scheme, opaque, user, host, query, fragment, forceQuery } = url;
  let text = scheme === '' ? '' : `${scheme}:`;
  if (opaque !== '') {
    text += opaque;
  } else {
    const path = escapedPath(url);
    if (host !== '' || user !== undefined || (scheme !== '' && path.startsWith('//'))) {
      text += `//${user === undefined ? '' : `${user}@`}${host}`;
    }
    text += path !== '' && !path.startsWith('/') && host !== '' ? `/${path}` : path;
  }
  if (query !== '' || forceQuery) text += `?${query}`;
  return fragment === '' ? text : `${text}#${fragment}`;
}
