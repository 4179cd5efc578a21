// Runs the tests: `npm test` all of them, `npm test unit|integration|e2e|…` a part. One embedded Postgres serves the whole run.
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `The tests need Node 24; this is ${process.version}. "npm ci" installs it for npm scripts: run "npm test".`,
  );
  process.exit(1);
}

const suites = {
  unit: ['src/**/*.test.ts', 'test/*.test.ts'],
  integration: ['test/integration/**/*.test.ts', 'test/physical/**/*.test.ts'],
  e2e: ['test/e2e/**/*.test.ts'],
  faults: ['test/faults/**/*.test.ts'],
};
const wanted = process.argv.slice(2);
const patterns = wanted.length === 0 ? Object.values(suites).flat() : wanted.flatMap((name) => suites[name] ?? [name]);
const files = patterns.flatMap((pattern) => globSync(pattern)).sort();
if (files.length === 0) {
  console.error(`no tests match ${wanted.join(' ')}`);
  process.exit(1);
}

const { startEmbeddedPostgres } = await import('../src/pg/embedded.ts');
const dataDir = mkdtempSync(join(tmpdir(), 'atoll-test-'));
const postgres = await startEmbeddedPostgres({ dataDir, durable: false, log: () => {} });
const redis = await startRedis();
const child = spawn(process.execPath, ['--test', '--test-concurrency=2', '--test-timeout=300000', ...files], {
  stdio: 'inherit',
  env: {
    ...process.env,
    ATOLL_TEST_DATABASE_URL: postgres.url,
    ...(redis === undefined ? {} : { ATOLL_TEST_REDIS_URL: redis.url }),
  },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
const code = await new Promise((resolve) => child.on('exit', (status) => resolve(status ?? 1)));
await postgres.stop();
redis?.process.kill();
rmSync(dataDir, { recursive: true, force: true });
process.exit(code);

/** A Redis of the run's own where one is installed; without it the tests that need one are skipped, by name. */
async function startRedis() {
  if (process.env.ATOLL_TEST_REDIS_URL !== undefined) return undefined;
  const port = await new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address();
      probe.close(() => resolve(free));
    });
  });
  const flags = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', dataDir];
  const server = spawn('redis-server', flags, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ready = await new Promise((resolve) => {
    server.on('error', () => resolve(false));
    server.on('exit', () => resolve(false));
    server.stdout.on('data', (chunk) => String(chunk).includes('Ready to accept') && resolve(true));
  });
  return ready ? { url: `redis://127.0.0.1:${port}`, process: server } : undefined;
}
