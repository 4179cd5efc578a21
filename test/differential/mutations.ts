/**
 * Puts valid objects with one mistake each to a stock Kubernetes API server and to Atoll, and counts by kind how many answers are alike. A tool for developers:
 *   node test/differential/mutations.ts --oracle URL TOKEN --atoll URL TOKEN [--only RESOURCE,…] [--limit N] [--seed N] [--recorded DIR] [--show N] [--report FILE]
 * The two are started as for main.ts. Mutations come from the schema (mutate.ts) and are only ever dry runs; --limit bounds those of one sample, --seed
 * chooses which. --recorded keeps the stock server's answers in a directory, so that a second run asks Atoll only. --show prints the first N differences
 * of each kind; --report writes the counts into the generated part of a Markdown file.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Answer, ask, type Server } from './ask.ts';
import { mutationPlan, type MutationCase, namespace } from './mutation-requests.ts';
import { normalize, Revisions } from './normalize.ts';
import { json } from './request.ts';

const concurrent = 24;
const args = process.argv.slice(2);
function option(flag: string): string | undefined {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args[at + 1];
}
function server(flag: string): Server {
  const at = args.indexOf(flag);
  const [url, token] = [args[at + 1], args[at + 2]];
  if (at < 0 || url === undefined || token === undefined) {
    console.error(
      'usage: mutations.ts --oracle URL TOKEN --atoll URL TOKEN [--only RESOURCE,…] [--limit N] [--seed N] [--recorded DIR] [--show N] [--report FILE]',
    );
    process.exit(2);
  }
  return { url: url.replace(/\/$/, ''), token, saved: new Map() };
}

const oracle = server('--oracle');
const atoll = server('--atoll');
const show = Number(option('--show') ?? 20);
const recorded = option('--recorded');
const plan = mutationPlan({
  only: option('--only')?.split(',') ?? [],
  limit: Number(option('--limit') ?? 2500),
  seed: Number(option('--seed') ?? 1),
});

/** What of an answer is compared. Ports and addresses that a server hands out are chance; revisions do not matter in a dry run. */
function compared(answer: Answer, each: MutationCase): string {
  return normalize(answer, each.request, new Revisions())
    .replace(/("(?:nodePort|healthCheckNodePort)":)3[0-2]\d{3}/g, '$1"PORT"')
    .replace(/0x[0-9a-f]{6,}/g, 'POINTER');
}

/** The text without the differences that Go's cmp package prints behind "may not change" and "is immutable". */
function withoutGoDiffs(text: string): string {
  return text.replace(/(\\+n)[ \u00a0]{2}&?[\w.[\]]+\{.*?\1[ \u00a0]{2}\}\1/g, '$1');
}

const kept = new Map<string, string>();
const fileOf = (kind: string): string => join(recorded ?? '', `${kind.replaceAll('/', '-')}.json`);
const keyOf = ({ request }: MutationCase): string =>
  createHash('sha1')
    .update(JSON.stringify([request.method, request.path, request.headers, request.body]))
    .digest('base64');
const kinds = [...new Set(plan.cases.map(({ kind }) => kind))];
if (recorded !== undefined) {
  mkdirSync(recorded, { recursive: true });
  for (const kind of kinds.filter((each) => existsSync(fileOf(each)))) {
    const entries = Object.entries(JSON.parse(readFileSync(fileOf(kind), 'utf8')) as Record<string, string>);
    for (const [key, value] of entries) kept.set(key, value);
  }
}

for (const each of [oracle, atoll]) {
  const post = (path: string, body: object): Promise<Answer> =>
    ask(each, { method: 'POST', path, headers: json, body: JSON.stringify(body) });
  await post('/api/v1/namespaces', { kind: 'Namespace', apiVersion: 'v1', metadata: { name: namespace } });
  await post(`/api/v1/namespaces/${namespace}/serviceaccounts`, {
    kind: 'ServiceAccount',
    apiVersion: 'v1',
    metadata: { name: 'default' },
  });
  for (const request of plan.setUp) {
    const answer = await ask(each, request);
    // Its address may be taken by itself, from a run before.
    if (answer.status !== 201 && answer.status !== 409 && !answer.body.includes('already allocated'))
      console.log(`${each.url} did not store a sample: ${answer.body.toString().slice(0, 600)}`);
  }
}

