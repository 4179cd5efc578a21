import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { http } from '../support/http.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';

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
  const admin = { url: server.url, token: server.token, ca: server.ca };
  return {
    server,
    directory,
    async workspace(name) {
      const answer = await http(admin, 'POST', '/clusters/root/apis/tenancy.kcp.io/v1alpha1/workspaces', {
        apiVersion: 'tenancy.kcp.io/v1alpha1',
        kind: 'Workspace',
        metadata: { name },
      });
      if (answer.status !== 201) throw new Error(`workspace ${name}: ${answer.status} ${answer.text}`);
      const file = join(directory, `${name}.kubeconfig`);
      const config = parse(readFileSync(server.kubeconfig, 'utf8')) as { clusters: { cluster: { server: string } }[] };
      for (const { cluster } of config.clusters) cluster.server = `${server.url}/clusters/root:${name}`;
      writeFileSync(file, stringify(config), { mode: 0o600 });
      return file;
    },
    async stop() {
      await server.stop();
      if (options.keep) console.log(`logs and data are in ${directory}`);
      else rmSync(directory, { recursive: true, force: true });
    },
  };
}
