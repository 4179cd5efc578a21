import type { Expr, MapEntry, StructEntry } from './ast.ts';
import { type Token, type TokenKind, tokenize } from './lexer.ts';
import { parseInt64, parseUint64, unquote } from './literals.ts';
import { type Expansion, findMacro, type MacroTable } from './macros.ts';
import { codePoints, type Issue } from './source.ts';
import { syntaxErrors } from './syntax-errors.ts';
import { products, relations, sums } from './token-sets.ts';
import { Double } from './values.ts';

/** The longest source, in code points, and the deepest nesting of one rule of the grammar; stock's limits. */
const maxSource = 100_000;
const maxDepth = 250;

/** What a parse gives: a tree, unless something is wrong. */
export type Parsed = { readonly expr: Expr | undefined; readonly issues: Issue[] };

export type ParseOptions = { readonly macros: MacroTable; readonly optionals: boolean };

/** Reads a source. Never throws: what is wrong is in the issues, in stock's words. */
export function parse(source: string, options: ParseOptions): Parsed {
  const size = codePoints(source);
  if (size > maxSource) {
    const message = `expression code point size exceeds limit: size: ${size}, limit ${maxSource}`;
    return { expr: undefined, issues: [{ at: -1, message }] };
  }
  const issues: Issue[] = [];
  const parser = new Parser(source, tokenize(source, issues), issues, options);
  const expr = parser.start();
  return { expr: issues.length > 0 ? undefined : expr, issues };
}

/** Ends a parse; what is wrong is among the issues by then. */
class Abandon extends Error {}

const reserved: ReadonlySet<string> = new Set(
  (
    'as break const continue else false for function if import in let loop package namespace null return true var ' +
    'void while'
  ).split(' '),
);

type Rule = 'expr' | 'relation' | 'calc' | 'member';

class Parser {
  private readonly source: string;
  private readonly tokens: readonly Token[];
  private readonly issues: Issue[];
  private readonly options: ParseOptions;
  private index = 0;
  /** How deep the tree of the expression last read is, counted as stock's visitor does. */
  private depth = 0;
  private readonly nesting: Record<Rule, number> = { expr: 0, relation: 0, calc: 0, member: 0 };

  constructor(source: string, tokens: readonly Token[], issues: Issue[], options: ParseOptions) {
    this.source = source;
    this.tokens = tokens;
    this.issues = issues;
    this.options = options;
  }

  start(): Expr | undefined {
    try {
      const expr = this.expr();
      if (this.kind() !== '<EOF>') this.unexpected();
      if (this.depth > maxDepth) this.limit('max recursion depth exceeded');
      return expr;
    } catch (error) {
      if (error instanceof Abandon) return undefined;
      throw error;
    }
  }

  private expr(): Expr {
    const mark = this.nesting.expr;
    this.enter('expr');
    const condition = this.or();
    let result = condition;
    if (this.kind() === '?') {
      const at = this.take().start;
      let depth = this.depth;
      const yes = this.or();
      depth = Math.max(depth, this.depth);
      this.expect(':');
      const no = this.expr();
      this.depth = Math.max(depth, this.depth) + 1;
      result = { kind: 'call', at, fn: '_?_:_', target: undefined, args: [condition, yes, no] };
    }
    this.nesting.expr = mark;
    return result;
  }

  private or(): Expr {
    return this.chain('||');
  }

  private term(sign: '||' | '&&'): Expr {
    return sign === '||' ? this.chain('&&') : this.relation(1);
  }

  /** Terms joined by `&&` or `||`; many of them make a balanced tree, so that long chains stay shallow. */
  private chain(sign: '||' | '&&'): Expr {
    const first = this.term(sign);
    if (this.kind() !== sign) return first;
    const terms = [first];
    const places: number[] = [];
    let depth = this.depth;
    while (this.kind() === sign) {
      places.push(this.take().start);
      terms.push(this.term(sign));
      depth = Math.max(depth, this.depth);
    }
    this.depth = depth;
    const fn = `_${sign}_`;
    const balanced = (low: number, high: number): Expr => {
      const middle = Math.floor((low + high + 1) / 2);
      const at = places[middle] ?? 0;
      const left = middle === low ? terms[middle] : balanced(low, middle - 1);
      const right = middle === high ? terms[middle + 1] : balanced(middle + 1, high);
      return { kind: 'call', at, fn, target: undefined, args: [left ?? first, right ?? first] };
    };
    return balanced(0, places.length - 1);
  }

