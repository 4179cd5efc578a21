/**
 * Puts the same requests to a stock Kubernetes API server and to Atoll and prints where the answers differ. A tool for developers:
 *   node test/differential/main.ts --oracle https://127.0.0.1:16443 TOKEN --atoll https://127.0.0.1:6443 TOKEN [--only TEXT] [--show]
 * Without --atoll the oracle's answers are printed. Both servers' certificates are taken as they are.
 */
import https from 'node:https';
import { parse as parseYaml } from 'yaml';
import { type DifferentialRequest, requests } from './requests.ts';

type Server = { readonly url: string; readonly token: string };
type Answer = { readonly status: number; readonly headers: Record<string, string>; readonly body: string };

const comparedHeaders = ['content-type', 'cache-control', 'warning', 'retry-after', 'vary', 'x-content-type-options'];

function ask(server: Server, request: DifferentialRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = https.request(
      server.url + request.path,
      {
        method: request.method,
        path: request.path,
        rejectUnauthorized: false,
        agent: false,
        headers: {
          'user-agent': 'differential/1',
          authorization: `Bearer ${server.token}`,
          ...(request.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(request.body)) }),
          ...request.headers,
        },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        const done = () => {
          clearTimeout(timer);
          const headers: Record<string, string> = {};
          for (const name of comparedHeaders) {
            const value = incoming.headers[name];
            if (value !== undefined) headers[name] = String(value);
          }
          resolve({ status: incoming.statusCode ?? 0, headers, body: Buffer.concat(chunks).toString() });
        };
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', done);
        incoming.on('error', done);
      },
    );
    const timer = setTimeout(() => outgoing.destroy(new Error('no end')), request.maxMs ?? 10_000);
    outgoing.on('error', (error) => resolve({ status: 0, headers: {}, body: error.message }));
    outgoing.on('upgrade', () => reject(new Error('unexpected upgrade')));
    outgoing.end(request.body);
  });
}

/** Values that no two servers share, descriptions, and media types that Atoll does not answer in. */
function normalize(text: string): string {
  return text
    .replace(/"description":\s*"(?:[^"\\]|\\.)*"/g, '"description":""')
    .replace(/, application\/vnd\.kubernetes\.protobuf(;stream=watch)?/g, '')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
    .replace(/"resourceVersion":\s*"\d+"/g, '"resourceVersion":"RV"')
    .replace(/resourceVersion: "\d+"/g, 'resourceVersion: "RV"')
    .replace(/current: \d+/g, 'current: RV')
    .replace(
      /\((\d+)\) does not match the ResourceVersion in record \((\d+)\)/g,
      '(RV) does not match the ResourceVersion in record (RV)',
    )
    .replace(/"continue":\s*"[^"]+"/g, '"continue":"TOKEN"')
    .replace(/"(\d+)(s|m|h|m\d+s)"/g, '"AGE"')
    .replace(/^(\s*- )(\d+)(s|m|h|m\d+s)$/gm, '$1AGE');
}

/** Object key order does not matter: every JSON document (line) is re-written with sorted keys. */
function canonical(text: string): string {
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, item]) => [key, sorted(item)]),
          )
        : value;
  const one = (document: string) => JSON.stringify(sorted(JSON.parse(document) as unknown));
  try {
    return one(text);
  } catch {
    try {
      return text.trim().split('\n').map(one).join('\n');
    } catch {
      return text.trim();
    }
  }
}

function describe(answer: Answer): string {
  const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`);
  const body = answer.body.length > 1500 ? `${answer.body.slice(0, 1500)}…` : answer.body;
  return `    ${answer.status} ${headers.join(' | ')}\n    ${body.trim().replaceAll('\n', '\n    ')}`;
}

function compared(answer: Answer, request: DifferentialRequest): string {
  const yaml = answer.headers['content-type'] === 'application/yaml';
  const text = yaml ? JSON.stringify(parseYaml(answer.body)) : answer.body;
  const body = request.ignoreBody === true ? '' : canonical(normalize(text));
  return JSON.stringify([answer.status, answer.headers, body]);
}

/** Why an answer may differ although the request says nothing about it. */
function knownDifference(theirs: Answer, ours: Answer): string | undefined {
  if (theirs.status !== 500 || ours.status !== 400) return undefined;
  try {
    const [a, b] = [theirs, ours].map(({ body }) => (JSON.parse(body) as { message?: string }).message);
    return a === b ? 'what the client did wrong is a 400 here' : undefined;
  } catch {
    return undefined;
  }
}

const args = process.argv.slice(2);
function server(flag: string): Server | undefined {
  const at = args.indexOf(flag);
  const [url, token] = [args[at + 1], args[at + 2]];
  return at < 0 || url === undefined || token === undefined ? undefined : { url: url.replace(/\/$/, ''), token };
}

const oracle = server('--oracle');
const atoll = server('--atoll');
const onlyAt = args.indexOf('--only');
const only = onlyAt < 0 ? undefined : args[onlyAt + 1];
if (oracle === undefined) {
  console.error('usage: main.ts --oracle URL TOKEN [--atoll URL TOKEN] [--only TEXT] [--show]');
  process.exit(2);
}
for (const each of [oracle, atoll]) {
  if (each === undefined) continue;
  const alive = await ask(each, { method: 'GET', path: '/livez' });
  if (alive.status !== 200) {
    console.error(`${each.url} does not answer: ${alive.status} ${alive.body}`);
    process.exit(2);
  }
}
let different = 0;
let equal = 0;
for (const request of requests) {
  const [theirs, ours] = await Promise.all([ask(oracle, request), atoll && ask(atoll, request)]);
  const body = request.body === undefined ? '' : ` ${String(request.body).slice(0, 160)}`;
  const title = `${request.method} ${request.path} ${JSON.stringify(request.headers ?? {})}${body}`;
  if (only !== undefined && !title.includes(only)) continue;
  if (ours === undefined) {
    console.log(`${title}\n${describe(theirs)}`);
  } else if (compared(theirs, request) === compared(ours, request)) {
    equal++;
    if (args.includes('--show')) console.log(`equal      ${title}`);
  } else {
    const why = request.mayDiffer ?? knownDifference(theirs, ours);
    if (why === undefined) different++;
    console.log(`${why === undefined ? 'DIFFERENT' : `differs (${why})`}  ${title}`);
    console.log(`  oracle\n${describe(theirs)}\n  atoll\n${describe(ours)}`);
  }
}
if (atoll !== undefined) console.log(`${equal} equal, ${different} different`);
process.exit(different === 0 ? 0 : 1);
