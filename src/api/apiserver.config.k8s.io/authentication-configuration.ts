import { ApiError, type FieldError, fieldError, formatFieldErrorBody } from '../../apimachinery/errors.ts';
import { isObject } from '../../apimachinery/json.ts';
import { decodeObject } from '../../apimachinery/schema/decode.ts';
import { parseYaml } from '../../apimachinery/yaml-parse.ts';
import { structSchema, type } from '../own-types.ts';
import { type CompiledJwt, compileJwt } from './compile-jwt.ts';
import type { JwtAuthenticator } from './jwt-authenticator.ts';
import { jwtAuthenticatorSchema } from './jwt-schema.ts';

/** Whom requests without credentials are let in as system:anonymous for; without conditions, for all paths. */
export type AnonymousConfiguration = {
  readonly enabled?: boolean;
  readonly conditions?: readonly { readonly path?: string }[];
};

/** What an AuthenticationConfiguration file says, checked. */
export type AuthenticationConfiguration = {
  readonly jwt: readonly CompiledJwt[];
  readonly anonymous: AnonymousConfiguration | undefined;
};

/** A configuration file cannot be used; the message says why, to whoever starts the server. */
export class AuthenticationConfigurationError extends Error {
  override readonly name = 'StartError';
}

const group = 'apiserver.config.k8s.io';
const versions = ['v1alpha1', 'v1beta1', 'v1'].map((version) => `${group}/${version}`);
export const maxJwtAuthenticators = 64;

const schema = structSchema({
  name: 'AuthenticationConfiguration',
  fields: {
    kind: type.string,
    apiVersion: type.string,
    jwt: type.list(jwtAuthenticatorSchema),
    anonymous: type.struct({
      enabled: type.boolean,
      conditions: type.list(type.struct({ path: type.string })),
    }),
  },
});

type Document = { readonly jwt?: readonly JwtAuthenticator[]; readonly anonymous?: AnonymousConfiguration };

/**
 * Reads a file of kind AuthenticationConfiguration (apiserver.config.k8s.io), YAML or JSON, strictly. `disallowedIssuers`: the server's own.
 * @throws AuthenticationConfigurationError with the texts of kube-apiserver
 */
export function parseAuthenticationConfiguration(
  text: string,
  disallowedIssuers: readonly string[],
): AuthenticationConfiguration {
  const document = read(text);
  const errors: FieldError[] = [];
  const jwt = compileAll(document.jwt ?? [], 'jwt', disallowedIssuers, errors);
  const { anonymous } = document;
  if (anonymous !== undefined && anonymous.enabled !== true && (anonymous.conditions ?? []).length > 0) {
    const why = 'enabled should be set to true when conditions are defined';
    errors.push(fieldError.invalid('anonymous.conditions', anonymous.conditions, why));
  }
  if (errors.length > 0) throw new AuthenticationConfigurationError(fieldErrorsText(errors));
  return { jwt, anonymous };
}

/** Checks and compiles the authenticators of a list; issuers and discovery URLs must not repeat. */
export function compileAll(
  list: readonly JwtAuthenticator[],
  path: string,
  disallowed: readonly string[],
  errors: FieldError[],
): CompiledJwt[] {
  if (list.length > maxJwtAuthenticators) {
    errors.push(fieldError.tooMany(path, list.length, maxJwtAuthenticators));
    return [];
  }
  const seen = { url: new Set<string>(), discoveryURL: new Set<string>() };
  return list.map((each, index) => {
    const at = `${path}[${index}]`;
    const { issuer = {} } = each as Partial<JwtAuthenticator>;
    const compiled = compileJwt({ ...each, issuer }, at, disallowed, errors);
    for (const field of ['url', 'discoveryURL'] as const) {
      const value = issuer[field] ?? '';
      if (field === 'discoveryURL' && value === '') continue;
      if (seen[field].has(value)) errors.push(fieldError.duplicate(`${at}.issuer.${field}`, value));
      seen[field].add(value);
    }
    return compiled;
  });
}

/** All errors in one line, as Go's aggregate prints them. */
export function fieldErrorsText(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${formatFieldErrorBody(error)}`))];
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

function read(text: string): Document {
  if (text === '') throw new AuthenticationConfigurationError('empty config data');
  try {
    const { value, source } = parseYaml(Buffer.from(text));
    if (!isObject(value)) throw new AuthenticationConfigurationError('the document must be a map');
    const { apiVersion, kind } = value;
    if (kind !== 'AuthenticationConfiguration' || !versions.some((each) => each === apiVersion)) {
      const wanted = `apiVersion ${versions.join(', ')}`;
      throw new AuthenticationConfigurationError(`must be of kind AuthenticationConfiguration and of ${wanted}`);
    }
    const { object, unknown } = decodeObject(value, schema, source);
    if (unknown.length > 0) throw new AuthenticationConfigurationError(`strict decoding error: ${unknown.join(', ')}`);
    const { jwt, anonymous } = object as Document;
    return { ...(jwt === undefined ? {} : { jwt }), ...(anonymous === undefined ? {} : { anonymous }) };
  } catch (error) {
    throw error instanceof ApiError ? new AuthenticationConfigurationError(error.message) : error;
  }
}
