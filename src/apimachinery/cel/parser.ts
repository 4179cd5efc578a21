import type { Expr } from './ast.ts';
import { tokenize } from './lexer.ts';
import { PrimaryParser, type ParseOptions } from './primary-parser.ts';
import { codePoints, type Issue } from './source.ts';
import { Abandon, maxDepth } from './token-cursor.ts';
import { products, relations, sums } from './token-sets.ts';

/** The longest source in code points; stock's limit. */
const maxSource = 100_000;

/** What a parse gives: a tree, unless something is wrong. */
export type Parsed = { readonly expr: Expr | undefined; readonly issues: Issue[] };

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

class Parser extends PrimaryParser {
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

  protected override expr(): Expr {
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
}
