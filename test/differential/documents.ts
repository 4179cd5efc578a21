/**
 * Compares discovery and OpenAPI documents of a stock Kubernetes API server with Atoll's, value by value. A tool for developers:
 *   node test/differential/documents.ts --oracle https://127.0.0.1:16443 TOKEN --atoll https://127.0.0.1:6443 TOKEN [--all]
 * Groups that only Atoll has are left out. Prints what differs, gathered by the kind of place, and counts descriptions.
 */
import { ask, type Server } from './ask.ts';

type Value = null | boolean | number | string | Value[] | { [key: string]: Value };

const args = process.argv.slice(2);
function server(flag: string): Server {
  const at = args.indexOf(flag);
  const [url, token] = [args[at + 1], args[at + 2]];
  if (at < 0 || url === undefined || token === undefined) {
    console.error('usage: documents.ts --oracle URL TOKEN --atoll URL TOKEN [--all]');
    process.exit(2);
  }
  return { url: url.replace(/\/$/, ''), token, saved: new Map() };
}
const oracle = server('--oracle');
const atoll = server('--atoll');
const shown = args.includes('--all') ? Infinity : 4;

async function fetchJson(from: Server, path: string, accept: string): Promise<Value> {
  const answer = await ask(from, { method: 'GET', path, headers: { accept } });
  return answer.status === 200 ? (JSON.parse(answer.body.toString()) as Value) : `status ${answer.status}`;
}

function isObject(value: Value | undefined): value is { [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asText(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Names of groups that only we serve, from the list of groups. */
function ownGroups(theirs: Value, ours: Value): string[] {
  const names = (list: Value) =>
    isObject(list) && Array.isArray(list['groups'])
      ? list['groups'].map((group) => (isObject(group) ? asText(group['name']) : ''))
      : [];
  const known = new Set(names(theirs));
  return names(ours).filter((name) => !known.has(name));
}

type Difference = { readonly path: string; readonly theirs: Value | undefined; readonly ours: Value | undefined };

function compare(theirs: Value | undefined, ours: Value | undefined, path: string, found: Difference[]): void {
  if (isObject(theirs) && isObject(ours)) {
    for (const key of new Set([...Object.keys(theirs), ...Object.keys(ours)]))
      compare(theirs[key], ours[key], `${path} ${key}`, found);
  } else if (Array.isArray(theirs) && Array.isArray(ours) && theirs.length === ours.length) {
    for (const [index, value] of theirs.entries()) compare(value, ours[index], `${path} [${index}]`, found);
  } else if (JSON.stringify(theirs) !== JSON.stringify(ours)) found.push({ path, theirs, ours });
}

/** What names of things stand for in a place, so that equal differences gather. */
function placeOf(path: string): string {
  return path
    .replace(/ \/apis?\/\S+/g, ' PATH')
    .replace(/ (io|dev)\.\S+/g, ' TYPE')
    .replace(/ \[\d+\]/g, ' []')
    .replace(/ properties \S+/g, ' properties *');
}

/** No npm package has the texts of the options of requests. */
function isParameterText({ path, ours }: Difference): boolean {
  return ours === undefined && / parameters \[\d+\] description$/.test(path);
}

function brief(value: Value | undefined): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

function countDescriptions(theirs: Value | undefined, ours: Value | undefined, counts: { all: number; equal: number }) {
  if (!isObject(theirs)) return;
  for (const [name, schema] of Object.entries(theirs)) {
    const other = isObject(ours) ? ours[name] : undefined;
    const fields = isObject(schema) && isObject(schema['properties']) ? schema['properties'] : {};
    const otherFields = isObject(other) && isObject(other['properties']) ? other['properties'] : {};
    for (const [a, b] of [
      [schema, other],
      ...Object.entries(fields).map(([key, value]) => [value, otherFields[key]]),
    ]) {
      if (!isObject(a) || a['description'] === undefined) continue;
      counts.all++;
      if (isObject(b) && b['description'] === a['description']) counts.equal++;
    }
  }
}

const json = 'application/json';
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const own = ownGroups(await fetchJson(oracle, '/apis', json), await fetchJson(atoll, '/apis', json));
const isOwn = (text: string) => own.some((name) => text.includes(name));

/** Takes out what belongs to groups of our own. */
function withoutOwn(value: Value): Value {
  if (Array.isArray(value))
    return value
      .filter((item) => {
        if (!isObject(item)) return !(typeof item === 'string' && isOwn(item));
        const meta = isObject(item['metadata']) ? item['metadata'] : {};
        return !own.includes(asText(item['name'] ?? meta['name']));
      })
      .map(withoutOwn);
  if (!isObject(value)) return value;
  const reversed = own.map((name) => name.split('.').toReversed().join('.'));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !own.some((name) => key.includes(`apis/${name}`)) && !reversed.some((r) => key.startsWith(r)))
      .map(([key, item]) => [key, withoutOwn(item)]),
  );
}

/** Puts shared parameters of OpenAPI v2 back where they are meant: their names come from their content. */
function withParameters(value: Value, shared: Value | undefined): Value {
  if (Array.isArray(value)) return value.map((item) => withParameters(item, shared));
  if (!isObject(value)) return value;
  const reference = value['$ref'];
  if (typeof reference === 'string' && reference.startsWith('#/parameters/') && isObject(shared))
    return shared[reference.slice('#/parameters/'.length)] ?? value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => !(key === 'parameters' && isObject(item)))
      .map(([key, item]) => [key, withParameters(item, shared)]),
  );
}

