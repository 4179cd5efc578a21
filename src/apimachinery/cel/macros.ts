import type { Comprehension, Expr, Loop } from './ast.ts';

/** What a macro makes of a call; undefined: it does not want this one. */
export type Expansion = { readonly expr: Expr } | { readonly at: number; readonly problem: string };
export type Macro = (at: number, target: Expr | undefined, args: readonly Expr[]) => Expansion | undefined;
/** Macros by name, number of arguments and style, see {@link macroKey}. */
export type MacroTable = ReadonlyMap<string, Macro>;

/** The accumulator of a loop; no name in a source can be like it. */
export const accumulator = '@result';
const oldAccumulator = '__result__';

/** Where a table keeps a macro. */
export function macroKey(name: string, args: number, receiver: boolean): string {
  return `${name}:${args}:${receiver ? 'of' : ''}`;
}

/** The macro for a call, if there is one. */
export function findMacro(table: MacroTable, name: string, args: number, receiver: boolean): Macro | undefined {
  return table.get(macroKey(name, args, receiver));
}

type Names =
  | { readonly variable: string; readonly variable2?: string }
  | { readonly at: number; readonly problem: string };
type Parts = Pick<Comprehension, 'init' | 'condition' | 'step' | 'result'> & { readonly loop: Loop };

/** The macros of the language itself. */
export const standardMacros: MacroTable = new Map<string, Macro>([
  [macroKey('has', 1, false), has],
  ...one('all', 2, (at, args) => quantifier('all', at, args[0])),
  ...one('exists', 2, (at, args) => quantifier('exists', at, args[0])),
  ...one('exists_one', 2, (at, args) => existsOne(at, args[0])),
  ...one('map', 2, (at, args) => listOf(at, undefined, args[0]), 'argument is not an identifier'),
  ...one('map', 3, (at, args) => listOf(at, args[0], args[1]), 'argument is not an identifier'),
  ...one('filter', 2, (at, args, name) => listOf(at, args[0], name), 'argument is not an identifier'),
]);

/** The macros with an index or key beside the value. */
export const twoVariableMacros: MacroTable = new Map<string, Macro>([
  ...two('all', 3, (at, args) => quantifier('all', at, args[0])),
  ...two('exists', 3, (at, args) => quantifier('exists', at, args[0])),
  ...two('exists_one', 3, (at, args) => existsOne(at, args[0])),
  ...two('existsOne', 3, (at, args) => existsOne(at, args[0])),
  ...two('transformList', 3, (at, args) => listOf(at, undefined, args[0])),
  ...two('transformList', 4, (at, args) => listOf(at, args[0], args[1])),
  ...two('transformMap', 3, (at, args, key) => entriesOf(at, undefined, key, args[0])),
  ...two('transformMap', 4, (at, args, key) => entriesOf(at, args[0], key, args[1])),
  ...two('transformMapEntry', 3, (at, args) => mergeOf(at, undefined, args[0])),
  ...two('transformMapEntry', 4, (at, args) => mergeOf(at, args[0], args[1])),
]);

/** The macros of optional values. */
export const optionalMacros: MacroTable = new Map<string, Macro>([
  [macroKey('optMap', 2, true), (at, target, args) => optional('optMap', at, target, args)],
  [macroKey('optFlatMap', 2, true), (at, target, args) => optional('optFlatMap', at, target, args)],
]);

function one(
  name: string,
  count: number,
  parts: (at: number, args: readonly Expr[], name: Expr) => Parts,
  problem = 'argument must be a simple name',
): [string, Macro][] {
  const macro: Macro = (at, target, args) => {
    const [first, ...rest] = args;
    if (target === undefined || first === undefined) return undefined;
    if (first.kind !== 'ident') return { at: first.at, problem };
    if (isAccumulator(first.name)) return overwrites(first.at);
    return loop(at, target, { variable: first.name }, parts(at, rest, first));
  };
  return [[macroKey(name, count, true), macro]];
}

function two(
  name: string,
  count: number,
  parts: (at: number, args: readonly Expr[], key: Expr) => Parts,
): [string, Macro][] {
  const macro: Macro = (at, target, args) => {
    const [first, second, ...rest] = args;
    if (target === undefined || first === undefined || second === undefined) return undefined;
    const names = namesOf(first, second);
    if ('problem' in names) return names;
    return loop(at, target, names, parts(at, rest, ident(at, names.variable)));
  };
  return [[macroKey(name, count, true), macro]];
}

function namesOf(first: Expr, second: Expr): Names {
  const problem = 'argument must be a simple name';
  if (first.kind !== 'ident') return { at: first.at, problem };
  if (second.kind !== 'ident') return { at: second.at, problem };
  if (first.name === second.name) return { at: second.at, problem: `duplicate variable name: ${first.name}` };
  if (isAccumulator(first.name)) return overwrites(first.at);
  if (isAccumulator(second.name)) return overwrites(second.at);
  return { variable: first.name, variable2: second.name };
}

