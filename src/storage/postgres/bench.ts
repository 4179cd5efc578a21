import pg from 'pg';
import { plainArray, textArray } from '../../pg/arrays.ts';
import { Connection } from '../../pg/connection.ts';
import { migrate } from './migrate.ts';
import { commitBatch, makeResource } from './statements.ts';

/** One line of a benchmark's table. */
export type Measurement = {
  readonly name: string;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
  readonly note?: string;
};

type Case = { readonly batch: number; readonly underWay: number; readonly update: boolean };

/** As the store does it: at most two batches on the way, on one connection. */
const cases: readonly Case[] = [
  { batch: 64, underWay: 2, update: false },
  { batch: 64, underWay: 2, update: true },
  { batch: 16, underWay: 1, update: false },
  { batch: 1, underWay: 1, update: false },
];
const updatedKeys = 4096;
const rootClusterId = 1;

/**
 * Measures commit_batch alone: what the database gives when nothing else stands in the way. Writes 1 KB objects into a database of its own on the same
 * server, durably if the server is; removes it afterwards.
 */
export async function measureBareCommit(databaseUrl: string, milliseconds: number): Promise<Measurement[]> {
  const url = new URL(databaseUrl);
  url.pathname = `/atoll_bench_${process.pid}`;
  const name = url.pathname.slice(1);
  const admin = new pg.Client({ connectionString: databaseUrl });
  await admin.connect();
  try {
    await admin.query(`create database ${name}`);
    await migrate(url.toString());
    const measured: Measurement[] = [];
    for (const one of cases) measured.push(await measure(url.toString(), one, milliseconds));
    return measured;
  } finally {
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.end();
  }
}

async function measure(url: string, one: Case, milliseconds: number): Promise<Measurement> {
  const connection = new Connection({ url, name: 'atoll bench', pipeline: true });
  try {
    await connection.query(makeResource, ['configmaps']);
    const state: State = { text: sampleText(), revisions: new Map(), latencies: [], written: 0, end: 0 };
    if (one.update) await fill(connection, state);
    const began = performance.now();
    state.end = began + milliseconds;
    await Promise.all(Array.from({ length: one.underWay }, (_, writer) => write(connection, writer, one, state)));
    const seconds = (performance.now() - began) / 1000;
    const sorted = state.latencies.toSorted((a, b) => a - b);
    const what = one.update ? 'updates' : 'creates';
    return {
      name: `bare SQL function, ${what} in batches of ${one.batch}`,
      perSecond: state.written / seconds,
      p50: sorted[Math.floor(sorted.length * 0.5)] ?? 0,
      p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
      count: state.written,
      note: `${Buffer.byteLength(state.text)}-byte objects; times are per batch`,
    };
  } finally {
    await connection.close();
  }
}

type State = {
  readonly text: string;
  readonly revisions: Map<string, number>;
  readonly latencies: number[];
  written: number;
  end: number;
};

async function fill(connection: Connection, state: State): Promise<void> {
  const names = Array.from({ length: updatedKeys }, (_, i) => `updated-${i}`);
  for (let i = 0; i < names.length; i += 128) await commit(connection, names.slice(i, i + 128), state);
}

async function write(
  connection: Connection,
  writer: number,
  { batch, underWay, update }: Case,
  state: State,
): Promise<void> {
  const run = `${process.pid}-${Date.now().toString(36)}-${writer}`;
  // Each writer updates keys of its own, or the check of one would meet the write of another.
  const own = Math.floor(updatedKeys / underWay);
  for (let next = 0; performance.now() < state.end; next += batch) {
    const names = Array.from({ length: batch }, (_, i) =>
      update ? `updated-${writer * own + ((next + i) % own)}` : `created-${run}-${next + i}`,
    );
    const began = performance.now();
    await commit(connection, names, state);
    state.latencies.push(performance.now() - began);
    state.written += batch;
  }
}

async function commit(connection: Connection, names: readonly string[], state: State): Promise<void> {
  const expected = names.map((name) => state.revisions.get(name) ?? 0);
  const rows = await connection.query(commitBatch, [
    0,
    false,
    plainArray(names.map((_, i) => i)),
    plainArray(expected.map((revision) => (revision === 0 ? 'c' : 'u'))),
    plainArray(names.map(() => rootClusterId)),
    plainArray(names.map(() => 1)),
    textArray(names.map(() => 'default')),
    textArray(names),
    plainArray(expected),
    textArray(names.map(() => state.text)),
    // Owners, default content, former bodies, clusters, guards.
    ...Array.from({ length: 6 }, () => null),
  ]);
  if (rows.length !== 1) throw new Error(`${rows.length - 1} writes of a batch failed`);
  const base = Number(rows[0]?.[2]);
  names.forEach((name, i) => state.revisions.set(name, base + i + 1));
}

/** A ConfigMap of about 1 KB as kubectl would make it. */
function sampleText(): string {
  const time = '2026-01-01T00:00:00Z';
  return JSON.stringify({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: {
      name: 'sample',
      namespace: 'default',
      uid: '6b1f0c9e-1f5c-4a55-9f3e-2f6d6b9a7d10',
      creationTimestamp: time,
      labels: { app: 'sample', tier: 'bench' },
      managedFields: [
        {
          manager: 'bench',
          operation: 'Update',
          apiVersion: 'v1',
          time,
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': { '.': {}, 'f:one': {}, 'f:two': {} } },
        },
      ],
    },
    data: { one: 'x'.repeat(300), two: 'y'.repeat(300) },
  });
}
