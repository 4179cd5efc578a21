import { readFileSync } from 'node:fs';
import {
  type AnonymousConfiguration,
  type AuthenticationConfiguration,
  AuthenticationConfigurationError,
  parseAuthenticationConfiguration,
} from '../api/apiserver.config.k8s.io/authentication-configuration.ts';
import type { CompiledJwt } from '../api/apiserver.config.k8s.io/compile-jwt.ts';
import { deepEqual, type Json } from '../apimachinery/json.ts';
import type { AuthenticationConfig, Config } from '../config/config.ts';
import type { AuthenticationOptions } from '../authentication/union.ts';
import { parseTokenFile } from '../authentication/token-file.ts';
import { readWebhookTarget } from '../config/webhook-target.ts';
import { followFiles } from './follow-files.ts';

export type AuthenticationFilesOptions = {
  readonly config: Pick<AuthenticationConfig, 'configFile' | 'anonymous'>;
  /** Issuers of the server's own tokens: no others may come under their names. */
  readonly ownIssuers: readonly string[];
  readonly log: { info(text: string): void; warn(fields: object, text: string): void };
  readonly everyMs?: number;
};

/** What the AuthenticationConfiguration file says, as it is now. */
export type AuthenticationFiles = {
  /** Undefined without a file. */
  readonly jwt: (() => readonly CompiledJwt[]) | undefined;
  /** Whether requests without credentials are let in, at a path. */
  readonly anonymous: (path: string) => boolean;
  /** Reads the file again when it changes; gives the function that stops that. */
  follow(): () => void;
};

/** @throws AuthenticationConfigurationError, or the system's error for a file that cannot be read */
export function openAuthenticationFiles(options: AuthenticationFilesOptions): AuthenticationFiles {
  const { config, ownIssuers, log, everyMs } = options;
  const path = config.configFile;
  if (path === undefined)
    return { jwt: undefined, anonymous: () => config.anonymous ?? true, follow: () => () => undefined };
  const read = (text: string): AuthenticationConfiguration => {
    try {
      return parseAuthenticationConfiguration(text, ownIssuers);
    } catch (error) {
      if (!(error instanceof AuthenticationConfigurationError)) throw error;
      throw new AuthenticationConfigurationError(`--authentication-config: ${path}: ${error.message}`);
    }
  };
  let current = read(readFileSync(path, 'utf8'));
  const { anonymous } = current;
  if (anonymous !== undefined && config.anonymous !== undefined) {
    const why =
      '--anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file';
    throw new AuthenticationConfigurationError(`anonymous: Forbidden: ${why}`);
  }
  return {
    jwt: () => current.jwt,
    anonymous: anonymous === undefined ? () => config.anonymous ?? true : letsIn(anonymous),
    follow: () =>
      followFiles({
        paths: [path],
        ...(everyMs === undefined ? {} : { everyMs }),
        apply: ([text = '']) => {
          const next = read(text);
          if (!deepEqual((next.anonymous ?? null) as Json, (anonymous ?? null) as Json))
            throw new AuthenticationConfigurationError('anonymous: Forbidden: changed from initial configuration file');
          current = next;
          log.info('reloaded authentication config');
        },
        onFailure: (error) =>
          log.warn({ err: error }, 'the new authentication config cannot be used, the one before is kept'),
      }),
  };
}

function letsIn({ enabled = false, conditions = [] }: AnonymousConfiguration): (path: string) => boolean {
  if (!enabled || conditions.length === 0) return () => enabled;
  const paths = new Set(conditions.map(({ path = '' }) => path));
  return (path) => paths.has(path);
}

/** What the configuration says of ways to sign in, as authenticators need it. @throws TokenFileError, WebhookTargetError, or the system's error for a file that cannot be read */
export function authenticationOptions({
  config: { authentication },
  files,
  proxyCa,
  log,
}: {
  readonly config: Pick<Config, 'authentication'>;
  readonly files: AuthenticationFiles;
  readonly proxyCa: (() => string) | undefined;
  readonly log: { warn(fields: object, text: string): void };
}): Pick<
  AuthenticationOptions,
  'jwt' | 'anonymous' | 'staticTokens' | 'bootstrapTokens' | 'requestHeader' | 'tokenWebhook'
> {
  const { tokenFile, bootstrapTokens, requestHeader, tokenWebhook } = authentication;
  return {
    anonymous: files.anonymous,
    bootstrapTokens,
    ...(files.jwt === undefined ? {} : { jwt: files.jwt }),
    ...(requestHeader === undefined || proxyCa === undefined
      ? {}
      : { requestHeader: { ...requestHeader, clientCa: proxyCa } }),
    ...(tokenWebhook === undefined
      ? {}
      : {
          tokenWebhook: {
            target: readWebhookTarget(tokenWebhook.configFile),
            version: tokenWebhook.version,
            cacheMs: tokenWebhook.cacheMs,
          },
        }),
    ...(tokenFile === undefined
      ? {}
      : {
          staticTokens: parseTokenFile(readFileSync(tokenFile, 'utf8'), tokenFile, (what) =>
            log.warn({ file: tokenFile }, what),
          ),
        }),
  };
}

/** The further keys whose ServiceAccount tokens are taken. @throws the system's error for a file that cannot be read */
export function readKeyFiles({ serviceAccountVerificationFiles = [] }: Config['pki']): string[] {
  return serviceAccountVerificationFiles.map((path) => readFileSync(path, 'utf8'));
}
