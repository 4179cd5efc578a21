import type { Token, TokenKind } from './lexer.ts';
import type { Issue } from './source.ts';
import { syntaxErrors } from './syntax-errors.ts';

/** How deep one rule of the grammar may nest; stock's limit. */
export const maxDepth = 250;

/** Ends a parse; what is wrong is among the issues by then. */
export class Abandon extends Error {}

type Rule = 'expr' | 'relation' | 'calc' | 'member';

/** The tokens of a source, and where a parser is among them. */
export class TokenCursor {
  protected readonly source: string;
  protected readonly tokens: readonly Token[];
  protected readonly issues: Issue[];
  protected index = 0;
  protected readonly nesting: Record<Rule, number> = { expr: 0, relation: 0, calc: 0, member: 0 };

  constructor(source: string, tokens: readonly Token[], issues: Issue[]) {
    this.source = source;
    this.tokens = tokens;
    this.issues = issues;
  }

  protected kind(): TokenKind {
    return this.tokens[this.index]?.kind ?? '<EOF>';
  }

  protected peek(): Token {
    return this.tokens[this.index] ?? { kind: '<EOF>', start: this.source.length, end: this.source.length };
  }

  protected take(): Token {
    const token = this.peek();
    this.index += 1;
    return token;
  }

  protected text(token: Token): string {
    return this.source.slice(token.start, token.end);
  }

  protected report(at: number, message: string): void {
    this.issues.push({ at, message });
  }

  protected expect(kind: TokenKind): Token {
    if (this.kind() !== kind) this.unexpected();
    return this.take();
  }

  /** The text does not parse: what to say of it is found out by a walk that recovers as stock's parser does. */
  protected unexpected(): never {
    const errors = syntaxErrors(this.source, this.tokens);
    this.issues.unshift(...errors);
    if (errors.length === 0)
      this.report(this.peek().start, `Syntax error: mismatched input '${this.text(this.peek())}'`);
    throw new Abandon();
  }

  protected limit(message: string): never {
    this.issues.push({ at: -1, message });
    throw new Abandon();
  }

  protected enter(rule: Rule): void {
    this.nesting[rule] += 1;
    if (this.nesting[rule] > maxDepth) this.limit(`expression recursion limit exceeded: ${maxDepth}`);
  }
}
