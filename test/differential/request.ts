/** One request that is put to both servers. Order matters: later requests see what earlier ones left. */
export type DifferentialRequest = {
  readonly method: string;
  /** `<<name.path>>` in it and in a text body stands for a field of the answer that `save: name` kept, on the same server. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Ends a stream after this long. */
  readonly maxMs?: number;
  /** Why the two may differ; such a difference is printed but does not fail the run. */
  readonly mayDiffer?: string;
  /** Compare, beside the content, whether the body is indented. */
  readonly layout?: boolean;
  /** Compare status and headers only. */
  readonly ignoreBody?: boolean;
  /** Keeps the answer, parsed, for later requests. */
  readonly save?: string;
  /** Writes that are made, one after the other, while this request's stream is open. */
  readonly during?: readonly DifferentialRequest[];
};

export const json = { 'content-type': 'application/json' };
export const yaml = { 'content-type': 'application/yaml' };
export const merge = { 'content-type': 'application/merge-patch+json' };
export const jsonPatch = { 'content-type': 'application/json-patch+json' };
export const strategic = { 'content-type': 'application/strategic-merge-patch+json' };
export const apply = { 'content-type': 'application/apply-patch+yaml' };
export const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
export const partial = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
export const partialList = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';

export type Body = string | Uint8Array | object;
type More = Partial<DifferentialRequest>;

function text(body: Body): string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
}

export function get(path: string, headers?: Record<string, string>, more: More = {}): DifferentialRequest {
  return { method: 'GET', path, ...(headers === undefined ? {} : { headers }), ...more };
}

export function accept(path: string, value: string, more: More = {}): DifferentialRequest {
  return get(path, { accept: value }, more);
}

export function post(
  path: string,
  body: Body,
  headers: Record<string, string> = json,
  more: More = {},
): DifferentialRequest {
  return { method: 'POST', path, body: text(body), headers, ...more };
}

export function put(path: string, body: Body, more: More = {}): DifferentialRequest {
  return { method: 'PUT', path, body: text(body), headers: json, ...more };
}

export function patch(path: string, headers: Record<string, string>, body: Body, more: More = {}): DifferentialRequest {
  return { method: 'PATCH', path, body: text(body), headers, ...more };
}

export function remove(path: string, body?: Body, more: More = {}): DifferentialRequest {
  return { method: 'DELETE', path, ...(body === undefined ? {} : { body: text(body), headers: json }), ...more };
}

/** A watch that ends by itself after a second, with writes meanwhile. */
export function watch(
  path: string,
  during: readonly DifferentialRequest[] = [],
  headers: Record<string, string> = {},
): DifferentialRequest {
  const seconds = during.length > 0 ? 2 : 1;
  const full = `${path}${path.includes('?') ? '&' : '?'}watch=1&timeoutSeconds=${seconds}`;
  return { method: 'GET', path: full, headers, maxMs: 6000, ...(during.length > 0 ? { during } : {}) };
}

/** Begins the names of what this run makes, so that runs do not meet. */
export const run = `run-${Date.now().toString(36)}`;