const counts = new Map<string, { all: number; equal: number; known: number; printed: number }>();

async function judge(each: MutationCase): Promise<void> {
  const key = keyOf(each);
  let theirs = kept.get(key);
  const [asked, answer] = await Promise.all([
    theirs === undefined ? ask(oracle, each.request) : undefined,
    ask(atoll, each.request),
  ]);
  if (asked !== undefined) kept.set(key, (theirs = compared(asked, each)));
  const ours = compared(answer, each);
  const count = counts.get(each.kind) ?? { all: 0, equal: 0, known: 0, printed: 0 };
  counts.set(each.kind, count);
  count.all++;
  // What the client did wrong is never a 500 here.
  if (theirs === ours) count.equal++;
  else if (theirs?.startsWith('500 ') === true && ours.startsWith('400 ')) count.known++;
  else if (withoutGoDiffs(theirs ?? '') === withoutGoDiffs(ours)) count.printed++;
  else {
    differing.push({ each, theirs: theirs ?? '', ours });
  }
}
const differing: { each: MutationCase; theirs: string; ours: string }[] = [];

let next = 0;
await Promise.all(
  Array.from({ length: concurrent }, async () => {
    for (let each = plan.cases[next++]; each !== undefined; each = plan.cases[next++]) await judge(each);
  }),
);

if (recorded !== undefined) {
  for (const kind of kinds) {
    const mine = plan.cases
      .filter((each) => each.kind === kind)
      .map((each) => [keyOf(each), kept.get(keyOf(each)) ?? '']);
    const before = existsSync(fileOf(kind)) ? (JSON.parse(readFileSync(fileOf(kind), 'utf8')) as object) : {};
    writeFileSync(fileOf(kind), JSON.stringify({ ...before, ...Object.fromEntries(mine) }));
  }
}

/** The texts from where they part, and the status and message when they are refusals. */
function difference(theirs: string, ours: string): string {
  const of = (text: string): string => {
    try {
      const body = JSON.parse(text.slice(text.indexOf('\n') + 1)) as { message?: string; kind?: string };
      return body.kind === 'Status' ? `${text.slice(0, text.indexOf('\n'))} ${body.message ?? ''}` : text;
    } catch {
      return text;
    }
  };
  let [a, b] = [of(theirs), of(ours)];
  if (a === b) [a, b] = [theirs, ours];
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  const from = Math.max(0, at - 60);
  return `    stock …${a.slice(from, at + 340)}\n    atoll …${b.slice(from, at + 340)}`;
}

for (const kind of kinds) {
  const mine = differing.filter(({ each }) => each.kind === kind);
  for (const { each, theirs, ours } of mine.slice(0, show))
    console.log(`${kind} ${each.label}\n${difference(theirs, ours)}`);
}
type Count = { all: number; equal: number; known: number; printed: number };
const none: Count = { all: 0, equal: 0, known: 0, printed: 0 };
const row = (name: string, { all, equal, known, printed }: Count): string =>
  `| ${name} | ${all} | ${equal} | ${known} | ${printed} | ${all - equal - known - printed} |`;
const total = { ...none };
for (const count of counts.values())
  for (const field of ['all', 'equal', 'known', 'printed'] as const) total[field] += count[field];
const table = [
  "| kind | requests | equal | 400 for 500 | only Go's printed difference | differ |",
  '|---|---|---|---|---|---|',
  ...kinds.map((kind) => row(kind.replace(/\.$/, ''), counts.get(kind) ?? none)),
  row('all', total),
].join('\n');
console.log(table);
const report = option('--report');
if (report !== undefined) {
  const [begin, end] = ['<!-- generated: mutations -->', '<!-- /generated: mutations -->'];
  const text = readFileSync(report, 'utf8');
  if (!text.includes(begin) || !text.includes(end)) throw new Error(`${report} has no ${begin} … ${end}`);
  writeFileSync(
    report,
    `${text.slice(0, text.indexOf(begin) + begin.length)}\n${table}\n${text.slice(text.indexOf(end))}`,
  );
}
process.exit(total.all === total.equal + total.known + total.printed ? 0 : 1);
