import { badRequest } from '../apimachinery/errors.ts';
import { parseQuery } from './query.ts';

/** What a request line says, before anything is looked up (k8s.io/apiserver/pkg/endpoints/request/requestinfo.go names the rules). */
export type RequestInfo = {
  /** The text between `/clusters/` and the next slash, decoded; '' when the path has no such prefix. */
  readonly clusterText: string;
  /** The path inside the logical cluster, decoded. Begins with a slash. */
  readonly path: string;
  /** The path as it came, with its cluster prefix, decoded: what error messages show. */
  readonly fullPath: string;
  /** The raw query, without the question mark. */
  readonly query: string;
  readonly isResourceRequest: boolean;
  /** Resource requests: get, list, watch, create, update, patch, delete, deletecollection or ''. Others: the method in lower case. */
  readonly verb: string;
  readonly apiPrefix: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  /** The resource stands below `namespaces/<namespace>/`. */
  readonly inNamespace: boolean;
  readonly name: string;
  /** Segments from the resource on. More than three never reach a handler. */
  readonly parts: readonly string[];
  /** `/api/v1/watch/…`. */
  readonly legacyWatch: boolean;
};

/** A path that cannot be served as written; carries the plain answer. */
export class MalformedPath extends Error {
  override readonly name = 'MalformedPath';
}

const maxPathLength = 8192;
const verbOfMethod: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/**
 * Parses method and request target. Throws `MalformedPath` for a target that is not a path or has broken percent encoding, and ApiError 400 for a
 * legacy watch path without a resource. An encoded slash separates segments just as a plain one, so that authorization and handlers always
 * see the same segments.
 */
export function parseRequestInfo(method: string, target: string): RequestInfo {
  const mark = target.indexOf('?');
  const raw = mark < 0 ? target : target.slice(0, mark);
  if (raw.length === 0 || raw.length > maxPathLength || raw.charCodeAt(0) !== 0x2f) throw new MalformedPath();
  const fullPath = raw.includes('%') ? decode(raw) : raw;
  let path = fullPath;
  let clusterText = '';
  if (path.startsWith('/clusters/')) {
    const end = path.indexOf('/', 10);
    clusterText = end < 0 ? path.slice(10) : path.slice(10, end);
    path = end < 0 ? '/' : path.slice(end);
    // An empty name must not fall back to root.
    if (clusterText === '') clusterText = '/';
  }
  return parsePath(method, path, fullPath, clusterText, mark < 0 ? '' : target.slice(mark + 1));
}

/** Stands for a request whose line has not been read (yet). */
export const unparsedRequest: RequestInfo = nonResource('', '', '', '', '', []);

function decode(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw new MalformedPath();
  }
}

function parsePath(method: string, path: string, fullPath: string, clusterText: string, query: string): RequestInfo {
  const segments = splitPath(path);
  const first = segments[0];
  const base = first === 'api' ? 1 : first === 'apis' ? 2 : -1;
  if (base < 0 || segments.length < base + 2) {
    return nonResource(method, path, fullPath, clusterText, query, segments);
  }
  const group = base === 1 ? '' : (segments[1] ?? '');
  const version = segments[base] ?? '';
  let parts = segments.slice(base + 1);
  let verb = verbOfMethod[method] ?? '';
  const legacyWatch = parts[0] === 'watch';
  if (legacyWatch || parts[0] === 'proxy') {
    if (parts.length < 2) throw badRequest(`unable to determine kind and namespace from url, ${path}`);
    verb = parts[0] ?? '';
    parts = parts.slice(1);
  }
  let namespace = '';
  let inNamespace = false;
  if (parts[0] === 'namespaces' && parts.length > 1) {
    namespace = parts[1] ?? '';
    inNamespace = parts.length > 2 && parts[2] !== 'status' && parts[2] !== 'finalize';
    if (inNamespace) parts = parts.slice(2);
  }
  const resource = parts[0] ?? '';
  let name = parts[1] ?? '';
  const subresource = verb === 'proxy' ? '' : (parts[2] ?? '');
  if (name === '') {
    if (verb === 'get') verb = isWatchQuery(query) ? 'watch' : 'list';
    if (verb === 'delete') verb = 'deletecollection';
    if (verb === 'list' || verb === 'watch' || verb === 'deletecollection') name = nameInQuery(query);
  }
  return {
    clusterText,
    path,
    fullPath,
    query,
    isResourceRequest: true,
    verb,
    apiPrefix: base === 1 ? 'api' : 'apis',
    group,
    version,
    resource,
    subresource,
    namespace,
    inNamespace,
    name,
    parts,
    legacyWatch,
  };
}

function nonResource(
  method: string,
  path: string,
  fullPath: string,
  clusterText: string,
  query: string,
  segments: readonly string[],
): RequestInfo {
  return {
    clusterText,
    path,
    fullPath,
    query,
    isResourceRequest: false,
    verb: method.toLowerCase(),
    apiPrefix: segments[0] === 'api' || segments[0] === 'apis' ? segments[0] : '',
    group: '',
    version: '',
    resource: '',
    subresource: '',
    namespace: '',
    inNamespace: false,
    name: '',
    parts: segments,
    legacyWatch: false,
  };
}

/** Segments without the slashes at both ends; empty segments in the middle are kept (they match no route). */
function splitPath(path: string): string[] {
  let start = 0;
  let end = path.length;
  while (start < end && path.charCodeAt(start) === 0x2f) start++;
  while (end > start && path.charCodeAt(end - 1) === 0x2f) end--;
  return start === end ? [] : path.slice(start, end).split('/');
}

/** `?watch`, `?watch=1`, `?watch=anything but 0 and false`: as Go's conversion of query values to bool does. */
function isWatchQuery(query: string): boolean {
  if (!query.includes('watch')) return false;
  const value = parseQuery(query).get('watch');
  return value !== null && queryBoolean(value);
}

/** The boolean that a query value means: everything but `0` and `false` is true, also the empty text. */
export function queryBoolean(value: string): boolean {
  return value !== '0' && value.toLowerCase() !== 'false';
}

/** `fieldSelector=metadata.name=X` makes a collection request one about X for authorization. */
function nameInQuery(query: string): string {
  return query.includes('fieldSelector') ? nameInFieldSelector(parseQuery(query).get('fieldSelector') ?? '') : '';
}

/** The name that a field selector asks for, where it could be one; else ''. */
export function nameInFieldSelector(selector: string): string {
  for (const term of selector.split(',')) {
    const match = /^metadata\.name==?([^=!\\/%]+)$/.exec(term);
    const name = match?.[1];
    if (name !== undefined && name !== '.' && name !== '..') return name;
  }
  return '';
}
