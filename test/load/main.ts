// `npm run bench`: the figures of docs/performance.md, measured with the load client beside the server on this machine. TLS and durable writes
// are on. `npm run bench -- --quick` takes a minute and leaves the 100,000 workspaces out; `--only objects,watch` picks parts;
// `--clusters 10000` sets how many logical clusters hold equal definitions.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startEcho } from './echo.ts';
import { type Figure } from './measure.ts';
import { memoryOf, startBenchServer } from './server.ts';
import { customResourceScenarios, definitionScenarios, equalDefinitionScenarios } from './custom-resources.ts';
import { kindScenarios } from './kinds.ts';
import { echoScenario, fillWorkspaces, objectScenarios, touchWorkspaces, workspaceScenarios } from './scenarios.ts';
import { watchScenario } from './watchers.ts';
import { startEmbeddedPostgres } from '../../src/pg/embedded.ts';
import { measureBareCommit } from '../../src/storage/postgres/bench.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    processes: { type: 'string' },
    // So many logical clusters hold equal definitions.
    clusters: { type: 'string' },
  },
});
const parts = values.only?.split(',') ?? ['baseline', 'objects', 'kinds', 'custom', 'watch', 'workspaces', 'idle'];
const seconds = values.quick ? 2 : 5;
/** Long enough for a process to notice that it is idle. */
const idleMs = 15_000;
const idleCounts: readonly [number, number] = values.quick ? [100, 2000] : [100, 100_000];
const flags = values.processes === undefined ? [] : ['--processes', values.processes];

const directory = mkdtempSync(join(tmpdir(), 'atoll-bench-'));
const say = (text: string): void => console.log(text);

function print(figures: readonly Figure[]): void {
  for (const { name, perSecond, p50, p99, note } of figures) {
    say(
      `| ${name} | ${Math.round(perSecond).toLocaleString('en')} | ${p50.toFixed(2)} | ${p99.toFixed(2)} | ${note ?? ''} |`,
    );
  }
}

try {
  say(
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, load client on the same machine\n`,
  );
  say('| what | per second | p50 ms | p99 ms | |\n|---|---|---|---|---|');
  if (parts.includes('baseline')) await baseline();
  if (['objects', 'kinds', 'custom', 'watch', 'workspaces'].some((part) => parts.includes(part))) await loaded();
  if (parts.includes('idle')) await idle();
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function baseline(): Promise<void> {
  const echo = await startEcho();
  print([await echoScenario(echo.url, echo.ca, seconds * 1000)]);
  await echo.stop();
  const postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'bare'), log: () => {} });
  print(await measureBareCommit(postgres.url, seconds * 1000));
  await postgres.stop();
}

async function loaded(): Promise<void> {
  const server = await startBenchServer(join(directory, 'loaded'), flags);
  say(`| start to ready, new data directory | | ${server.readyMs.toFixed(0)} | | |`);
  if (parts.includes('objects')) for await (const one of objectScenarios(server, seconds * 1000)) print([one]);
  if (parts.includes('kinds')) for await (const one of kindScenarios(server, seconds * 1000)) print([one]);
  if (parts.includes('custom')) {
    for await (const one of customResourceScenarios(server, seconds * 1000)) print([one]);
    for await (const one of definitionScenarios(server, values.quick ? 100 : 1000)) print([one]);
    const clusters = Number(values.clusters ?? (values.quick ? 50 : 1000));
    for await (const one of equalDefinitionScenarios(server, clusters, 20)) print([one]);
  }
  if (parts.includes('watch')) {
    const [watchers, events] = values.quick ? [200, 500] : [1000, 1000];
    print([
      await watchScenario(server, 'HTTP/1.1', watchers, events),
      await watchScenario(server, 'HTTP/2', watchers, events),
    ]);
  }
  if (parts.includes('workspaces')) for await (const one of workspaceScenarios(server, seconds * 1000)) print([one]);
  sayMemory('right after the load', server.pid);
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  sayMemory(`${idleMs / 1000} s after the load`, server.pid);
  await server.stop();
}

function sayMemory(when: string, pid: number): void {
  const memory = memoryOf(pid);
  say(
    `| memory ${when} | | | | ${memory.node.toFixed(0)} MiB in ${memory.processes} Node processes, ${memory.postgres.toFixed(0)} MiB Postgres |`,
  );
}

/** Memory and disk of workspaces that nobody uses; the server is started anew for each figure so that no earlier load is in it. */
async function idle(): Promise<void> {
  const dataDir = join(directory, 'idle');
  let filled = 0;
  let bytesBefore = 0;
  for (const count of idleCounts) {
    const filling = await startBenchServer(dataDir, flags);
    await fillWorkspaces(filling, filled, count);
    await filling.stop();
    const bytes = await databaseBytes(dataDir);
    const perWorkspace = (bytes.all - bytesBefore) / (count - filled);
    const server = await startBenchServer(dataDir, flags);
    await touchWorkspaces(server, idleCounts[0]);
    await new Promise((resolve) => setTimeout(resolve, idleMs));
    const memory = memoryOf(server.pid);
    say(
      `| ${count.toLocaleString('en')} idle workspaces | | | | ${memory.node.toFixed(0)} MiB Node, ${memory.postgres.toFixed(0)} MiB Postgres; ready in ${server.readyMs.toFixed(0)} ms` +
        `${filled === 0 ? '' : `; ${Math.round(perWorkspace)} bytes on disk each, ${Math.round(bytes.history / count)} of them history`} |`,
    );
    await server.stop();
    filled = count;
    bytesBefore = bytes.all;
  }
}

async function databaseBytes(dataDir: string): Promise<{ all: number; history: number }> {
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => {} });
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  const { rows } = await client.query<{ all: string; history: string }>(
    `select sum(pg_total_relation_size(oid)) as all, sum(pg_total_relation_size(oid)) filter (where relname like 'changes%') as history
     from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  );
  await client.end();
  await postgres.stop();
  return { all: Number(rows[0]?.all), history: Number(rows[0]?.history) };
}
