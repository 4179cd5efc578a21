import type { Expr, MapEntry, StructEntry } from './ast.ts';
import type { Token, TokenKind } from './lexer.ts';
import { parseInt64, parseUint64, unquote } from './literals.ts';
import { type Expansion, findMacro, type MacroTable } from './macros.ts';
import type { Issue } from './source.ts';
import { TokenCursor } from './token-cursor.ts';
import { Double } from './values.ts';

export type ParseOptions = { readonly macros: MacroTable; readonly optionals: boolean };

const reserved: ReadonlySet<string> = new Set(
  (
    'as break const continue else false for function if import in let loop package namespace null return true var ' +
    'void while'
  ).split(' '),
);

/** Reads what expressions are made of: literals, names, calls, and things in brackets. */
export abstract class PrimaryParser extends TokenCursor {
  protected readonly options: ParseOptions;
  /** How deep the tree of the expression last read is, counted as stock's visitor does. */
  protected depth = 0;

  constructor(source: string, tokens: readonly Token[], issues: Issue[], options: ParseOptions) {
    super(source, tokens, issues);
    this.options = options;
  }

  protected abstract expr(): Expr;

  protected primary(): Expr {
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

  protected number(): Expr {
    const first = this.peek();
    const negative = first.kind === '-';
    if (negative) this.take();
    const token = this.take();
    if (negative && token.kind !== 'NUM_INT' && token.kind !== 'NUM_FLOAT') this.unexpected();
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

  protected name(): Expr {
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
  protected messageName(token: Token, dot: string): string | undefined {
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

  protected struct(name: string): Expr {
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

  protected list(): Expr {
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

  protected map(): Expr {
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

  protected args(): Expr[] {
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

  protected optionalMark(): boolean {
    if (this.kind() !== '?') return false;
    const mark = this.take();
    if (!this.options.optionals) this.report(mark.start, "unsupported syntax '?'");
    return true;
  }

  /** Whether another item may follow: past a comma, unless the end comes right behind it. */
  protected comma(end: TokenKind): boolean {
    if (this.kind() !== ',') return false;
    this.take();
    return this.kind() !== end;
  }

  /** Brackets around nothing may hold a comma. */
  protected loneComma(end: TokenKind): void {
    if (this.kind() === ',' && this.tokens[this.index + 1]?.kind === end) this.take();
  }

  protected call(at: number, fn: string, target: Expr | undefined, args: readonly Expr[]): Expr {
    const macro = findMacro(this.options.macros, fn, args.length, target !== undefined);
    const expansion: Expansion | undefined = macro?.(at, target, args);
    if (expansion === undefined) return { kind: 'call', at, fn, target, args };
    if ('problem' in expansion) {
      this.report(expansion.at, expansion.problem);
      return { kind: 'literal', at, value: null };
    }
    return expansion.expr;
  }
}
