import { childrenOf, type Expr } from './ast.ts';
import { toDuration, toTimestamp } from './conversions.ts';
import { compilePattern } from './regex.ts';
import { validateFormat } from './validate-format.ts';
import type { Issue } from './source.ts';
import { type CelType, DYN, ERROR, sameType } from './type.ts';
import { CelError, type CelResult, type CelValue } from './values.ts';

const checks: Readonly<Record<string, (value: CelValue) => CelResult>> = {
  duration: toDuration,
  timestamp: toTimestamp,
  matches: (value) => {
    if (typeof value !== 'string') return true;
    const pattern = compilePattern(value);
    return pattern instanceof CelError ? pattern : true;
  },
};

/** Finds constants of a checked expression that can only fail, and lists and maps of mixed types. */
export function validateLiterals(root: Expr, issues: Issue[]): void {
  const seen = new Set<Expr>();
  const visit = (expr: Expr, exempt: boolean): void => {
    if (seen.has(expr)) return;
    if (expr.kind === 'call') {
      seen.add(expr);
      checkArgument(expr, issues);
      validateFormat(expr, issues);
    } else if (exempt) {
      // What is formatted may be of any types.
    } else if (expr.kind === 'list') {
      checkElements(expr, issues);
    } else if (expr.kind === 'map') {
      checkEntries(expr, issues);
    }
    const inside = exempt || (expr.kind === 'call' && expr.fn === 'format');
    for (const child of childrenOf(expr)) visit(child, inside);
  };
  visit(root, false);
}

function checkArgument(expr: Expr & { kind: 'call' }, issues: Issue[]): void {
  const [argument] = expr.args;
  const check = Object.hasOwn(checks, expr.fn) ? checks[expr.fn] : undefined;
  if (check === undefined || argument?.kind !== 'literal') return;
  if (check(argument.value) instanceof CelError) {
    issues.push({ at: argument.at, message: `invalid ${expr.fn} argument` });
  }
}

function typeOf(expr: Expr, optional: boolean): CelType {
  const type = expr.type ?? ERROR;
  return optional ? (type.parameters[0] ?? DYN) : type;
}

function mismatch(issues: Issue[], expr: Expr, wanted: CelType, type: CelType): void {
  issues.push({ at: expr.at, message: `expected type '${wanted.text}' but found '${type.text}'` });
}

function checkElements(expr: Expr & { kind: 'list' }, issues: Issue[]): void {
  let wanted: CelType | undefined;
  for (const [index, element] of expr.elements.entries()) {
    const type = typeOf(element, expr.optionals.has(index));
    wanted ??= type;
    if (sameType(wanted, type)) continue;
    mismatch(issues, element, wanted, type);
    return;
  }
}

function checkEntries(expr: Expr & { kind: 'map' }, issues: Issue[]): void {
  let keys: CelType | undefined;
  let values: CelType | undefined;
  for (const { key, value, optional } of expr.entries) {
    const keyType = typeOf(key, false);
    const valueType = typeOf(value, optional);
    keys ??= keyType;
    values ??= valueType;
    if (!sameType(keys, keyType)) mismatch(issues, key, keys, keyType);
    if (!sameType(values, valueType)) mismatch(issues, value, values, valueType);
  }
}
