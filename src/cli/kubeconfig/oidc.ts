import { Option } from 'commander';
import type { KubeconfigOptions } from '../../server/kubeconfig.ts';
import { StartError } from '../../server/prepare.ts';

export type OidcChoice = {
  readonly oidcIssuerUrl?: string;
  readonly oidcClientId?: string;
  readonly oidcScope?: readonly string[];
  readonly oidcCaFile?: string;
  readonly deviceCode?: true;
};

/** The settings of a sign-in, the same for `atoll kubeconfig --oidc` and `atoll login`. */
export const oidcFlags: readonly Option[] = [
  new Option('--oidc-issuer-url <URL>', 'OpenID Connect issuer'),
  new Option('--oidc-client-id <ID>', 'client of that issuer; public, as command lines are'),
  new Option('--oidc-scope <SCOPE...>', 'scopes beside openid; may be repeated'),
  new Option('--oidc-ca-file <FILE>', "CA bundle for the issuer's certificate (default: the system's)"),
  new Option('--device-code', 'sign in on another device instead of in a browser here'),
];

/** The exec plugin that gets ID tokens: `atoll login`, or kubelogin with the flags its users know. @throws without issuer and client */
export function execOf(choice: OidcChoice, kubelogin: boolean): NonNullable<KubeconfigOptions['exec']> {
  const { oidcIssuerUrl: issuer, oidcClientId: clientId } = choice;
  if (issuer === undefined || clientId === undefined)
    throw new StartError('--oidc needs --oidc-issuer-url and --oidc-client-id');
  const shared = [`--oidc-issuer-url=${issuer}`, `--oidc-client-id=${clientId}`];
  const scopes = choice.oidcScope ?? [];
  const caFile = choice.oidcCaFile;
  if (kubelogin) {
    const extra = scopes.map((scope) => `--oidc-extra-scope=${scope}`);
    const ca = caFile === undefined ? [] : [`--certificate-authority=${caFile}`];
    const grant = choice.deviceCode === true ? ['--grant-type=device-code'] : [];
    return { command: 'kubectl', args: ['oidc-login', 'get-token', ...shared, ...extra, ...ca, ...grant] };
  }
  const extra = scopes.map((scope) => `--oidc-scope=${scope}`);
  const ca = caFile === undefined ? [] : [`--oidc-ca-file=${caFile}`];
  const grant = choice.deviceCode === true ? ['--device-code'] : [];
  return { command: 'atoll', args: ['login', '--get-token', ...shared, ...extra, ...ca, ...grant] };
}
