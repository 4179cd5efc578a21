import type { Expr } from './ast.ts';
import { type Clause, clausesOf } from './format-clause.ts';
import { clauseProblems } from './format-text.ts';
import type { Issue } from './source.ts';
import { type CelType, ERROR, type TypeKind } from './type.ts';

const accepted: Readonly<Record<Exclude<Clause['verb'], 's'>, readonly TypeKind[]>> = {
  d: ['int', 'uint'],
  f: ['double', 'string'],
  e: ['double', 'string'],
  b: ['int', 'uint', 'bool'],
  x: ['int', 'uint', 'string', 'bytes'],
  X: ['int', 'uint', 'string', 'bytes'],
  o: ['int', 'uint'],
};

const textual: ReadonlySet<TypeKind> = new Set<TypeKind>([
  'list',
  'map',
  'int',
  'uint',
  'double',
  'bool',
  'string',
  'timestamp',
  'bytes',
  'duration',
  'type',
  'null',
  'dyn',
]);

/** Checks a constant format against the literal list of what it formats. */
export function validateFormat(expr: Expr & { kind: 'call' }, issues: Issue[]): void {
  const [list] = expr.args;
  const { target } = expr;
  if (expr.fn !== 'format' || target?.kind !== 'literal' || typeof target.value !== 'string') return;
  if (list?.kind !== 'list' || expr.args.length !== 1) return;
  let index = 0;
  for (const part of clausesOf(target.value)) {
    if (typeof part === 'string') continue;
    if ('problem' in part) {
      issues.push({
        at: expr.at,
        message:
          index < list.elements.length || part.problem !== 'unexpected end of string'
            ? part.problem
            : `index ${index} out of range`,
      });
      return;
    }
    const element = list.elements[index];
    if (element === undefined) {
      issues.push({ at: expr.at, message: `index ${index} out of range` });
      return;
    }
    const wrong = wrongPart(part, element);
    if (wrong !== undefined) {
      const type: CelType = wrong.type ?? ERROR;
      const message = `error during formatting: ${clauseProblems[part.verb]}, was given ${type.name}`;
      issues.push({ at: wrong.at, message });
      return;
    }
    index += 1;
  }
  const given = list.elements.length;
  if (given > index) {
    const message = `too many arguments supplied to string.format (expected ${index}, got ${given})`;
    issues.push({ at: expr.at, message });
  }
}

/** The part of an argument that a clause cannot print. */
function wrongPart(clause: Clause, expr: Expr): Expr | undefined {
  const kind = expr.type?.kind ?? 'error';
  if (clause.verb !== 's') return kind === 'dyn' || accepted[clause.verb].includes(kind) ? undefined : expr;
  if (!textual.has(kind)) return expr;
  const parts =
    expr.kind === 'list'
      ? expr.elements
      : expr.kind === 'map'
        ? expr.entries.flatMap(({ key, value }) => [key, value])
        : [];
  for (const part of parts) {
    const wrong = wrongPart(clause, part);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