  private relation(level: number): Expr {
    const mark = this.nesting.relation;
    this.enter('relation');
    let left = this.calc(1);
    while (level === 1 && relations.has(this.kind())) {
      this.enter('relation');
      left = this.binary(left, () => this.relation(2));
    }
    this.nesting.relation = mark;
    return left;
  }

  private calc(level: number): Expr {
    const mark = this.nesting.calc;
    this.enter('calc');
    let left = this.unary();
    while (products.has(this.kind()) ? level <= 2 : level === 1 && sums.has(this.kind())) {
      const next = products.has(this.kind()) ? 3 : 2;
      this.enter('calc');
      left = this.binary(left, () => this.calc(next));
    }
    this.nesting.calc = mark;
    return left;
  }

  private binary(left: Expr, operand: () => Expr): Expr {
    const token = this.take();
    const before = this.depth;
    const right = operand();
    this.depth = Math.max(before, this.depth) + 1;
    const fn = token.kind === 'in' ? '@in' : `_${token.kind}_`;
    return { kind: 'call', at: token.start, fn, target: undefined, args: [left, right] };
  }

  private unary(): Expr {
    const kind = this.kind();
    if (kind !== '!' && kind !== '-') return this.member();
    // A sign in front of a number belongs to the number.
    if (kind === '-' && this.isNumber(1)) return this.member();
    const first = this.peek();
    let count = 0;
    while (this.kind() === kind) {
      this.take();
      count += 1;
    }
    const operand = this.member();
    if (count % 2 === 0) return operand;
    return { kind: 'call', at: first.start, fn: kind === '!' ? '!_' : '-_', target: undefined, args: [operand] };
  }

  private isNumber(ahead: number): boolean {
    const kind = this.tokens[this.index + ahead]?.kind;
    return kind === 'NUM_INT' || kind === 'NUM_FLOAT';
  }

  private member(): Expr {
    const mark = this.nesting.member;
    this.enter('member');
    let operand = this.primary();
    for (;;) {
      const kind = this.kind();
      if (kind === '.') operand = this.select(operand);
      else if (kind === '[') operand = this.indexed(operand);
      else break;
    }
    this.nesting.member = mark;
    return operand;
  }

  private select(operand: Expr): Expr {
    this.enter('member');
    const dot = this.take();
    const optional = this.kind() === '?' ? this.take() : undefined;
    const name = this.peek();
    if (name.kind !== 'IDENTIFIER' && name.kind !== 'ESC_IDENTIFIER') {
      if (optional !== undefined) this.report(name.start, 'unsupported ident kind');
      this.unexpected();
    }
    this.take();
    const open = this.peek();
    if (optional === undefined && name.kind === 'IDENTIFIER' && open.kind === '(') {
      const before = this.depth;
      const args = this.args();
      this.depth = Math.max(before, this.depth) + 1;
      return this.call(open.start, this.text(name), operand, args);
    }
    this.depth += 1;
    // Stock's parser knows quoted names but the environment of Kubernetes does not turn them on.
    if (name.kind === 'ESC_IDENTIFIER') this.report(name.start, "unsupported syntax: '`'");
    const field = this.text(name);
    if (optional === undefined) return { kind: 'select', at: dot.start, operand, field, test: false };
    if (!this.options.optionals) this.report(dot.start, "unsupported syntax '.?'");
    const literal: Expr = { kind: 'literal', at: name.start, value: field };
    return { kind: 'call', at: dot.start, fn: '_?._', target: undefined, args: [operand, literal] };
  }

