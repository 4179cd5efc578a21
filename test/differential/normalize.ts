import { parse as parseYaml } from 'yaml';
import type { Answer } from './ask.ts';
import { frames, wireText } from './protobuf-text.ts';
import { type DifferentialRequest, run } from './request.ts';

/** Counts the resourceVersions that each object (by uid) has had, so that writes that change nothing can be told from those that do. */
export class Revisions {
  readonly #seen = new Map<string, string[]>();

  name(uid: string, revision: string): string {
    let seen = this.#seen.get(uid);
    if (seen === undefined) this.#seen.set(uid, (seen = []));
    let at = seen.indexOf(revision);
    if (at < 0) at = seen.push(revision) - 1;
    return `RV${at}`;
  }
}

/** What a continue token says, without its revision. */
function tokenText(token: string): string {
  const text = Buffer.from(token, 'base64url').toString();
  return text.startsWith('{') ? text.replace(/"rv":\d+/, '"rv":RV') : token;
}

/** Values that no two servers share. */
function normalizeText(text: string): string {
  return text
    .replace(/"description":\s*"(?:[^"\\]|\\.)*"/g, '"description":""')
    .replaceAll(run, 'RUN')
    .replaceAll('atoll-admin', 'admin')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
    .replace(/(\\*"resourceVersion\\*":\s*\\*")\d+/g, '$1RV')
    .replace(/resourceVersion: "\d+"/g, 'resourceVersion: "RV"')
    .replace(/(current: |too old resource version: \d+ \()\d+/g, '$1RV')
    .replace(
      /\(\w+\) does not match the ResourceVersion in record \(\d+\)/g,
      '(RV) does not match the ResourceVersion in record (RV)',
    )
    .replace(/(ResourceVersion in precondition: \d+, ResourceVersion in object meta: )\d+/g, '$1RV')
    .replace(/"continue":\s*"([^"]+)"/g, (_, token: string) => `"continue":${JSON.stringify(tokenText(token))}`)
    .replace(/"token":"ey[\w.-]+"/g, '"token":"JWT"')
    .replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-XXXXX')
    .replace(/"(generated-|cv-)[a-z0-9]{5}"/g, '"$1XXXXX"')
    .replace(/"(\d+)(s|m|h|m\d+s)"/g, '"AGE"')
    .replace(/^(\s*- )(\d+)(s|m|h|m\d+s)$/gm, '$1AGE')
    .replace(/10\.\d+\.\d+\.\d+/g, 'CLUSTERIP')
    .replace(/127\.0\.0\.1:\d+/g, 'HOST');
}

/** Objects' revisions become their count; keys are sorted, since their order means nothing. */
function canonicalValue(value: unknown, revisions: Revisions): unknown {
  if (Array.isArray(value)) return value.map((item) => canonicalValue(item, revisions));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as Record<string, unknown>).map(([key, item]): [string, unknown] => {
    if (key === 'resourceVersion' && typeof item === 'string') {
      const uid = (value as Record<string, unknown>)['uid'];
      return [key, typeof uid === 'string' ? revisions.name(uid, item) : 'RV'];
    }
    const canonical = canonicalValue(item, revisions);
    // Conflicts come in the order of a Go map.
    if (key === 'causes' && Array.isArray(canonical))
      return [key, canonical.map((cause) => JSON.stringify(cause)).sort()];
    return [key, canonical];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Messages by field number, in the order of the wire; streams are frames with a length before each. */
function protobufText({ headers, body }: Answer): string {
  if (headers['content-type']?.includes('stream=watch') === true) return frames(body).map(wireText).join('\n');
  const magic = body.subarray(0, 4).toString('latin1');
  return magic === 'k8s\0' ? wireText(body.subarray(4)) : `no envelope, ${body.length > 0}`;
}

/** One line a document: a JSON body, the lines of a stream, YAML, or the text as it is. */
function canonical(answer: Answer, revisions: Revisions): string {
  const text = answer.body.toString();
  const one = (document: string): string => JSON.stringify(canonicalValue(JSON.parse(document), revisions));
  try {
    if (answer.headers['content-type'] === 'application/yaml') return one(JSON.stringify(parseYaml(text)));
    if (answer.headers['content-type']?.includes('protobuf') === true) return protobufText(answer);
    return one(text);
  } catch {
    try {
      return text.trim().split('\n').map(one).join('\n');
    } catch {
      return text.trim();
    }
  }
}

/**
 * The text without Go's view of values: the differences that its cmp package prints behind "may not change" and "is immutable" (chance decides over their
 * spaces), and structs with addresses of pointers.
 */
export function withoutGoValues(text: string): string {
  return text
    .replace(/(\\+n)[ \u00a0]{2}&?[\w.[\]]+\{.*?\1[ \u00a0]{2}\}\1/g, '$1')
    .replace(/Invalid value: (?:core\.|\{).*?: field is immutable/g, 'Invalid value: STRUCT: field is immutable');
}

/** What of an answer is compared, as text. */
export function normalize(answer: Answer, request: DifferentialRequest, revisions: Revisions): string {
  const body = normalizeText(canonical(answer, revisions));
  const headers = normalizeText(JSON.stringify(answer.headers));
  const layout = request.layout === true ? `indented: ${answer.body.includes('\n  ')}\n` : '';
  return `${answer.status} ${headers}\n${layout}${request.ignoreBody === true ? '' : body}`;
}
