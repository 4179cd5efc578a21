/**
 * Puts the same requests to a stock Kubernetes API server and to Atoll and prints where the answers differ. A tool for developers:
 *   node test/differential/main.ts --oracle https://127.0.0.1:16443 TOKEN --atoll https://127.0.0.1:6443 TOKEN [--only TEXT] [--kinds LIST] [--show] [--report FILE]
 * Both should have fresh data and no controllers (the oracle with NOKCM=1, Atoll with --roles api --service-cluster-ip-range 10.0.0.0/16): requests are answered alike only where the same
 * objects exist. --kinds puts only the requests about these (pods,jobs.batch,admission,generic); --only prints those whose text has TEXT. Certificates are taken as
 * they are. Without --atoll the oracle's answers are printed; --report writes what differs, by reason, into the generated part of a Markdown file.
 */
import { parse as parseYaml } from 'yaml';
import { writeGeneratedSection } from '../support/generated-section.ts';
import { type Answer, ask, type Server } from './ask.ts';
import { normalize, Revisions, withoutGoValues } from './normalize.ts';
import { type DifferentialRequest, run } from './request.ts';
import { requestsAbout } from './requests.ts';

const concurrentReads = 12;
const maxShown = 60_000;

function describe(answer: Answer): string {
  const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`);
  const text = answer.body.toString();
  const body = text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
  return `    ${answer.status} ${headers.join(' | ')}\n    ${body.trim().replaceAll('\n', '\n    ')}`;
}

/** The part of two long texts where they part. */
function parting(a: string, b: string): string {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  const from = Math.max(0, at - 80);
  return `  part at\n    oracle …${a.slice(from, at + 200)}\n    atoll  …${b.slice(from, at + 200)}`;
}

/** Why an answer may differ although the request says nothing about it. */
function knownDifference(theirs: Answer, ours: Answer): string | undefined {
  if (theirs.status !== 500 || ours.status !== 400) return undefined;
  const message = ({ headers, body }: Answer): string | undefined => {
    if (headers['content-type']?.startsWith('text/plain') === true)
      return /failed to create RequestInfo: (.*)\n/.exec(body.toString())?.[1];
    return (parseYaml(body.toString()) as { message?: string } | null)?.message;
  };
  try {
    const [a, b] = [theirs, ours].map(message);
    return a !== undefined && a === b ? 'what the client did wrong is a 400 here' : undefined;
  } catch {
    return undefined;
  }
}

const args = process.argv.slice(2);
function server(flag: string): Server | undefined {
  const at = args.indexOf(flag);
  const [url, token] = [args[at + 1], args[at + 2]];
  return at < 0 || url === undefined || token === undefined
    ? undefined
    : { url: url.replace(/\/$/, ''), token, saved: new Map() };
}
function option(flag: string): string | undefined {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args[at + 1];
}

const oracle = server('--oracle');
const atoll = server('--atoll');
const only = option('--only');
const requests = requestsAbout(option('--kinds')?.split(','));
const report = option('--report');
if (oracle === undefined) {
  console.error(
    'usage: main.ts --oracle URL TOKEN [--atoll URL TOKEN] [--only TEXT] [--kinds LIST] [--show] [--report FILE]',
  );
  process.exit(2);
}
for (const each of [oracle, atoll]) {
  if (each === undefined) continue;
  const alive = await ask(each, { method: 'GET', path: '/livez' });
  if (alive.status !== 200) {
    console.error(`${each.url} does not answer: ${alive.status} ${alive.body.toString()}`);
    process.exit(2);
  }
}

let equal = 0;
/** Titles of the requests that differ, by reason; no reason is the empty one. */
const differing = new Map<string, string[]>();
const revisions = { theirs: new Revisions(), ours: new Revisions() };

function judge(request: DifferentialRequest, theirs: Answer, ours: Answer | undefined): void {
  const body = request.body === undefined ? '' : ` ${String(request.body).slice(0, 400)}`;
  const title = `${request.method} ${request.path} ${JSON.stringify(request.headers ?? {})}${body}`;
  const left = normalize(theirs, request, revisions.theirs);
  const right = ours === undefined ? '' : normalize(ours, request, revisions.ours);
  if (only !== undefined && !title.includes(only)) return;
  if (ours === undefined) {
    console.log(`${title}\n${describe(theirs)}`);
  } else if (left === right) {
    equal++;
    if (args.includes('--show')) console.log(`equal      ${title}`);
  } else {
    const differsInGo = withoutGoValues(left) === withoutGoValues(right);
    const why =
      request.mayDiffer ??
      (differsInGo ? 'values are not printed as Go prints them' : knownDifference(theirs, ours)) ??
      '';
    differing.set(why, [...(differing.get(why) ?? []), `${request.method} ${request.path.replaceAll(run, 'RUN')}`]);
    console.log(`${why === '' ? 'DIFFERENT' : `differs (${why})`}  ${title}`);
    console.log(`  oracle\n${describe(theirs)}\n  atoll\n${describe(ours)}\n${parting(left, right)}`);
  }
}

/** Reads that follow each other are put together: they see the same state. */
function batches(): DifferentialRequest[][] {
  const all: DifferentialRequest[][] = [];
  let reads: DifferentialRequest[] = [];
  for (const request of requests) {
    const alone = request.method !== 'GET' || request.during !== undefined || request.save !== undefined;
    if (alone || reads.length >= concurrentReads) {
      if (reads.length > 0) all.push(reads);
      reads = [];
    }
    if (alone) all.push([request]);
    else reads.push(request);
  }
  return reads.length > 0 ? [...all, reads] : all;
}

for (const batch of batches()) {
  const answers = await Promise.all(
    batch.map((request) => Promise.all([ask(oracle, request), atoll && ask(atoll, request)])),
  );
  for (const [index, request] of batch.entries()) {
    const [theirs, ours] = answers[index] ?? [];
    if (theirs !== undefined) judge(request, theirs, ours);
  }
}

const different = differing.get('')?.length ?? 0;
const total = equal + [...differing.values()].flat().length;
const summary = `${equal} of ${total} answers equal, ${total - equal - different} differ for a known reason, ${different} differ`;
if (atoll !== undefined) console.log(summary);
if (report !== undefined) {
  const lines = [...differing].map(([why, titles]) => {
    const examples = [...new Set(titles)].slice(0, 6).map((title) => `\`${title.slice(0, 120)}\``);
    return `- ${why === '' ? 'not yet explained' : why} (${titles.length}): ${examples.join(', ')}`;
  });
  writeGeneratedSection(report, 'differential', [`${summary}.`, '', ...lines]);
}
process.exit(different === 0 ? 0 : 1);