  private indexed(operand: Expr): Expr {
    this.enter('member');
    const open = this.take();
    const optional = this.kind() === '?';
    if (optional) this.take();
    if (optional && !this.options.optionals) this.report(open.start, "unsupported syntax '[?'");
    const before = this.depth;
    const index = this.expr();
    this.depth = Math.max(before, this.depth) + 1;
    this.expect(']');
    return {
      kind: 'call',
      at: open.start,
      fn: optional ? '_[?_]' : '_[_]',
      target: undefined,
      args: [operand, index],
    };
  }

  private primary(): Expr {
    const token = this.peek();
    this.depth = 0;
    switch (token.kind) {
      case '(': {
        this.take();
        const inner = this.expr();
        this.expect(')');
        return inner;
      }
      case '[':
        return this.list();
      case '{':
        return this.map();
      case '.':
      case 'IDENTIFIER':
        return this.name();
      case '-':
      case 'NUM_INT':
      case 'NUM_UINT':
      case 'NUM_FLOAT':
        return this.number();
      case 'STRING':
      case 'BYTES': {
        this.take();
        const unquoted = unquote(this.text(token), token.kind === 'BYTES');
        if ('problem' in unquoted) this.report(token.start, unquoted.problem);
        return { kind: 'literal', at: token.start, value: 'value' in unquoted ? unquoted.value : '' };
      }
      case 'true':
      case 'false':
      case 'null':
        this.take();
        return { kind: 'literal', at: token.start, value: token.kind === 'null' ? null : token.kind === 'true' };
      default:
        return this.unexpected();
    }
  }

  private number(): Expr {
    const first = this.peek();
    const negative = first.kind === '-';
    if (negative) this.take();
    const token = this.take();
    const text = this.text(token);
    const at = first.start;
    if (token.kind === 'NUM_FLOAT') {
      const value = Number(text);
      if (!Number.isFinite(value)) this.report(at, 'invalid double literal');
      return { kind: 'literal', at, value: new Double(negative ? -value : value) };
    }
    const value = token.kind === 'NUM_UINT' ? parseUint64(text) : parseInt64(text, negative);
    if (value === undefined)
      this.report(at, token.kind === 'NUM_UINT' ? 'invalid uint literal' : 'invalid int literal');
    return { kind: 'literal', at, value: value ?? 0 };
  }

  private name(): Expr {
    const first = this.peek();
    const dot = first.kind === '.' ? '.' : '';
    if (dot !== '') this.take();
    const token = this.peek();
    if (token.kind !== 'IDENTIFIER') this.unexpected();
    this.take();
    const message = this.messageName(token, dot);
    if (message !== undefined) return this.struct(message);
    const text = this.text(token);
    if (reserved.has(text)) {
      this.report(first.start, `reserved identifier: ${text}`);
    }
    const open = this.peek();
    if (open.kind === '(') return this.call(open.start, dot + text, undefined, this.args());
    return { kind: 'ident', at: token.start, name: dot + text };
  }

  /** The name of a message if the names that follow end in a brace; takes them then. */
  private messageName(token: Token, dot: string): string | undefined {
    let ahead = this.index;
    let name = dot + this.text(token);
    while (this.tokens[ahead]?.kind === '.' && this.tokens[ahead + 1]?.kind === 'IDENTIFIER') {
      const next = this.tokens[ahead + 1];
      if (next === undefined) return undefined;
      name += `.${this.text(next)}`;
      ahead += 2;
    }
    if (this.tokens[ahead]?.kind !== '{') return undefined;
    this.index = ahead;
    return name;
  }

  private struct(name: string): Expr {
    const at = this.take().start;
    const entries: StructEntry[] = [];
    let depth = 0;
    this.loneComma('}');
    while (this.kind() !== '}') {
      const optional = this.optionalMark();
      const field = this.peek();
      if (field.kind !== 'IDENTIFIER' && field.kind !== 'ESC_IDENTIFIER') this.unexpected();
      if (field.kind === 'ESC_IDENTIFIER') this.report(field.start, "unsupported syntax: '`'");
      this.take();
      const colon = this.expect(':');
      entries.push({ at: colon.start, name: this.text(field), value: this.expr(), optional });
      depth = Math.max(depth, this.depth);
      if (!this.comma('}')) break;
    }
    this.expect('}');
    this.depth = depth;
    return { kind: 'struct', at, name, entries };
  }

