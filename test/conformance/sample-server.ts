import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { issueCaCertificate, issueCertificate, newPrivateKeyPem } from '../../src/server/pki/certificates.ts';
import { freePort } from '../support/server-process.ts';
import { etcd, sampleApiServer } from './build.ts';

/** k8s.io/sample-apiserver with an etcd of its own. */
export type SampleServer = {
  /** An address of this machine that Endpoints may name: loopback they may not. */
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly ca: string;
  stop(): Promise<void>;
};

export const service = { namespace: 'wardle', name: 'api' } as const;

/** Starts both programs. `kubeconfig`: in whose name the server asks Atoll who its clients are and what they may. @throws Error when they cannot be built */
export async function startSampleServer(directory: string, kubeconfig: string): Promise<SampleServer> {
  const [program, database] = [sampleApiServer(), etcd()];
  mkdirSync(directory, { recursive: true });
  const [port, clientPort, peerPort] = [await freePort(), await freePort(), await freePort()];
  const host = ownAddress();
  const files = await servingFiles(directory, host);
  const peer = `http://127.0.0.1:${peerPort}`;
  const client = `http://127.0.0.1:${clientPort}`;
  const children = [
    start(directory, 'etcd', database, {
      '--data-dir': join(directory, 'etcd'),
      '--initial-cluster': `default=${peer}`,
      '--listen-client-urls': client,
      '--advertise-client-urls': client,
      '--listen-peer-urls': peer,
      '--initial-advertise-peer-urls': peer,
    }),
    start(directory, 'sample-apiserver', program, {
      '--etcd-servers': client,
      '--bind-address': host,
      '--secure-port': String(port),
      '--tls-cert-file': files.cert,
      '--tls-private-key-file': files.key,
      '--kubeconfig': kubeconfig,
      '--authentication-kubeconfig': kubeconfig,
      '--authorization-kubeconfig': kubeconfig,
    }),
  ];
  return {
    host,
    port,
    ca: files.ca,
    stop: async () => {
      await Promise.all(children.toReversed().map(end));
    },
  };
}

function start(
  directory: string,
  name: string,
  program: string,
  flags: Readonly<Record<string, string>>,
): ChildProcess {
  const log = openSync(join(directory, `${name}.log`), 'a');
  return spawn(program, Object.entries(flags).flat(), { stdio: ['ignore', log, log] });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

async function servingFiles(directory: string, host: string): Promise<{ ca: string; cert: string; key: string }> {
  const caKey = newPrivateKeyPem();
  const ca = await issueCaCertificate(caKey, 'sample-ca', 1);
  const keyPem = newPrivateKeyPem();
  const certPem = await issueCertificate({ certPem: ca, keyPem: caKey }, keyPem, {
    subject: [['CN', 'sample']],
    hosts: [`${service.name}.${service.namespace}.svc`, host],
    use: 'server',
    days: 1,
  });
  const [cert, key] = [join(directory, 'serving.crt'), join(directory, 'serving.key')];
  writeFileSync(cert, certPem);
  writeFileSync(key, keyPem, { mode: 0o600 });
  return { ca, cert, key };
}

function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const found = all.find(
    ({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'),
  );
  if (found === undefined)
    throw new Error('this machine has no IPv4 address but loopback, which Endpoints may not name');
  return found.address;
}