function prepared(document: Value): Value {
  return withParameters(withoutOwn(document), isObject(document) ? document['parameters'] : undefined);
}

const index = await fetchJson(oracle, '/openapi/v3', json);
const v3Paths = isObject(index) && isObject(index['paths']) ? Object.keys(index['paths']) : [];
const discovery = v3Paths.filter((path) => /^apis?(\/|$)/.test(path)).map((path) => `/${path}`);
const documents: [path: string, accept: string][] = [
  ['/', json],
  ...discovery.map((path): [string, string] => [path, json]),
  ['/api', aggregated],
  ['/apis', aggregated],
  ['/openapi/v3', json],
  ['/openapi/v2', json],
  ...v3Paths.map((path): [string, string] => [`/openapi/v3/${path}`, json]),
];

let equal = 0;
/** Differ in texts of parameters only. */
let alike = 0;
const places = new Map<string, { document: string; difference: Difference }[]>();
const counts = { all: 0, equal: 0 };
for (const [path, accept] of documents) {
  const [theirs, ours] = await Promise.all([fetchJson(oracle, path, accept), fetchJson(atoll, path, accept)]);
  const differences: Difference[] = [];
  compare(prepared(theirs), prepared(ours), '', differences);
  const wanted =
    path === '/openapi/v3' ? differences.filter((d) => d.theirs === undefined || d.ours === undefined) : differences;
  if (wanted.length === 0) equal++;
  else if (wanted.every(isParameterText)) alike++;
  for (const difference of wanted) {
    if (isParameterText(difference)) continue;
    const place = placeOf(difference.path);
    const kind = `${place}${difference.theirs === undefined ? ' (ours only)' : difference.ours === undefined ? ' (theirs only)' : ''}`;
    places.set(kind, [...(places.get(kind) ?? []), { document: path, difference }]);
  }
  if (path === '/openapi/v2' && isObject(theirs) && isObject(ours))
    countDescriptions(theirs['definitions'], ours['definitions'], counts);
}
for (const [place, found] of [...places].toSorted(([, a], [, b]) => b.length - a.length)) {
  console.log(`${found.length} ×${place}`);
  for (const { document, difference } of found.slice(0, shown))
    console.log(
      `    ${document}${difference.path}\n      ${brief(difference.theirs)}\n      ${brief(difference.ours)}`,
    );
}
console.log(
  `${equal} of ${documents.length} documents equal, ${alike} but for texts of parameters; ${counts.equal} of ${counts.all} descriptions equal`,
);
process.exit(equal + alike === documents.length ? 0 : 1);