function isAccumulator(name: string): boolean {
  return name === accumulator || name === oldAccumulator;
}

function overwrites(at: number): { at: number; problem: string } {
  return { at, problem: 'iteration variable overwrites accumulator variable' };
}

function loop(
  at: number,
  range: Expr,
  names: { readonly variable: string; readonly variable2?: string },
  parts: Parts,
): Expansion {
  const { variable, variable2 } = names;
  return { expr: { kind: 'comprehension', at, range, variable, variable2, accumulator, ...parts } };
}

const literal = (at: number, value: boolean | number): Expr => ({ kind: 'literal', at, value });
const ident = (at: number, name: string): Expr => ({ kind: 'ident', at, name });
const accu = (at: number): Expr => ident(at, accumulator);
const list = (at: number, elements: readonly Expr[]): Expr => ({ kind: 'list', at, elements, optionals: new Set() });
const call = (at: number, fn: string, ...args: readonly Expr[]): Expr => ({
  kind: 'call',
  at,
  fn,
  target: undefined,
  args,
});
const nothing = (at: number): Expr => literal(at, false);

function quantifier(kind: 'all' | 'exists', at: number, predicate: Expr = nothing(at)): Parts {
  const all = kind === 'all';
  return {
    init: literal(at, all),
    condition: call(at, '@not_strictly_false', all ? accu(at) : call(at, '!_', accu(at))),
    step: call(at, all ? '_&&_' : '_||_', accu(at), predicate),
    result: accu(at),
    loop: { kind, predicate },
  };
}

function existsOne(at: number, predicate: Expr = nothing(at)): Parts {
  return {
    init: literal(at, 0),
    condition: literal(at, true),
    step: call(at, '_?_:_', predicate, call(at, '_+_', accu(at), literal(at, 1)), accu(at)),
    result: call(at, '_==_', accu(at), literal(at, 1)),
    loop: { kind: 'existsOne', predicate },
  };
}

function filtered(at: number, filter: Expr | undefined, step: Expr): Pick<Parts, 'condition' | 'step' | 'result'> {
  return {
    condition: literal(at, true),
    step: filter === undefined ? step : call(at, '_?_:_', filter, step, accu(at)),
    result: accu(at),
  };
}

function listOf(at: number, filter: Expr | undefined, element: Expr = nothing(at)): Parts {
  return {
    init: list(at, []),
    ...filtered(at, filter, call(at, '_+_', accu(at), list(at, [element]))),
    loop: { kind: 'list', filter, element },
  };
}

function entriesOf(at: number, filter: Expr | undefined, key: Expr, value: Expr = nothing(at)): Parts {
  return {
    init: { kind: 'map', at, entries: [] },
    ...filtered(at, filter, call(at, 'cel.@mapInsert', accu(at), key, value)),
    loop: { kind: 'entries', filter, key, value },
  };
}

function mergeOf(at: number, filter: Expr | undefined, entry: Expr = nothing(at)): Parts {
  return {
    init: { kind: 'map', at, entries: [] },
    ...filtered(at, filter, call(at, 'cel.@mapInsert', accu(at), entry)),
    loop: { kind: 'merge', filter, entry },
  };
}

function has(at: number, _target: Expr | undefined, args: readonly Expr[]): Expansion | undefined {
  const [arg] = args;
  if (arg === undefined) return undefined;
  if (arg.kind !== 'select') return { at: arg.at, problem: 'invalid argument to has() macro' };
  return { expr: { kind: 'select', at, operand: arg.operand, field: arg.field, test: true } };
}

/** A name for a value within an expression: a loop over nothing whose accumulator begins with the value. */
function binding(at: number, variable: string, init: Expr, result: Expr): Expr {
  return {
    kind: 'comprehension',
    at,
    range: list(at, []),
    variable: '#unused',
    variable2: undefined,
    accumulator: variable,
    init,
    condition: literal(at, false),
    step: ident(at, variable),
    result,
    loop: { kind: 'bind' },
  };
}

/** The target stands in the expansion twice, as one node: whoever walks the tree must not pay for it twice. */
function optional(macro: string, at: number, target: Expr | undefined, args: readonly Expr[]): Expansion | undefined {
  const [name, value] = args;
  if (target === undefined || name === undefined || value === undefined) return undefined;
  if (name.kind !== 'ident') {
    return { at: name.at, problem: `${macro}() variable name must be a simple identifier` };
  }
  const of = (fn: string): Expr => ({ kind: 'call', at, fn, target, args: [] });
  const bound = binding(at, name.name, of('value'), value);
  const some = macro === 'optMap' ? call(at, 'optional.of', bound) : bound;
  return { expr: call(at, '_?_:_', of('hasValue'), some, call(at, 'optional.none')) };
}
