/** Writes schema.sql anew: `node migrations/dump.ts`. A test holds that file equal to what the migrations make. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../src/pg/embedded.ts';
import { migrate } from '../src/storage/postgres/migrate.ts';
import { dumpSchema } from '../src/storage/postgres/schema-dump.ts';

const dataDir = await mkdtemp(join(tmpdir(), 'atoll-schema-'));
const postgres = await startEmbeddedPostgres({ dataDir, durable: false, log: () => {} });
await migrate(postgres.url);
await writeFile(new URL('schema.sql', import.meta.url), await dumpSchema(postgres.url));
await postgres.stop();
await rm(dataDir, { recursive: true, force: true });
