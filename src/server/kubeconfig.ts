import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { stringify } from 'yaml';
import { readOptional, replaceFile } from './pki/files.ts';

export type KubeconfigOptions = {
  readonly file: string;
  /** Base URL, with `/clusters/<name>` when the kubeconfig is for one logical cluster. */
  readonly server: string;
  readonly caCertificatePem: string;
  /** The credential: a bearer token or a client certificate. */
  readonly token?: string;
  readonly clientCert?: { readonly certPem: string; readonly keyPem: string };
  /** A program that gets one (client.authentication.k8s.io/v1). */
  readonly exec?: { readonly command: string; readonly args: readonly string[] };
  readonly contextName: string;
  /** Name of the user entry; default `<contextName>-user`. */
  readonly userName?: string;
  readonly namespace?: string;
};

/** The kubeconfig (v1 Config, YAML) with one cluster, one user and one context, which is the current one. */
export function formatKubeconfig(options: KubeconfigOptions): string {
  const { token, clientCert, contextName, exec } = options;
  const user = options.userName ?? `${contextName}-user`;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: contextName,
        cluster: { server: options.server, 'certificate-authority-data': base64(options.caCertificatePem) },
      },
    ],
    users: [
      {
        name: user,
        user: {
          ...(token === undefined ? {} : { token }),
          ...(clientCert === undefined
            ? {}
            : { 'client-certificate-data': base64(clientCert.certPem), 'client-key-data': base64(clientCert.keyPem) }),
          ...(exec === undefined
            ? {}
            : {
                exec: {
                  apiVersion: 'client.authentication.k8s.io/v1',
                  command: exec.command,
                  args: [...exec.args],
                  interactiveMode: 'IfAvailable',
                  provideClusterInfo: false,
                },
              }),
        },
      },
    ],
    contexts: [
      {
        name: contextName,
        context: {
          cluster: contextName,
          user,
          ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
        },
      },
    ],
    'current-context': contextName,
  });
}

/** Writes the kubeconfig, readable by its owner only; an equal file is left alone. */
export async function writeKubeconfig(options: KubeconfigOptions): Promise<void> {
  const text = formatKubeconfig(options);
  if ((await readOptional(options.file)) === text) return;
  await mkdir(dirname(options.file), { recursive: true });
  await replaceFile(options.file, text, 0o600);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
