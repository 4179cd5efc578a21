import type { OutgoingHttpHeaders } from 'node:http';
import { stringify as stringifyYaml } from 'yaml';
import type { Json } from '../../apimachinery/json.ts';
import { parseJsonLosslessly } from './lossless-json.ts';
import type { Exchange } from '../exchange.ts';
import { type MediaType, wantsPretty } from '../negotiation.ts';
import { gzipBody } from './gzip.ts';
import { indentJson } from './json-indent.ts';
import { endWithParts } from './large-body.ts';
import { warningHeader } from './warnings.ts';

/** Bodies above this are compressed for clients that accept gzip. */
export const gzipThreshold = 128 * 1024;

/** Writes status line, common headers and a small `body`, and ends the answer. */
export function respond(
  x: Exchange,
  status: number,
  contentType: string,
  body: Uint8Array | string,
  extra?: OutgoingHttpHeaders,
): void {
  writeHead(x, status, contentType, typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength, extra);
  if (x.request.method === 'HEAD') x.response.end();
  else x.response.end(body);
}

/** The same for a body of any size; resolves when the client has taken it or has gone. */
export async function respondBody(
  x: Exchange,
  status: number,
  contentType: string,
  body: Uint8Array,
  extra?: OutgoingHttpHeaders,
): Promise<void> {
  writeHead(x, status, contentType, body.length, extra);
  if (x.request.method === 'HEAD') x.response.end();
  else await endWithParts(x.response, [body], body.length);
}

/** The request was answered before, because its time was over or its client has gone. */
export class AlreadyAnswered extends Error {
  override readonly name = 'AlreadyAnswered';
}

/** Writes status line and headers. Throws AlreadyAnswered. */
export function beginAnswer(x: Exchange, status: number, headers: OutgoingHttpHeaders): void {
  if (x.answered) throw new AlreadyAnswered();
  x.answered = true;
  x.status = status;
  x.response.writeHead(status, headers);
  if (x.longRunning) x.audit?.emit('ResponseStarted', status);
}

function writeHead(
  x: Exchange,
  status: number,
  contentType: string,
  length: number,
  extra: OutgoingHttpHeaders | undefined,
): void {
  const headers = commonHeaders(x, contentType);
  headers['content-length'] = length;
  if (extra !== undefined) assignHeaders(headers, extra);
  x.sent = length;
  beginAnswer(x, status, headers);
}

/** Adds and replaces headers; undefined takes one away. */
function assignHeaders(headers: OutgoingHttpHeaders, extra: OutgoingHttpHeaders): void {
  for (const name of Object.keys(extra)) {
    if (extra[name] === undefined) delete headers[name];
    else headers[name] = extra[name];
  }
}

/** The headers of every answer. */
export function commonHeaders(x: Exchange, contentType: string): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    'audit-id': x.auditId,
    'cache-control': 'no-cache, private',
    'content-type': contentType,
  };
  if (x.warnings !== undefined) headers['warning'] = warningHeader(x.warnings);
  return headers;
}

/** Writes a JSON document in the form the client wants: compact, indented or as YAML; compressed when large. */
export function respondDocument(
  x: Exchange,
  status: number,
  mediaType: MediaType,
  body: Uint8Array | string,
  extra?: OutgoingHttpHeaders,
): Promise<void> {
  if (mediaType.format === 'yaml') {
    return respondPacked(x, status, 'application/yaml', Buffer.from(toYaml(textOf(body))), extra);
  }
  const pretty = wantsPretty(x.parameter('pretty'), x.header('user-agent'), mediaType);
  const whole = pretty ? Buffer.from(indentJson(textOf(body))) : asLine(body);
  return respondPacked(x, status, 'application/json', whole, extra);
}

/** Compact JSON is a line, as Go's encoder writes it: `kubectl get --raw` prints it as it comes. */
function asLine(body: Uint8Array | string): Uint8Array {
  if (typeof body === 'string') return Buffer.from(body.endsWith('\n') ? body : `${body}\n`);
  const line = Buffer.allocUnsafe(body.length + 1);
  line.set(body);
  line[body.length] = 0x0a;
  return line;
}

/** Writes a body, compressed when it is large and the client takes that. */
export async function respondPacked(
  x: Exchange,
  status: number,
  contentType: string,
  body: Uint8Array,
  extra?: OutgoingHttpHeaders,
): Promise<void> {
  if (body.length <= gzipThreshold || !acceptsGzip(x)) return respondBody(x, status, contentType, body, extra);
  const packed = await gzipBody(body);
  const vary = extra?.vary === undefined ? 'Accept-Encoding' : `${extra.vary}, Accept-Encoding`;
  return respondBody(x, status, contentType, packed, { ...extra, 'content-encoding': 'gzip', vary });
}

export function acceptsGzip(x: Exchange): boolean {
  const accepted = x.request.headers['accept-encoding'];
  return typeof accepted === 'string' && accepted.includes('gzip');
}

export function respondText(x: Exchange, status: number, text: string, extra?: OutgoingHttpHeaders): void {
  respond(x, status, 'text/plain; charset=utf-8', text, { 'x-content-type-options': 'nosniff', ...extra });
}

function textOf(body: Uint8Array | string): string {
  return typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}

/** The YAML that the stock server writes: keys sorted, lists not indented. */
function toYaml(text: string): string {
  const value: Json = parseJsonLosslessly(text);
  return stringifyYaml(value, { indentSeq: false, sortMapEntries: true, lineWidth: 80, version: '1.1' });
}
