import { type CelType, DYN, type ObjectType } from '../../../apimachinery/cel/index.ts';
import type { GroupVersionKind } from '../../../apimachinery/object.ts';
import { compileFor, type Variable } from './compile.ts';
import { admissionEnvironment, withVariables } from './environment.ts';

/** What the expressions of a policy are checked against. */
export type CheckedTypes = {
  /** The kinds that the policy may be about, in order. */
  readonly kinds: readonly { readonly gvk: GroupVersionKind; readonly type: ObjectType }[];
  /** Undefined: it has no parameters, or theirs is not known. */
  readonly params: ObjectType | undefined;
};

export type CheckedPolicy = {
  readonly validations?: readonly { readonly expression?: string; readonly messageExpression?: string }[];
  readonly variables?: readonly Variable[];
};

export type ExpressionWarning = { readonly fieldRef: string; readonly warning: string };

/** What is wrong with validations when the types of what they are about are known, as the status of a policy says it. */
export function typeWarnings(policy: CheckedPolicy, types: CheckedTypes): ExpressionWarning[] {
  const warnings: ExpressionWarning[] = [];
  const check = (expression: string, fieldRef: string): void => {
    const warning = types.kinds.flatMap((kind) => problemOf(expression, policy, kind, types.params)).join('\n');
    if (warning !== '') warnings.push({ fieldRef, warning });
  };
  policy.validations?.forEach(({ expression = '', messageExpression = '' }, index) => {
    const at = `spec.validations[${index}]`;
    check(expression, `${at}.expression`);
    if (messageExpression !== '') check(messageExpression, `${at}.messageExpression`);
  });
  return warnings;
}

function problemOf(
  expression: string,
  { variables = [] }: CheckedPolicy,
  { gvk, type }: CheckedTypes['kinds'][number],
  params: ObjectType | undefined,
): string[] {
  const typed = { object: type, oldObject: type, ...(params === undefined ? {} : { params }) };
  const plain = admissionEnvironment({ params: false, authorizer: true, stored: true }).extend({
    variables: typed,
    types: [type, ...(params === undefined ? [] : [params])],
  });
  const known: Record<string, CelType> = {};
  for (const { name = '', expression: text = '' } of variables)
    known[name] = compileFor(withVariables(plain, { ...known }), text, []).program?.outputType ?? DYN;
  const { program, error } = compileFor(withVariables(plain, known), expression, []);
  if (program !== undefined) return [];
  const where = `${gvk.group}/${gvk.version}, Kind=${gvk.kind}`;
  return [`${where}: ${error.replace(/^compilation failed: /, '')}\n`];
}
