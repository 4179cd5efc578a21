import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { createWorkspace } from '../support/workspace.ts';

export type ServerUnderTest = {
  readonly server: ServerProcess;
  /** Data, logs and kubeconfigs of this run. */
  readonly directory: string;
  /** Makes a workspace below root and gives the path of a kubeconfig for its logical cluster. */
  workspace(name: string): Promise<string>;
  stop(): Promise<void>;
};

/** A fresh server of its own on loopback with everything in a temporary directory. */
export async function startServerUnderTest(options: {
  keep: boolean;
  flags?: readonly string[];
}): Promise<ServerUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'atoll-conformance-'));
  const server = await startServerProcess({
    dataDir: join(directory, 'data'),
    ...(options.flags === undefined ? {} : { flags: options.flags }),
  });
  return {
    server,
    directory,
    async workspace(name) {
      const file = join(directory, `${name}.kubeconfig`);
      writeFileSync(file, await createWorkspace(server, name), { mode: 0o600 });
      return file;
    },
    async stop() {
      await server.stop();
      if (options.keep) console.log(`logs and data are in ${directory}`);
      else rmSync(directory, { recursive: true, force: true });
    },
  };
}
