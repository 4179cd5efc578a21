import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import {
  certificateServes,
  expiresAfter,
  issueCaCertificate,
  issueCertificate,
  newPrivateKeyPem,
} from './pki/certificates.ts';
import { readOptional, readOrCreate, replaceFile } from './pki/files.ts';

export { formatKubeconfig, type KubeconfigOptions, writeKubeconfig } from './kubeconfig.ts';

/** Keys and certificates of one installation; all PEM. */
export type Pki = {
  readonly caCert: string;
  /** Absent when the CA was given by file without its key. */
  readonly caKey: string | undefined;
  readonly serverCert: string;
  readonly serverKey: string;
  /** Signs ServiceAccount tokens: ECDSA P-256 unless given by file. */
  readonly serviceAccountKey: string;
  readonly adminToken: string;
  /** Client certificate CN=atoll-admin, O=system:masters; undefined without the CA's key. */
  readonly adminCert: string | undefined;
  readonly adminKey: string | undefined;
  /** Authority of nothing but the front proxy: what aggregated API servers believe headers by. */
  readonly frontProxyCaCert: string;
  readonly frontProxyCaKey: string;
  /** Key of the client certificates with which requests are passed on to aggregated API servers. */
  readonly frontProxyKey: string;
};

/**
 * Files that take the place of generated ones. Machines that share one database must share `serviceAccountKeyFile` (or tokens issued by one are refused
 * by the others), the CA pair (or kubeconfigs and kube-root-ca.crt name one CA while the other machine serves another's certificate) and the front proxy's CA
 * pair (or aggregated API servers believe one machine only). The serving
 * certificate, the admin token and the admin certificate may differ from machine to machine.
 */
export type PkiFiles = {
  readonly caCertFile?: string;
  readonly caKeyFile?: string;
  readonly frontProxyCaCertFile?: string;
  readonly frontProxyCaKeyFile?: string;
  readonly serviceAccountKeyFile?: string;
  readonly adminTokenFile?: string;
};

export type PkiOptions = {
  readonly dataDir: string;
  /** Names and addresses clients reach this machine by: listen host, external URL host. */
  readonly hosts: readonly string[];
  readonly files?: PkiFiles;
};

const caDays = 3650;
const leafDays = 365;
/** A leaf with less time left is made anew at start. */
const renewDays = 60;

/** Names under which clients inside physical clusters know an API server, and those of this machine. */
const fixedHosts = [
  'localhost',
  '127.0.0.1',
  '::1',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];

/**
 * Finds or makes everything under `<dataDir>/pki` (directory 0700, files 0600). Safe with any number of processes starting at once. Throws when a
 * file is there but unusable, naming it: replacing a key silently would invalidate what it signed.
 */
export async function ensurePki(options: PkiOptions): Promise<Pki> {
  const directory = join(options.dataDir, 'pki');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const files = options.files ?? {};
  const ca = await ensureCa(directory, files);
  const hosts = servingHosts(options.hosts);
  const frontProxyCa = await ensureFrontProxyCa(directory, files);
  const [serviceAccountKey, adminToken, server, frontProxyKey, admin] = await Promise.all([
    ensureServiceAccountKey(directory, files),
    ensureAdminToken(directory, files),
    ensureLeaf(directory, 'serving', ca, { subject: [['CN', 'atoll']], hosts, use: 'server' }),
    readOrCreate(join(directory, 'front-proxy-client.key'), 0o600, newPrivateKeyPem),
    ca.keyPem === undefined
      ? undefined
      : ensureLeaf(directory, 'admin', ca, {
          subject: [
            ['O', 'system:masters'],
            ['CN', 'atoll-admin'],
          ],
          hosts: [],
          use: 'client',
        }),
  ]);
  return {
    caCert: ca.certPem,
    caKey: ca.keyPem,
    serverCert: server.certPem,
    serverKey: server.keyPem,
    serviceAccountKey,
    adminToken,
    adminCert: admin?.certPem,
    adminKey: admin?.keyPem,
    frontProxyCaCert: frontProxyCa.certPem,
    frontProxyCaKey: frontProxyCa.keyPem,
    frontProxyKey,
  };
}

/** The hosts of a serving certificate: those given, the fixed ones, and for a wildcard address every address of this machine. */
export function servingHosts(hosts: readonly string[]): string[] {
  const names = new Set<string>();
  for (const host of hosts) {
    const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
    if (bare === '') continue;
    if (bare !== '0.0.0.0' && bare !== '::') {
      names.add(bare);
      continue;
    }
    if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(hostname())) names.add(hostname().toLowerCase());
    for (const addresses of Object.values(networkInterfaces()))
      for (const { address, scopeid } of addresses ?? []) if (!scopeid) names.add(address);
  }
  for (const host of fixedHosts) names.add(host);
  return [...names];
}

type Ca = { readonly certPem: string; readonly keyPem: string | undefined };

