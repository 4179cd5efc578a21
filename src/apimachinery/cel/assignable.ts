import { CelType, DYN, ERROR, isOptionalType, listOf, mapOf, NULL, sameType, typeOf } from './type.ts';

/** Whether a type says nothing of its values. */
export function isDyn(type: CelType): boolean {
  return type.kind === 'dyn';
}

/** Whether anything may be done with a value of a type as far as the checker knows. */
export function isDynOrError(type: CelType): boolean {
  return type.kind === 'dyn' || type.kind === 'error';
}

/** The type inside an optional, and whether there was one. */
export function unwrapOptional(type: CelType): { type: CelType; optional: boolean } {
  return isOptionalType(type) ? { type: type.parameters[0] ?? DYN, optional: true } : { type, optional: false };
}

/** What type parameters stand for, as far as a check has come. A failed attempt to assign leaves no trace. */
export class Substitutions {
  private readonly bound = new Map<string, CelType>();
  private readonly trail: [string, CelType | undefined][] = [];
  private fresh = 0;

  /** A parameter that nothing else knows. */
  freshVariable(): CelType {
    const variable = new CelType('typeParam', `_var${this.fresh}`);
    this.fresh += 1;
    return variable;
  }

  /** Whether a value of the second type may stand where the first is wanted (or the other way: CEL looks at both). */
  assignable(to: CelType, from: CelType): boolean {
    const mark = this.trail.length;
    if (this.assign(to, from)) return true;
    this.undo(mark);
    return false;
  }

  /** The same for lists of types, all or nothing. */
  allAssignable(to: readonly CelType[], from: readonly CelType[]): boolean {
    const mark = this.trail.length;
    if (this.assignAll(to, from)) return true;
    this.undo(mark);
    return false;
  }

  /** A type with its parameters replaced by what they stand for; unbound ones stay, or become dyn. */
  resolve(type: CelType, unboundToDyn = false): CelType {
    if (!type.isGeneric) return type;
    if (type.kind === 'typeParam') {
      const bound = this.bound.get(type.name);
      if (bound !== undefined) return this.resolve(bound, unboundToDyn);
      return unboundToDyn ? DYN : type;
    }
    const parameters = type.parameters.map((parameter) => this.resolve(parameter, unboundToDyn));
    const [first = DYN, second = DYN] = parameters;
    if (type.kind === 'list') return listOf(first);
    if (type.kind === 'map') return mapOf(first, second);
    if (type.kind === 'type') return typeOf(first);
    return new CelType(type.kind, type.name, parameters);
  }

  private undo(mark: number): void {
    while (this.trail.length > mark) {
      const [name, before] = this.trail.pop() ?? ['', undefined];
      if (before === undefined) this.bound.delete(name);
      else this.bound.set(name, before);
    }
  }

  private bind(parameter: CelType, type: CelType): void {
    this.trail.push([parameter.name, this.bound.get(parameter.name)]);
    this.bound.set(parameter.name, type);
  }

  private assign(a: CelType, b: CelType): boolean {
    if (a === b && !a.isGeneric) return true;
    if (b.kind === 'typeParam') {
      const { valid, bound } = this.substitute(a, b);
      if (valid) return true;
      if (bound) return false;
    }
    if (a.kind === 'typeParam') return this.substitute(b, a).valid;
    if (isDynOrError(a) || isDynOrError(b)) return true;
    if (a.kind === 'null') return acceptsNull(b);
    if (b.kind === 'null') return acceptsNull(a);
    if (a.kind !== b.kind) return false;
    switch (a.kind) {
      case 'type':
        return true;
      case 'list':
      case 'map':
      case 'opaque':
        return a.name === b.name && this.assignAll(a.parameters, b.parameters);
      case 'struct':
        return a.name === b.name;
      default:
        return true;
    }
  }

  private assignAll(a: readonly CelType[], b: readonly CelType[]): boolean {
    if (a.length !== b.length) return false;
    for (let i = 0; i < a.length; i += 1) if (!this.assign(a[i] ?? ERROR, b[i] ?? ERROR)) return false;
    return true;
  }

  /** Whether a type may stand for a parameter; binds it, or widens what it is bound to. */
  private substitute(type: CelType, parameter: CelType): { valid: boolean; bound: boolean } {
    if (type.kind === 'typeParam' && type.name === parameter.name) return { valid: true, bound: true };
    const bound = this.bound.get(parameter.name);
    if (bound !== undefined) {
      if (type.kind === bound.kind && sameType(type, bound)) return { valid: true, bound: true };
      if (!this.assign(type, bound)) return { valid: false, bound: true };
      const wider = mostGeneral(type, bound);
      if (!this.refersTo(wider, parameter)) this.bind(parameter, wider);
      return { valid: true, bound: true };
    }
    if (this.refersTo(type, parameter)) return { valid: false, bound: false };
    this.bind(parameter, type);
    return { valid: true, bound: false };
  }

  private refersTo(type: CelType, parameter: CelType): boolean {
    if (!type.isGeneric) return false;
    if (type.kind === 'typeParam') {
      if (type.name === parameter.name) return true;
      const bound = this.bound.get(type.name);
      return bound !== undefined && this.refersTo(bound, parameter);
    }
    return type.parameters.some((inner) => this.refersTo(inner, parameter));
  }
}

/** The one of two assignable types that says less. */
export function mostGeneral(a: CelType, b: CelType): CelType {
  return saysNoMore(a, b) ? a : b;
}

function saysNoMore(a: CelType, b: CelType): boolean {
  if (isDyn(a) || a.kind === 'typeParam') return true;
  if (isDyn(b) || b.kind === 'typeParam') return false;
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'opaque':
    case 'list':
    case 'map':
      if (a.name !== b.name || a.parameters.length !== b.parameters.length) return false;
      return a.parameters.every((parameter, index) => saysNoMore(parameter, b.parameters[index] ?? ERROR));
    case 'type':
      return true;
    default:
      return sameType(a, b);
  }
}

function acceptsNull(type: CelType): boolean {
  switch (type.kind) {
    case 'opaque':
    case 'struct':
    case 'duration':
    case 'timestamp':
      return true;
    default:
      return type === NULL;
  }
}
