/**
 * How tokens of one issuer sign users in: JWTAuthenticator of apiserver.config.k8s.io, which WorkspaceAuthenticationConfigurations of kcp hold in the same
 * form.
 */
export type JwtAuthenticator = {
  readonly issuer: JwtIssuer;
  readonly claimValidationRules?: readonly ClaimValidationRule[];
  readonly claimMappings?: ClaimMappings;
  readonly userValidationRules?: readonly UserValidationRule[];
};

export type JwtIssuer = {
  readonly url?: string;
  /** Where the discovery document is, if not under `url`. */
  readonly discoveryURL?: string;
  /** PEM bundle to trust instead of the system's. */
  readonly certificateAuthority?: string;
  readonly audiences?: readonly string[];
  readonly audienceMatchPolicy?: string;
};

export type ClaimValidationRule = {
  readonly claim?: string;
  readonly requiredValue?: string;
  readonly expression?: string;
  readonly message?: string;
};

export type ClaimMapping = { readonly claim?: string; readonly prefix?: string | null; readonly expression?: string };

export type ExtraMapping = { readonly key?: string; readonly valueExpression?: string };

export type ClaimMappings = {
  readonly username?: ClaimMapping;
  readonly groups?: ClaimMapping;
  readonly uid?: { readonly claim?: string; readonly expression?: string };
  readonly extra?: readonly ExtraMapping[];
};

export type UserValidationRule = { readonly expression?: string; readonly message?: string };
