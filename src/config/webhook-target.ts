import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';

/** A kubeconfig of a server to call cannot be used; the message says why, to whoever starts the server. */
export class WebhookTargetError extends Error {
  override readonly name = 'StartError';
}

/** Where a server that is called is, and how to sign in there. */
export type WebhookTarget = {
  readonly url: URL;
  readonly token: string | undefined;
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly servername?: string };
};

/**
 * Reads a kubeconfig file: its current context names the server, as for kube-apiserver's webhooks.
 * @throws WebhookTargetError
 */
export function readWebhookTarget(file: string): WebhookTarget {
  const refuse = (why: string): WebhookTargetError => new WebhookTargetError(`${file}: ${why}`);
  let document: Record<string, unknown>;
  try {
    document = (parse(readFileSync(file, 'utf8')) ?? {}) as Record<string, unknown>;
  } catch (error) {
    throw refuse((error as Error).message.split('\n')[0] ?? '');
  }
  const named = (list: string, name: unknown, part: string): Record<string, unknown> => {
    const entries = Array.isArray(document[list]) ? (document[list] as Record<string, unknown>[]) : [];
    return (entries.find((entry) => entry['name'] === name)?.[part] ?? {}) as Record<string, unknown>;
  };
  const context = named('contexts', document['current-context'], 'context');
  const cluster = named('clusters', context['cluster'], 'cluster');
  const user = named('users', context['user'], 'user');
  const pem = (from: Record<string, unknown>, field: string): string | undefined => {
    const data = from[`${field}-data`];
    if (typeof data === 'string') return Buffer.from(data, 'base64').toString('utf8');
    const path = from[field];
    return typeof path === 'string' ? readFileSync(resolve(dirname(file), path), 'utf8') : undefined;
  };
  const server = typeof cluster['server'] === 'string' ? cluster['server'] : '';
  if (!URL.canParse(server) || new URL(server).protocol !== 'https:')
    throw refuse('the cluster of the current context has no https server');
  if (cluster['insecure-skip-tls-verify'] === true)
    throw refuse('insecure-skip-tls-verify is not supported: name the CA');
  const [ca, cert, key] = [
    pem(cluster, 'certificate-authority'),
    pem(user, 'client-certificate'),
    pem(user, 'client-key'),
  ];
  const servername = cluster['tls-server-name'];
  return {
    url: new URL(server),
    token: typeof user['token'] === 'string' ? user['token'] : undefined,
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(typeof servername === 'string' ? { servername } : {}),
    },
  };
}
