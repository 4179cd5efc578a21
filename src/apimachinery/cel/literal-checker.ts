import { isDyn, mostGeneral, Substitutions, unwrapOptional } from './assignable.ts';
import type { Expr } from './ast.ts';
import type { FunctionDeclaration } from './declarations.ts';
import type { Issue } from './source.ts';
import { type CelType, DYN, ERROR, listOf, mapOf, ObjectType, optionalOf, typeOf } from './type.ts';
import type { CelValue } from './values.ts';

/** What names mean to the checker. */
export type Names = {
  variable(name: string): CelType | undefined;
  /** The type that a name stands for, such as `int`. */
  typeNamed(name: string): CelType | undefined;
  fn(name: string): FunctionDeclaration | undefined;
  /** Whether names with dots may begin with a name. */
  isPrefix(name: string): boolean;
};

/** A name of a loop or a binding; the innermost comes first. */
export type Scope = { readonly parent: Scope | undefined; readonly name: string; readonly type: CelType };

/** The types of literals that hold others, and what all of the checker needs for its work. */
export abstract class LiteralChecker {
  protected readonly names: Names;
  protected readonly issues: Issue[];
  protected readonly substitutions = new Substitutions();
  protected scope: Scope | undefined;

  constructor(names: Names, issues: Issue[]) {
    this.names = names;
    this.issues = issues;
  }

  abstract check(expr: Expr): void;

  protected list(expr: Expr & { kind: 'list' }): CelType {
    let joined: CelType | undefined;
    for (const [index, element] of expr.elements.entries()) {
      this.check(element);
      const type = expr.optionals.has(index) ? this.unwrapped(element) : (element.type ?? ERROR);
      joined = this.join(joined, type);
    }
    return listOf(joined ?? this.substitutions.freshVariable());
  }

  protected map(expr: Expr & { kind: 'map' }): CelType {
    let keys: CelType | undefined;
    let values: CelType | undefined;
    for (const { key, value, optional } of expr.entries) {
      this.check(key);
      keys = this.join(keys, key.type ?? ERROR);
      this.check(value);
      values = this.join(values, optional ? this.unwrapped(value) : (value.type ?? ERROR));
    }
    return mapOf(keys ?? this.substitutions.freshVariable(), values ?? this.substitutions.freshVariable());
  }

  protected unwrapped(expr: Expr): CelType {
    const { type, optional } = unwrapOptional(expr.type ?? ERROR);
    if (!optional && !isDyn(type)) this.mismatch(expr.at, optionalOf(type), type);
    return type;
  }

  protected struct(expr: Expr & { kind: 'struct' }): CelType {
    const found = this.lookup(expr.name);
    let made: CelType = ERROR;
    if (found === undefined) {
      return this.undeclared(expr.at, expr.name);
    }
    if (found.type.kind !== 'type') {
      this.report(expr.at, `'${found.type.name}' is not a type`);
    } else {
      made = found.type.parameters[0] ?? ERROR;
      if (!(made instanceof ObjectType)) {
        this.report(expr.at, `'${made.name}' is not a message type`);
        made = ERROR;
      }
    }
    for (const entry of expr.entries) {
      this.check(entry.value);
      let wanted: CelType = ERROR;
      if (made instanceof ObjectType) {
        const field = made.field(entry.name);
        if (field === undefined) this.report(entry.at, `undefined field '${entry.name}'`);
        else wanted = field.type;
      } else {
        this.report(entry.at, `unexpected failed resolution of '${expr.name}'`);
      }
      const type = entry.optional ? this.unwrapped(entry.value) : (entry.value.type ?? ERROR);
      if (this.substitutions.assignable(wanted, type)) continue;
      const message = `expected type of field '${entry.name}' is '${wanted.text}' but provided type is '${type.text}'`;
      this.report(entry.at, message);
    }
    return made;
  }

  protected join(previous: CelType | undefined, current: CelType): CelType {
    if (previous === undefined) return current;
    return this.substitutions.assignable(previous, current) ? mostGeneral(previous, current) : DYN;
  }

  protected lookup(name: string): { type: CelType; name: string; constant?: CelValue } | undefined {
    const plain = name.startsWith('.') ? name.slice(1) : name;
    for (let scope = this.scope; scope !== undefined; scope = scope.parent) {
      if (scope.name === plain) return { type: scope.type, name: plain };
    }
    const variable = this.names.variable(plain);
    if (variable !== undefined) return { type: variable, name: plain };
    const type = this.names.typeNamed(plain);
    return type === undefined ? undefined : { type: typeOf(type), name: plain, constant: type };
  }

  protected assertType(expr: Expr, wanted: CelType): void {
    const type = expr.type ?? ERROR;
    if (!this.substitutions.assignable(wanted, type)) this.mismatch(expr.at, wanted, type);
  }

  protected typeOfExpr(expr: Expr): CelType {
    return this.substitutions.resolve(expr.type ?? ERROR);
  }

  protected mismatch(at: number, wanted: CelType, type: CelType): void {
    this.report(at, `expected type '${wanted.text}' but found '${type.text}'`);
  }

  protected undeclared(at: number, name: string): CelType {
    this.report(at, `undeclared reference to '${name}' (in container '')`);
    return ERROR;
  }

  protected report(at: number, message: string): void {
    this.issues.push({ at, message });
  }
}
