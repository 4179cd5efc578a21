import {
  CelCompileError,
  BOOL,
  type CelType,
  DYN,
  type Environment,
  kubernetesEnvironment,
  listOf,
  mapOf,
  objectType,
  type Program,
  STRING,
  storedMinor,
} from '../../apimachinery/cel/index.ts';
import { type FieldError, fieldError } from '../../apimachinery/errors.ts';

const userType = objectType('kubernetes.UserInfo', {
  username: STRING,
  uid: STRING,
  groups: listOf(STRING),
  extra: mapOf(STRING, listOf(STRING)),
});

/** What expressions over claims, and over the user that the claims describe, may use. Stock reads both as stored ones. */
const environments = {
  claims: () => kubernetesEnvironment(storedMinor).extend({ variables: { claims: mapOf(STRING, DYN) } }),
  user: () => kubernetesEnvironment(storedMinor).extend({ variables: { user: userType }, types: [userType] }),
} as const;

const made = new Map<string, Environment>();

/** What an expression is for: a mapping may come to anything, a rule must come to a boolean. */
export type ClaimExpressionUse = 'mapping' | 'claimRule' | 'userRule';

const wanted: Readonly<Record<ClaimExpressionUse, CelType | undefined>> = {
  mapping: undefined,
  claimRule: BOOL,
  userRule: BOOL,
};

/** The program of an expression; undefined, and an error in stock's words, when it is none. */
export function compileClaimExpression(
  source: string,
  use: ClaimExpressionUse,
  path: string,
  errors: FieldError[],
): Program | undefined {
  const variable = use === 'userRule' ? 'user' : 'claims';
  let environment = made.get(variable);
  if (environment === undefined) {
    environment = environments[variable]();
    made.set(variable, environment);
  }
  const type = wanted[use];
  const program = environment.compile(source, type === undefined ? {} : { resultTypes: [type] });
  if (!(program instanceof CelCompileError)) return program;
  const prefix = { compile: 'compilation failed: ', result: '', program: 'program instantiation failed: ' };
  errors.push(fieldError.invalid(path, source, `${prefix[program.stage]}${program.message}`));
  return undefined;
}
