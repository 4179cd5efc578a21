import type { Program } from '../../apimachinery/cel/index.ts';
import { type FieldError, fieldError } from '../../apimachinery/errors.ts';
import { validateDomainPath } from '../field-path.ts';
import { compileClaimExpression } from './claim-expressions.ts';
import type {
  ClaimMapping,
  ClaimMappings,
  ClaimValidationRule,
  ExtraMapping,
  JwtAuthenticator,
  UserValidationRule,
} from './jwt-authenticator.ts';
import { validateIssuer } from './validate-issuer.ts';

/** A rule that must be true. */
export type Rule = { readonly program: Program; readonly message: string };

/** A JwtAuthenticator whose expressions are programs. */
export type CompiledJwt = {
  readonly source: JwtAuthenticator;
  readonly username: Program | undefined;
  readonly groups: Program | undefined;
  readonly uid: Program | undefined;
  readonly extra: readonly { readonly key: string; readonly program: Program }[];
  readonly claimRules: readonly Rule[];
  readonly userRules: readonly Rule[];
};

const emailRule =
  'claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression';

/**
 * Checks and compiles a JwtAuthenticator; what is wrong is added to `errors`, with stock's texts, at `path`. Whoever finds errors must not use the result.
 * `disallowed`: issuers of tokens of other kinds, above all
 * the server's own; one that ends with a slash stands for all under it.
 */
export function compileJwt(
  source: JwtAuthenticator,
  path: string,
  disallowed: readonly string[],
  errors: FieldError[],
): CompiledJwt {
  errors.push(...validateIssuer(source.issuer, disallowed, `${path}.issuer`));
  const claimRules = compileClaimRules(source.claimValidationRules ?? [], `${path}.claimValidationRules`, errors);
  const mappings = source.claimMappings ?? {};
  const at = `${path}.claimMappings`;
  const username = compileMapping(mappings.username ?? {}, `${at}.username`, true, errors);
  const groups = compileMapping(mappings.groups ?? {}, `${at}.groups`, false, errors);
  const uid = compileUid(mappings.uid, `${at}.uid`, errors);
  const extra = compileExtra(mappings.extra ?? [], `${at}.extra`, errors);
  if (username?.selects('claims', 'email') === true) {
    const all = [username, ...claimRules.map(({ program }) => program), ...extra.map(({ program }) => program)];
    if (!all.some((program) => program.selects('claims', 'email_verified')))
      errors.push(fieldError.invalid(`${at}.username.expression`, mappings.username?.expression ?? '', emailRule));
  }
  const userRules = compileUserRules(source.userValidationRules ?? [], `${path}.userValidationRules`, errors);
  return { source, username, groups, uid, extra, claimRules, userRules };
}

function compileClaimRules(rules: readonly ClaimValidationRule[], path: string, errors: FieldError[]): Rule[] {
  const compiled: Rule[] = [];
  const claims = new Set<string>();
  const expressions = new Set<string>();
  for (const [index, rule] of rules.entries()) {
    const { claim = '', requiredValue = '', expression = '', message = '' } = rule;
    const at = `${path}[${index}]`;
    if (claim !== '' && expression !== '')
      errors.push(fieldError.invalid(at, claim, "claim and expression can't both be set"));
    else if (claim !== '') {
      if (message !== '')
        errors.push(fieldError.invalid(`${at}.message`, message, "message can't be set when claim is set"));
      if (claims.has(claim)) errors.push(fieldError.duplicate(`${at}.claim`, claim));
      claims.add(claim);
    } else if (expression === '') errors.push(fieldError.required(at, 'claim or expression is required'));
    else {
      if (requiredValue !== '') {
        const why = "requiredValue can't be set when expression is set";
        errors.push(fieldError.invalid(`${at}.requiredValue`, requiredValue, why));
      }
      if (expressions.has(expression)) {
        errors.push(fieldError.duplicate(`${at}.expression`, expression));
        continue;
      }
      expressions.add(expression);
      const program = compileClaimExpression(expression, 'claimRule', `${at}.expression`, errors);
      if (program !== undefined) compiled.push({ program, message });
    }
  }
  return compiled;
}

function compileMapping(
  { claim = '', prefix, expression = '' }: ClaimMapping,
  path: string,
  required: boolean,
  errors: FieldError[],
): Program | undefined {
  const hasPrefix = prefix !== undefined && prefix !== null;
  if (expression !== '' && claim !== '')
    errors.push(fieldError.invalid(path, '', "claim and expression can't both be set"));
  else if (expression !== '') {
    if (hasPrefix)
      errors.push(fieldError.invalid(`${path}.prefix`, prefix, "prefix can't be set when expression is set"));
    return compileClaimExpression(expression, 'mapping', `${path}.expression`, errors);
  } else if (claim === '') {
    if (required) errors.push(fieldError.required(path, 'claim or expression is required'));
  } else if (!hasPrefix) {
    const why = 'prefix is required when claim is set. It can be set to an empty string to disable prefixing';
    errors.push(fieldError.required(`${path}.prefix`, why));
  }
  return undefined;
}

function compileUid(
  { claim = '', expression = '' }: NonNullable<ClaimMappings['uid']> = {},
  path: string,
  errors: FieldError[],
): Program | undefined {
  if (expression === '') return undefined;
  if (claim === '') return compileClaimExpression(expression, 'mapping', `${path}.expression`, errors);
  errors.push(fieldError.invalid(path, '', "claim and expression can't both be set"));
  return undefined;
}

function compileExtra(mappings: readonly ExtraMapping[], path: string, errors: FieldError[]): CompiledJwt['extra'] {
  const compiled: { key: string; program: Program }[] = [];
  const seen = new Set<string>();
  for (const [index, { key = '', valueExpression = '' }] of mappings.entries()) {
    const at = `${path}[${index}]`;
    validateDomainPath(key, `${at}.key`, errors);
    if (key !== key.toLowerCase()) errors.push(fieldError.invalid(`${at}.key`, key, 'key must be lowercase'));
    if (isReservedKey(key)) {
      const why = 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use';
      errors.push(fieldError.invalid(`${at}.key`, key, why));
    }
    if (seen.has(key)) {
      errors.push(fieldError.duplicate(`${at}.key`, key));
      continue;
    }
    seen.add(key);
    if (valueExpression === '') {
      errors.push(fieldError.required(`${at}.valueExpression`, 'valueExpression is required'));
      continue;
    }
    const program = compileClaimExpression(valueExpression, 'mapping', `${at}.valueExpression`, errors);
    if (program !== undefined) compiled.push({ key, program });
  }
  return compiled;
}

function isReservedKey(key: string): boolean {
  const slash = key.indexOf('/');
  if (slash < 0) return false;
  const domain = `.${key.slice(0, slash)}`;
  return domain.endsWith('.kubernetes.io') || domain.endsWith('.k8s.io');
}

function compileUserRules(rules: readonly UserValidationRule[], path: string, errors: FieldError[]): Rule[] {
  const compiled: Rule[] = [];
  const seen = new Set<string>();
  for (const [index, { expression = '', message = '' }] of rules.entries()) {
    const at = `${path}[${index}].expression`;
    if (expression === '') errors.push(fieldError.required(at, 'expression is required'));
    else if (seen.has(expression)) errors.push(fieldError.duplicate(at, expression));
    else {
      seen.add(expression);
      const program = compileClaimExpression(expression, 'userRule', at, errors);
      if (program !== undefined) compiled.push({ program, message });
    }
  }
  return compiled;
}
