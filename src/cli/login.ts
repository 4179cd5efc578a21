import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { StartError } from '../server/prepare.ts';
import { type OidcChoice, oidcFlags } from './kubeconfig/oidc.ts';
import { authorizationCode, deviceCode, type Flow, refresh } from './login/flows.ts';
import { discoverIssuer, LoginError } from './login/issuer.ts';
import { cacheFile, isFresh, readTokens, type Tokens, writeTokens } from './login/tokens.ts';

type Options = OidcChoice & {
  readonly getToken?: true;
  readonly listenPort: string;
  readonly tokenCacheDir?: string;
};

/** `atoll login`: signs in with OpenID Connect and keeps the tokens; with --get-token it is the exec plugin that kubectl calls. */
export function define(command: Command): void {
  for (const flag of oidcFlags) command.addOption(flag);
  command
    .option('--get-token', 'print the token for kubectl (client.authentication.k8s.io/v1)')
    .option('--listen-port <PORT>', 'port on 127.0.0.1 that the browser comes back to (default: any)', '0')
    .option('--token-cache-dir <DIR>', 'where tokens are kept (default: ~/.kube/cache/atoll-login)');
  command.action(async (options: Options) => {
    const { idToken, expires } = await signIn(options);
    if (options.getToken !== true) {
      console.log(`signed in until ${expires.toISOString()}`);
      return;
    }
    const status = { token: idToken, expirationTimestamp: expires.toISOString() };
    console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status }));
  });
}

/** Tokens that are good now: kept ones, else renewed ones, else those of a new sign-in. @throws LoginError, StartError */
async function signIn(options: Options): Promise<Tokens> {
  const { oidcIssuerUrl: url, oidcClientId: clientId, oidcScope: scopes = [], oidcCaFile: caFile } = options;
  if (url === undefined || clientId === undefined) throw new StartError('give --oidc-issuer-url and --oidc-client-id');
  const port = Number(options.listenPort);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new StartError('--listen-port is not a port');
  const file = cacheFile([url, clientId, ...scopes], options.tokenCacheDir);
  const kept = await readTokens(file);
  if (kept !== undefined && isFresh(kept)) return kept;
  const issuer = await discoverIssuer(url, caFile === undefined ? undefined : readFileSync(caFile, 'utf8'));
  const flow: Flow = { issuer, clientId, scopes, show };
  const tokens =
    (await renewed(flow, kept?.refreshToken)) ??
    (await (options.deviceCode === true ? deviceCode(flow) : authorizationCode(flow, port)));
  await writeTokens(file, tokens);
  return tokens;
}

async function renewed(flow: Flow, token: string | undefined): Promise<Tokens | undefined> {
  if (token === undefined) return undefined;
  try {
    return await refresh(flow, token);
  } catch (error) {
    if (error instanceof LoginError) return undefined;
    throw error;
  }
}

/** To people, on standard error: standard output is kubectl's. */
function show(url: string, code?: string): void {
  console.error(code === undefined ? `Sign in at:\n  ${url}` : `Sign in at ${url} with the code ${code}`);
}
