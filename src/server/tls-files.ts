import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Config } from '../config/config.ts';
import { followFiles } from './follow-files.ts';
import type { TlsMaterial } from './listen.ts';
import type { Pki } from './pki.ts';

export type TlsFilesOptions = {
  readonly config: Pick<Config, 'tls'> & {
    readonly authentication?: { readonly requestHeader?: { readonly clientCaFile: string } };
  };
  /** Serves where the configuration names no files. */
  readonly pki: Pick<Pki, 'serverKey' | 'serverCert' | 'caCert'>;
  /** @throws when a bundle of client CAs is unusable. */
  readonly checkClientCa: (pem: string) => unknown;
  readonly log: { info(text: string): void; warn(fields: object, text: string): void };
  readonly everyMs?: number;
};

/** The certificates in use. They are read again when their files change: a certificate is renewed, or a CA added, without a restart. */
export type TlsFiles = {
  readonly clientCa: () => string;
  /** The CAs of front proxies; undefined: none is believed. */
  readonly proxyCa: (() => string) | undefined;
  serving(): TlsMaterial;
  /** Calls `reload` with new keys and certificates for serving; gives the function that stops following the files. */
  follow(reload: (material: TlsMaterial) => void): () => void;
};

/** @throws when a file cannot be read. */
export function openTlsFiles({ config, pki, checkClientCa, log, everyMs }: TlsFilesOptions): TlsFiles {
  const { certFile, keyFile, clientCaFile } = config.tls;
  const proxyCaFile = config.authentication?.requestHeader?.clientCaFile;
  const pair = certFile === undefined || keyFile === undefined ? undefined : [certFile, keyFile];
  let clientCa = clientCaFile === undefined ? pki.caCert : readFileSync(clientCaFile, 'utf8');
  let proxyCa = proxyCaFile === undefined ? '' : readFileSync(proxyCaFile, 'utf8');
  const [ownCert, ownKey] = pair?.map((path) => readFileSync(path, 'utf8')) ?? [pki.serverCert, pki.serverKey];
  // Clients are told which authorities their certificates may come from.
  let serving: TlsMaterial = { key: ownKey ?? '', cert: ownCert ?? '', ca: `${clientCa}\n${proxyCa}` };
  const every = everyMs === undefined ? {} : { everyMs };
  const kept = (what: string) => (error: Error) =>
    log.warn({ err: error }, `${what} cannot be used, the one before is kept`);
  return {
    clientCa: () => clientCa,
    proxyCa: proxyCaFile === undefined ? undefined : () => proxyCa,
    serving: () => serving,
    follow(reload) {
      const use = (next: TlsMaterial): void => {
        createSecureContext({ key: next.key, cert: next.cert });
        reload(next);
        serving = next;
      };
      const stops: (() => void)[] = [];
      if (pair !== undefined)
        stops.push(
          followFiles({
            ...every,
            paths: pair,
            apply: ([cert = '', key = '']) => {
              checkPair(cert, key);
              use({ ...serving, cert, key });
              log.info('the serving certificate was replaced');
            },
            onFailure: kept('the new serving certificate'),
          }),
        );
      if (clientCaFile !== undefined)
        stops.push(
          followFiles({
            ...every,
            paths: [clientCaFile],
            apply: ([next = '']) => {
              checkClientCa(next);
              use({ ...serving, ca: `${next}\n${proxyCa}` });
              clientCa = next;
              log.info('the bundle of client CAs was replaced');
            },
            onFailure: kept('the new bundle of client CAs'),
          }),
        );
      if (proxyCaFile !== undefined)
        stops.push(
          followFiles({
            ...every,
            paths: [proxyCaFile],
            apply: ([next = '']) => {
              checkClientCa(next);
              use({ ...serving, ca: `${clientCa}\n${next}` });
              proxyCa = next;
              log.info('the bundle of CAs of front proxies was replaced');
            },
            onFailure: kept('the new bundle of CAs of front proxies'),
          }),
        );
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}

/** Certificate and key are two files: between the writes of one and the other they do not belong together. */
function checkPair(cert: string, key: string): void {
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new Error('certificate and private key do not belong together');
}