  private list(): Expr {
    const at = this.take().start;
    const elements: Expr[] = [];
    const optionals = new Set<number>();
    let depth = 0;
    this.loneComma(']');
    while (this.kind() !== ']') {
      if (this.optionalMark()) optionals.add(elements.length);
      elements.push(this.expr());
      depth = Math.max(depth, this.depth);
      if (!this.comma(']')) break;
    }
    this.expect(']');
    this.depth = depth;
    return { kind: 'list', at, elements, optionals };
  }

  private map(): Expr {
    const at = this.take().start;
    const entries: MapEntry[] = [];
    let depth = 0;
    this.loneComma('}');
    while (this.kind() !== '}') {
      const optional = this.optionalMark();
      const key = this.expr();
      depth = Math.max(depth, this.depth);
      const colon = this.expect(':');
      entries.push({ at: colon.start, key, value: this.expr(), optional });
      depth = Math.max(depth, this.depth);
      if (!this.comma('}')) break;
    }
    this.expect('}');
    this.depth = depth;
    return { kind: 'map', at, entries };
  }

  private args(): Expr[] {
    this.take();
    const args: Expr[] = [];
    let depth = 0;
    while (this.kind() !== ')') {
      args.push(this.expr());
      depth = Math.max(depth, this.depth);
      if (this.kind() !== ',') break;
      this.take();
      if (this.kind() === ')') this.unexpected();
    }
    this.expect(')');
    this.depth = depth;
    return args;
  }

  /** Brackets around nothing may hold a comma. */
  private loneComma(end: TokenKind): void {
    if (this.kind() === ',' && this.tokens[this.index + 1]?.kind === end) this.take();
  }

  private optionalMark(): boolean {
    if (this.kind() !== '?') return false;
    const mark = this.take();
    if (!this.options.optionals) this.report(mark.start, "unsupported syntax '?'");
    return true;
  }

  /** Whether another item may follow: past a comma, unless the end comes right behind it. */
  private comma(end: TokenKind): boolean {
    if (this.kind() !== ',') return false;
    this.take();
    return this.kind() !== end;
  }

  private call(at: number, fn: string, target: Expr | undefined, args: readonly Expr[]): Expr {
    const macro = findMacro(this.options.macros, fn, args.length, target !== undefined);
    const expansion: Expansion | undefined = macro?.(at, target, args);
    if (expansion === undefined) return { kind: 'call', at, fn, target, args };
    if ('problem' in expansion) {
      this.report(expansion.at, expansion.problem);
      return { kind: 'literal', at, value: null };
    }
    return expansion.expr;
  }

  private enter(rule: Rule): void {
    this.nesting[rule] += 1;
    if (this.nesting[rule] > maxDepth) this.limit(`expression recursion limit exceeded: ${maxDepth}`);
  }

  private limit(message: string): never {
    this.issues.push({ at: -1, message });
    throw new Abandon();
  }

  private kind(): TokenKind {
    return this.tokens[this.index]?.kind ?? '<EOF>';
  }

  private peek(): Token {
    return this.tokens[this.index] ?? { kind: '<EOF>', start: this.source.length, end: this.source.length };
  }

  private take(): Token {
    const token = this.peek();
    this.index += 1;
    return token;
  }

  private text(token: Token): string {
    return this.source.slice(token.start, token.end);
  }

  private report(at: number, message: string): void {
    this.issues.push({ at, message });
  }

  private expect(kind: TokenKind): Token {
    if (this.kind() !== kind) this.unexpected();
    return this.take();
  }

  /** The text does not parse: what to say of it is found out by a walk that recovers as stock's parser does. */
  private unexpected(): never {
    this.issues.unshift(...syntaxErrors(this.source, this.tokens));
    throw new Abandon();
  }
}
