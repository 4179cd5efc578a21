import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startEmbeddedPostgres } from '../../src/pg/embedded.ts';
import { migrate } from '../../src/storage/postgres/migrate.ts';
import { type Endpoint, follow, http } from '../support/http.ts';
import { type ServerProcess, freePort, startServerProcess } from '../support/server-process.ts';

/** `ATOLL_FAULT_SECONDS=60 npm test -- faults` runs it as long as the README says. */
const seconds = Number(process.env['ATOLL_FAULT_SECONDS'] ?? 20);
const replicas = 3;
const writers = 12;
const collection = '/api/v1/namespaces/default/configmaps';

type Acknowledged = { readonly name: string; readonly revision: number; readonly value: number };

/** A random stream that a failing run can repeat. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('three API processes on one Postgres, one killed at random again and again', () => {
  const directory = mkdtempSync(join(tmpdir(), 'atoll-faults-'));
  const seed = Number(process.env['ATOLL_FAULT_SEED'] ?? Date.now() % 100_000);
  const random = seeded(seed);
  let postgres: Awaited<ReturnType<typeof startEmbeddedPostgres>>;
  const ports: number[] = [];
  const servers: (ServerProcess | undefined)[] = [];
  const stopping = new AbortController();

  const start = async (index: number): Promise<void> => {
    servers[index] = await startServerProcess({
      dataDir: join(directory, `replica-${index}`),
      port: ports[index] ?? 0,
      flags: ['--processes', '1', '--database-url', postgres.url],
    });
  };
  const anyServer = (): Endpoint | undefined => {
    const alive = servers.filter((server) => server !== undefined);
    return alive[Math.floor(random() * alive.length)];
  };

  before(async () => {
    postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'database'), log: () => {} });
    await migrate(postgres.url);
    for (let index = 0; index < replicas; index++) ports.push(await freePort());
    await Promise.all(ports.map((_, index) => start(index)));
  });
  after(async () => {
    await Promise.all(servers.map(async (server) => server?.stop()));
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it(`keeps every acknowledged write, and every watch is ordered, unique and gapless (seed ${seed})`, async () => {
    const acknowledged: Acknowledged[] = [];
    const deadline = Date.now() + seconds * 1000;

    const write = async (writer: number): Promise<void> => {
      for (let value = 0; Date.now() < deadline; value++) {
        const server = anyServer();
        if (server === undefined) continue;
        const name = `writer-${writer}-${value % 20}`;
        const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value: String(value) } };
        try {
          const created = value < 20 ? await http(server, 'POST', collection, body) : undefined;
          const answer =
            created === undefined || created.status === 409
              ? await http(server, 'PUT', `${collection}/${name}`, body)
              : created;
          if (answer.status === 200 || answer.status === 201) {
            acknowledged.push({
              name,
              revision: Number(answer.json<{ metadata: { resourceVersion: string } }>().metadata.resourceVersion),
              value,
            });
          } else
            assert.ok(
              [404, 503, 504, 429].includes(answer.status),
              `a write was refused: ${answer.status} ${answer.text}`,
            );
        } catch (error) {
          // A killed process leaves the outcome unknown: nothing was acknowledged.
          if (error instanceof assert.AssertionError) throw error;
        }
      }
    };

    const list = await http(servers[0]!, 'GET', collection);
    const from = Number(list.json<{ metadata: { resourceVersion: string } }>().metadata.resourceVersion);
    const seen: number[][] = [];
    let target = Number.POSITIVE_INFINITY;
    const watch = async (index: number): Promise<void> => {
      const revisions: number[] = [];
      seen[index] = revisions;
      let last = from;
      const done = new AbortController();
      while (last < target && !stopping.signal.aborted) {
        const server = servers[index] ?? anyServer();
        if (server === undefined) continue;
        const attempt = new AbortController();
        const poll = setInterval(() => last >= target && attempt.abort(), 50);
        await follow(
          server,
          `${collection}?watch=true&resourceVersion=${last}`,
          (event) => {
            assert.notEqual(event.type, 'ERROR', JSON.stringify(event));
            if (event.type === 'BOOKMARK') return;
            last = Number(event.object.metadata.resourceVersion);
            revisions.push(last);
          },
          AbortSignal.any([attempt.signal, stopping.signal]),
        ).catch(() => {});
        clearInterval(poll);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      done.abort();
    };

    const kill = async (): Promise<number> => {
      let kills = 0;
      while (Date.now() < deadline - 3000) {
        await new Promise((resolve) => setTimeout(resolve, 500 + random() * 2500));
        const victim = Math.floor(random() * replicas);
        const server = servers[victim];
        if (server === undefined) continue;
        servers[victim] = undefined;
        await server.kill();
        kills++;
        await start(victim);
      }
      return kills;
    };

    const watching = Array.from({ length: replicas }, (_, index) => watch(index));
    const [kills] = await Promise.all([kill(), ...Array.from({ length: writers }, (_, writer) => write(writer))]);

    const final = await http(anyServer()!, 'GET', collection);
    const { items, metadata } = final.json<{
      items: { metadata: { name: string; resourceVersion: string }; data: { value: string } }[];
      metadata: { resourceVersion: string };
    }>();
    target = Math.max(...items.map((item) => Number(item.metadata.resourceVersion)));
    assert.ok(Number(metadata.resourceVersion) >= target);
    const timer = setTimeout(() => stopping.abort(), 20_000);
    await Promise.all(watching);
    clearTimeout(timer);

    console.log(
      `    ${acknowledged.length} acknowledged writes, ${kills} kills, ${seen.map((revisions) => revisions.length).join('/')} events on the watches`,
    );
    assert.ok(kills >= 2 && acknowledged.length > 100);
    const stored = new Map(items.map((item) => [item.metadata.name, item]));
    for (const { name, revision, value } of acknowledged) {
      const item = stored.get(name);
      assert.ok(item, `${name} was acknowledged at ${revision} and is gone`);
      assert.ok(Number(item.metadata.resourceVersion) >= revision, `${name} fell back behind revision ${revision}`);
      assert.ok(Number(item.data.value) >= value, `${name} lost the value ${value}`);
    }
    for (const revisions of seen) {
      for (let index = 1; index < revisions.length; index++)
        assert.ok(revisions[index]! > revisions[index - 1]!, 'a watch went back or repeated itself');
      const have = new Set(revisions);
      for (const { revision } of acknowledged) assert.ok(have.has(revision), `a watch missed revision ${revision}`);
      assert.deepEqual(revisions, seen[0], 'two watches saw different histories');
    }
  });
});
