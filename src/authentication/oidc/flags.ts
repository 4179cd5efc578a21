import { type CompiledJwt, compileJwt } from '../../api/apiserver.config.k8s.io/compile-jwt.ts';
import { fieldErrorsText } from '../../api/apiserver.config.k8s.io/authentication-configuration.ts';
import type { FieldError } from '../../apimachinery/errors.ts';

/** kube-apiserver's --oidc-* flags of the same names. */
export type OidcFlags = {
  readonly issuerUrl: string;
  readonly clientId: string;
  readonly usernameClaim: string;
  /** '-': none. '': none when the claim is `email`, else `<issuerUrl>#`. */
  readonly usernamePrefix: string;
  readonly groupsClaim?: string;
  readonly groupsPrefix: string;
  /** PEM bundle for the connection to the issuer. */
  readonly ca?: string;
};

/** What the flags mean as an AuthenticationConfiguration. Throws an Error when they are unusable. */
export function jwtFromFlags(flags: OidcFlags): CompiledJwt {
  const { groupsClaim } = flags;
  const errors: FieldError[] = [];
  const compiled = compileJwt(
    {
      issuer: {
        url: flags.issuerUrl,
        audiences: [flags.clientId],
        ...(flags.ca === undefined ? {} : { certificateAuthority: flags.ca }),
      },
      claimMappings: {
        username: { claim: flags.usernameClaim, prefix: usernamePrefix(flags) },
        ...(groupsClaim === undefined ? {} : { groups: { claim: groupsClaim, prefix: flags.groupsPrefix } }),
      },
    },
    'jwt[0]',
    [],
    errors,
  );
  if (errors.length > 0) throw new Error(`the --oidc flags cannot be used: ${fieldErrorsText(errors)}`);
  return compiled;
}

function usernamePrefix({ usernamePrefix: given, usernameClaim, issuerUrl }: OidcFlags): string {
  if (given === '-') return '';
  if (given !== '') return given;
  return usernameClaim === 'email' ? '' : `${issuerUrl}#`;
}