async function ensureCa(directory: string, files: PkiFiles): Promise<Ca> {
  if (files.caCertFile !== undefined) {
    const certPem = await readFile(files.caCertFile, 'utf8');
    parse(files.caCertFile, 'certificate', () => new X509Certificate(certPem));
    if (files.caKeyFile === undefined) return { certPem, keyPem: undefined };
    const keyPem = await readFile(files.caKeyFile, 'utf8');
    checkPair(files.caCertFile, certPem, files.caKeyFile, keyPem);
    return { certPem, keyPem };
  }
  if (files.caKeyFile !== undefined)
    throw new Error(`a CA key file (${files.caKeyFile}) needs a CA certificate file beside it`);
  return ensureOwnCa(directory, 'ca', 'atoll-ca');
}

/** Certificates are issued for each logical cluster as it is first used: there is no front proxy without the key. */
async function ensureFrontProxyCa(directory: string, files: PkiFiles): Promise<Ca & { readonly keyPem: string }> {
  const { frontProxyCaCertFile: certFile, frontProxyCaKeyFile: keyFile } = files;
  if (certFile === undefined && keyFile === undefined)
    return ensureOwnCa(directory, 'front-proxy-ca', 'atoll-front-proxy-ca');
  if (certFile === undefined || keyFile === undefined)
    throw new Error('--front-proxy-ca-cert-file and --front-proxy-ca-key-file go together');
  const certPem = await readGiven('--front-proxy-ca-cert-file', certFile);
  const keyPem = await readGiven('--front-proxy-ca-key-file', keyFile);
  checkPair(certFile, certPem, keyFile, keyPem);
  return { certPem, keyPem };
}

async function ensureOwnCa(directory: string, file: string, name: string): Promise<Ca & { readonly keyPem: string }> {
  const keyFile = join(directory, `${file}.key`);
  const certFile = join(directory, `${file}.crt`);
  // The key decides: whoever loses the race for it makes a certificate of the winner's key, so every pair of files matches.
  const keyPem = await readOrCreate(keyFile, 0o600, newPrivateKeyPem);
  parse(keyFile, 'private key', () => createPrivateKey(keyPem));
  const makeCertificate = () => issueCaCertificate(keyPem, name, caDays);
  let certPem = await readOrCreate(certFile, 0o600, makeCertificate);
  checkPair(certFile, certPem, keyFile, keyPem);
  if (!expiresAfter(new X509Certificate(certPem), leafDays)) {
    certPem = await makeCertificate();
    await replaceFile(certFile, certPem, 0o600);
  }
  return { certPem, keyPem };
}

type Leaf = {
  readonly subject: readonly (readonly ['CN' | 'O', string])[];
  readonly hosts: readonly string[];
  readonly use: 'server' | 'client';
};

async function ensureLeaf(
  directory: string,
  name: string,
  ca: Ca,
  leaf: Leaf,
): Promise<{ certPem: string; keyPem: string }> {
  const keyFile = join(directory, `${name}.key`);
  const certFile = join(directory, `${name}.crt`);
  const keyPem = await readOrCreate(keyFile, 0o600, newPrivateKeyPem);
  parse(keyFile, 'private key', () => createPrivateKey(keyPem));
  const existing = await readOptional(certFile);
  if (existing !== undefined && certificateServes(existing, keyPem, ca.certPem, leaf.hosts, renewDays))
    return { certPem: existing, keyPem };
  if (ca.keyPem === undefined)
    throw new Error(
      `a ${name} certificate is needed and the key of the given CA is not there: give the CA key file, or the TLS certificate and key files`,
    );
  // Several processes may do so at once: each writes a whole, valid certificate for the same key, the last one stays.
  const certPem = await issueCertificate({ certPem: ca.certPem, keyPem: ca.keyPem }, keyPem, {
    ...leaf,
    days: leafDays,
  });
  await replaceFile(certFile, certPem, 0o600);
  return { certPem, keyPem };
}

async function ensureServiceAccountKey(directory: string, files: PkiFiles): Promise<string> {
  const file = files.serviceAccountKeyFile ?? join(directory, 'service-account.key');
  const pem =
    files.serviceAccountKeyFile === undefined
      ? await readOrCreate(file, 0o600, newPrivateKeyPem)
      : await readGiven('--service-account-key-file', file);
  parse(file, 'private key', () => createPrivateKey(pem));
  return pem;
}

async function ensureAdminToken(directory: string, files: PkiFiles): Promise<string> {
  const file = files.adminTokenFile ?? join(directory, 'admin.token');
  const text =
    files.adminTokenFile === undefined
      ? await readOrCreate(file, 0o600, () => `${randomBytes(32).toString('base64url')}\n`)
      : await readGiven('--admin-token-file', file);
  const token = text.trim();
  if (!/^[\x21-\x7e]{16,4096}$/.test(token))
    throw new Error(`${file} holds no usable token (16 or more printable characters)`);
  return token;
}

async function readGiven(flag: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new Error(`${flag}: ${(cause as Error).message}`, { cause });
  }
}

function checkPair(certFile: string, certPem: string, keyFile: string, keyPem: string): void {
  const certificate = parse(certFile, 'certificate', () => new X509Certificate(certPem));
  const key = parse(keyFile, 'private key', () => createPrivateKey(keyPem));
  if (!certificate.checkPrivateKey(key)) throw new Error(`${certFile} and ${keyFile} do not belong together`);
}

function parse<T>(file: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`${file} holds no usable ${what}`, { cause });
  }
}
