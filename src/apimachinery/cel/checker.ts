import { isDyn, isDynOrError, unwrapOptional } from './assignable.ts';
import { type Call, type Expr, qualifiedName } from './ast.ts';
import type { FunctionDeclaration, Overload } from './declarations.ts';
import { LiteralChecker, type Names, type Scope } from './literal-checker.ts';
import type { Issue } from './source.ts';
import { BOOL, CelType, DYN, ERROR, INT, ObjectType, optionalOf, STRING, sameType } from './type.ts';
import { runtimeType } from './values.ts';

/** Gives every expression its type and every call its overloads; adds to the issues, in stock's words. */
export function check(expr: Expr, names: Names, issues: Issue[]): CelType {
  const checker = new Checker(names, issues);
  checker.check(expr);
  return checker.settle(expr);
}

/** Copies of a mistake that one shared expression may report; stock prints one a copy of the expression. */
const maxRepeats = 200;

class Checker extends LiteralChecker {
  private readonly reported = new Map<Expr, Issue[]>();
  private readonly generic: Expr[] = [];

  override check(expr: Expr): void {
    if (expr.type !== undefined) {
      const again = this.reported.get(expr) ?? [];
      if (this.issues.length < maxRepeats) this.issues.push(...again);
      return;
    }
    const before = this.issues.length;
    const type = this.typed(expr);
    expr.type = type;
    if (type.isGeneric) this.generic.push(expr);
    if (this.issues.length > before) this.reported.set(expr, this.issues.slice(before));
  }

  /** Replaces what is left of type parameters, and gives the type of the whole. */
  settle(root: Expr): CelType {
    for (const expr of this.generic) expr.type = this.substitutions.resolve(expr.type ?? DYN, true);
    return root.type ?? ERROR;
  }

  private typed(expr: Expr): CelType {
    switch (expr.kind) {
      case 'literal':
        return runtimeType(expr.value);
      case 'ident':
        return this.ident(expr);
      case 'select':
        return this.select(expr);
      case 'call':
        return this.call(expr);
      case 'list':
        return this.list(expr);
      case 'map':
        return this.map(expr);
      case 'struct':
        return this.struct(expr);
      case 'comprehension':
        return this.comprehension(expr);
    }
  }

  private ident(expr: Expr & { kind: 'ident' }): CelType {
    const found = this.lookup(expr.name);
    if (found === undefined) return this.undeclared(expr.at, expr.name);
    if (found.constant !== undefined) expr.constant = found.constant;
    return found.type;
  }

  private select(expr: Expr & { kind: 'select' }): CelType {
    const qualified = this.qualified(expr);
    if (qualified !== undefined) {
      const found = this.lookup(qualified);
      if (found !== undefined) {
        expr.resolved =
          found.constant === undefined ? { name: found.name } : { name: found.name, constant: found.constant };
        return found.type;
      }
    }
    const type = this.field(expr.at, expr.operand, expr.field, false);
    return expr.test ? BOOL : this.substitutions.resolve(type);
  }

  /** A dotted name, where the environment knows names that begin so. */
  private qualified(expr: Expr): string | undefined {
    let root = expr;
    while (root.kind === 'select') root = root.operand;
    if (root.kind !== 'ident') return undefined;
    const first = root.name.startsWith('.') ? root.name.slice(1) : root.name;
    return this.names.isPrefix(first) ? qualifiedName(expr) : undefined;
  }

  private field(at: number, operand: Expr, field: string, optional: boolean): CelType {
    this.check(operand);
    const { type: target, optional: wasOptional } = unwrapOptional(this.typeOfExpr(operand));
    let result: CelType = ERROR;
    if (target.kind === 'map') {
      result = target.parameters[1] ?? DYN;
    } else if (target instanceof ObjectType) {
      const found = target.field(field);
      if (found === undefined) this.report(at, `undefined field '${field}'`);
      else result = found.type;
    } else if (target.kind === 'struct') {
      this.report(at, `unexpected failed resolution of '${target.name}'`);
    } else if (target.kind === 'typeParam') {
      this.substitutions.assignable(DYN, target);
      result = DYN;
    } else {
      if (!isDynOrError(target)) this.report(at, `type '${target.text}' does not support field selection`);
      result = DYN;
    }
    return wasOptional || optional ? optionalOf(result) : result;
  }

  private call(expr: Call): CelType {
    if (expr.fn === '_?._') return this.optionalSelect(expr);
    for (const arg of expr.args) this.check(arg);
    if (expr.target === undefined) {
      const name = expr.fn.startsWith('.') ? expr.fn.slice(1) : expr.fn;
      const fn = this.names.fn(name);
      if (fn === undefined) return this.undeclared(expr.at, expr.fn);
      return this.resolve(expr, fn, undefined, false);
    }
    const prefix = this.qualified(expr.target);
    if (prefix !== undefined) {
      const plain = prefix.startsWith('.') ? prefix.slice(1) : prefix;
      const fn = this.names.fn(`${plain}.${expr.fn}`);
      if (fn !== undefined) return this.resolve(expr, fn, undefined, true);
    }
    this.check(expr.target);
    const fn = this.names.fn(expr.fn);
    if (fn === undefined) return this.undeclared(expr.at, expr.fn);
    return this.resolve(expr, fn, expr.target, false);
  }

