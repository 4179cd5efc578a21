import { X509Certificate } from 'node:crypto';
import { parseDocument } from 'yaml';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';

/** How to reach and convince one API server, everything inline. */
export type Endpoint = {
  readonly host: string;
  readonly port: number;
  /** '' or a path prefix without a trailing slash (`/clusters/root`, `/k8s/clusters/c-1`). */
  readonly basePath: string;
  readonly ca: string | undefined;
  readonly insecureSkipTlsVerify: boolean;
  readonly serverName: string | undefined;
  readonly token: string | undefined;
  readonly clientCertificate: string | undefined;
  readonly clientKey: string | undefined;
};

/** The kubeconfig cannot be used; the message says why and what would do. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
}

const maxLength = 1 << 20;

/**
 * Reads the current context of a kubeconfig. Only what is inline counts: no files, no exec plugins, no proxies, no impersonation, no plain HTTP, because
 * whoever may write the Secret must not be able to run programs or read files on this machine.
 * @throws KubeconfigError
 */
export function parseKubeconfig(text: string): Endpoint {
  if (text.length > maxLength) throw new KubeconfigError('kubeconfig is larger than 1 MiB');
  const root = parseYaml(text);
  if (root === undefined) throw new KubeconfigError('kubeconfig is not a YAML mapping');
  const contextName = string(root['current-context']);
  if (contextName === '') throw new KubeconfigError('kubeconfig has no current-context');
  const context = named(root.contexts, contextName, 'context');
  if (context === undefined) throw new KubeconfigError(`kubeconfig has no context "${contextName}"`);
  const clusterName = string(context.cluster);
  const cluster = named(root.clusters, clusterName, 'cluster');
  if (cluster === undefined) throw new KubeconfigError(`kubeconfig has no cluster "${clusterName}"`);
  const userName = string(context.user);
  const user = userName === '' ? {} : named(root.users, userName, 'user');
  if (user === undefined) throw new KubeconfigError(`kubeconfig has no user "${userName}"`);

  refuse(cluster, 'certificate-authority', 'certificate-authority-data');
  refuse(cluster, 'proxy-url');
  for (const field of ['exec', 'auth-provider', 'as', 'as-groups', 'as-uid', 'as-user-extra', 'username', 'password'])
    refuse(user, field, 'token or client-certificate-data');
  refuse(user, 'tokenFile', 'token');
  refuse(user, 'client-certificate', 'client-certificate-data');
  refuse(user, 'client-key', 'client-key-data');

  const url = serverUrl(string(cluster.server));
  const ca = pem(cluster, 'certificate-authority-data', 'CERTIFICATE');
  const clientCertificate = pem(user, 'client-certificate-data', 'CERTIFICATE');
  const clientKey = pem(user, 'client-key-data', 'PRIVATE KEY');
  if ((clientCertificate === undefined) !== (clientKey === undefined)) {
    throw new KubeconfigError('kubeconfig has only one of client-certificate-data and client-key-data');
  }
  const token = string(user.token);
  if (/[^\x21-\x7e]/.test(token))
    throw new KubeconfigError('kubeconfig: token has characters that no header can carry');
  const insecureSkipTlsVerify = cluster['insecure-skip-tls-verify'] === true;
  if (insecureSkipTlsVerify && ca !== undefined) {
    throw new KubeconfigError('kubeconfig: certificate-authority-data and insecure-skip-tls-verify exclude each other');
  }
  const serverName = string(cluster['tls-server-name']);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 443 : Number(url.port),
    basePath: url.pathname.replace(/\/+$/, ''),
    ca,
    insecureSkipTlsVerify,
    serverName: serverName === '' ? undefined : serverName,
    token: token === '' ? undefined : token,
    clientCertificate,
    clientKey,
  };
}

function parseYaml(text: string): JsonObject | undefined {
  try {
    const document = parseDocument(text, { schema: 'core', uniqueKeys: false, logLevel: 'silent' });
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const value: unknown = document.toJS({ maxAliasCount: 10 });
    return isObject(value) ? value : undefined;
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new KubeconfigError(`kubeconfig is not YAML: ${line}`);
  }
}

/** The `key` member of the entry called `name` in a kubeconfig's list of named things. */
function named(list: Json | undefined, name: string, key: string): JsonObject | undefined {
  if (!Array.isArray(list)) return undefined;
  const entry = list.find((item) => isObject(item) && item.name === name);
  const value = isObject(entry) ? entry[key] : undefined;
  return isObject(value) ? value : undefined;
}

function string(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function refuse(object: JsonObject, field: string, instead?: string): void {
  const value = object[field];
  if (value === undefined || value === null || value === '') return;
  throw new KubeconfigError(
    `kubeconfig: ${field} is not accepted${instead === undefined ? '' : `, put ${instead} into it`}`,
  );
}

function serverUrl(text: string): URL {
  if (!URL.canParse(text))
    throw new KubeconfigError(`kubeconfig: server ${JSON.stringify(text.slice(0, 200))} is no URL`);
  const url = new URL(text);
  if (url.protocol !== 'https:') throw new KubeconfigError('kubeconfig: server must be an https URL');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new KubeconfigError('kubeconfig: server must have neither user, query nor fragment');
  }
  return url;
}

function pem(object: JsonObject, field: string, label: string): string | undefined {
  const encoded = string(object[field]);
  if (encoded === '') return undefined;
  const text = Buffer.from(encoded, 'base64').toString('latin1');
  if (!new RegExp(`-----BEGIN ([A-Z]+ )?${label}-----`).test(text)) {
    throw new KubeconfigError(`kubeconfig: ${field} is not base64 of PEM with a ${label}`);
  }
  if (label === 'CERTIFICATE') {
    try {
      new X509Certificate(text);
    } catch {
      throw new KubeconfigError(`kubeconfig: ${field} is no certificate`);
    }
  }
  return text;
}