  private optionalSelect(expr: Call): CelType {
    const [operand, field] = expr.args;
    if (operand === undefined || field?.kind !== 'literal' || typeof field.value !== 'string') return ERROR;
    const type = this.field(expr.at, operand, field.value, true);
    field.type = STRING;
    expr.resolved = { fn: expr.fn, qualified: false, overloads: ['select_optional_field'] };
    return this.substitutions.resolve(type);
  }

  private resolve(expr: Call, fn: FunctionDeclaration, target: Expr | undefined, qualified: boolean): CelType {
    const given = target === undefined ? [...expr.args] : [target, ...expr.args];
    const types = given.map((arg) => arg.type ?? ERROR);
    if (fn.name === '_&&_' || fn.name === '_||_') return this.logical(expr, fn, types);
    let result: CelType | undefined;
    const overloads: string[] = [];
    for (const candidate of fn.overloads) {
      if (candidate.member !== (target !== undefined) || candidate.args.length !== types.length) continue;
      const { args, result: returned } = this.instance(candidate);
      if (!this.substitutions.allAssignable(types, args)) continue;
      overloads.push(candidate.id);
      const type = this.substitutions.resolve(returned);
      if (result === undefined) result = type;
      else if (!isDyn(result) && !sameType(type, result)) result = DYN;
    }
    if (result === undefined) {
      const shown = types.map((type) => this.substitutions.resolve(type, true).text);
      const of = target === undefined ? '' : `${shown.shift()}.`;
      const message = `found no matching overload for '${fn.name}' applied to '${of}(${shown.join(', ')})'`;
      this.report(expr.at, message);
      return ERROR;
    }
    expr.resolved = { fn: fn.name, qualified, overloads };
    return result;
  }

  private logical(expr: Call, fn: FunctionDeclaration, types: readonly CelType[]): CelType {
    let wrong = false;
    for (const [index, type] of types.entries()) {
      if (this.substitutions.assignable(type, BOOL)) continue;
      this.mismatch(expr.args[index]?.at ?? expr.at, BOOL, type);
      wrong = true;
    }
    if (wrong) return ERROR;
    expr.resolved = { fn: fn.name, qualified: false, overloads: fn.overloads.map((candidate) => candidate.id) };
    return BOOL;
  }

  /** A signature with parameters of its own for this use. */
  private instance(candidate: Overload): { args: readonly CelType[]; result: CelType } {
    if (!candidate.generic) return candidate;
    const fresh = new Map<string, CelType>();
    const rename = (type: CelType): CelType => {
      if (!type.isGeneric) return type;
      if (type.kind !== 'typeParam') return new CelType(type.kind, type.name, type.parameters.map(rename));
      const known = fresh.get(type.name) ?? this.substitutions.freshVariable();
      fresh.set(type.name, known);
      return known;
    };
    return { args: candidate.args.map(rename), result: rename(candidate.result) };
  }

  private comprehension(expr: Expr & { kind: 'comprehension' }): CelType {
    this.check(expr.range);
    this.check(expr.init);
    const range = this.typeOfExpr(expr.range);
    const accumulated = expr.init.type ?? ERROR;
    const outer = this.scope;
    const inner: Scope = { parent: outer, name: expr.accumulator, type: accumulated };
    const { first, second } = this.iterated(expr.range, range, expr.variable2 !== undefined);
    this.scope = { parent: inner, name: expr.variable, type: first };
    if (expr.variable2 !== undefined) this.scope = { parent: this.scope, name: expr.variable2, type: second };
    this.check(expr.condition);
    this.assertType(expr.condition, BOOL);
    this.check(expr.step);
    this.assertType(expr.step, accumulated);
    this.scope = inner;
    this.check(expr.result);
    this.scope = outer;
    return this.substitutions.resolve(expr.result.type ?? ERROR);
  }

  /** The types of the variables of a loop: the one of elements or keys, or index and element, key and value. */
  private iterated(range: Expr, type: CelType, two: boolean): { first: CelType; second: CelType } {
    switch (type.kind) {
      case 'list': {
        const element = type.parameters[0] ?? DYN;
        return two ? { first: INT, second: element } : { first: element, second: DYN };
      }
      case 'map':
        return { first: type.parameters[0] ?? DYN, second: type.parameters[1] ?? DYN };
      case 'dyn':
      case 'error':
      case 'typeParam':
        this.substitutions.assignable(DYN, type);
        return { first: DYN, second: DYN };
      default: {
        const message = `expression of type '${type.text}' cannot be range of a comprehension (must be list, map, or dynamic)`;
        this.report(range.at, message);
        return { first: ERROR, second: ERROR };
      }
    }
  }
}
