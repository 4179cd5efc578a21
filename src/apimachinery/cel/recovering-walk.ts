import { escapeSpace, type Token, type TokenKind } from './lexer.ts';
import type { Issue } from './source.ts';
import { joined, printed, type TokenSet, tokens as setOf } from './token-sets.ts';

/** Something that a rule cannot go on with; the rule that it leaves recovers. */
class Mismatch extends Error {}
/** The end of the walk: too much is wrong. */
export class GaveUp extends Error {}

/** What may follow the call of a rule within the rule that made it; at its end, what follows that. */
export type Follow = { readonly set: TokenSet; readonly end: boolean };

const maxAttempts = 30;
const maxSkipped = 256;
const maxReports = 100;
const maxCalls = 2500;

const none = setOf();

/** How stock's parser goes on after an error: it drops or supplies a token, or skips to where some rule can go on. */
export class RecoveringWalk {
  readonly issues: Issue[] = [];
  protected readonly source: string;
  protected readonly tokens: readonly Token[];
  protected index = 0;
  protected readonly follows: Follow[] = [];
  protected state = '';
  protected recovering = false;
  protected lastErrorIndex = -1;
  protected readonly lastErrorStates = new Set<string>();
  protected attempts = 0;

  constructor(source: string, tokens: readonly Token[]) {
    this.source = source;
    this.tokens = tokens;
  }

  protected kind(ahead = 0): TokenKind {
    return this.tokens[this.index + ahead]?.kind ?? '<EOF>';
  }

  protected token(ahead = 0): Token {
    const end = this.source.length;
    return this.tokens[this.index + ahead] ?? { kind: '<EOF>', start: end, end };
  }

  /** Takes the token, which is right, and so ends a recovery. */
  protected accept(): void {
    this.recovering = false;
    this.lastErrorIndex = -1;
    this.lastErrorStates.clear();
    this.consume();
  }

  protected consume(): void {
    if (this.kind() !== '<EOF>') this.index += 1;
  }

  protected call(state: string, follow: Follow, rule: () => void): void {
    this.state = state;
    this.follows.push(follow);
    if (this.follows.length > maxCalls) throw new GaveUp();
    this.rule(rule);
    this.follows.pop();
    this.state = state;
  }

  /** Runs a rule; whatever is wrong in it is over at its end. */
  protected rule(body: () => void): void {
    const depth = this.follows.length;
    try {
      body();
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      this.follows.length = depth;
      this.recover();
    }
  }

  /** Takes one token of a kind, or does without it; `next` is what may come behind it in this rule. */
  protected match(state: string, kind: TokenKind, next: TokenSet, end: boolean): void {
    this.state = state;
    if (this.kind() === kind) {
      this.accept();
      return;
    }
    this.attempt();
    const expected = setOf(kind);
    if (this.deleteOne(expected)) {
      this.accept();
      return;
    }
    if (this.reachable({ set: next, end }).has(this.kind())) {
      this.report(`missing ${printed(expected)} at ${this.shown()}`);
      return;
    }
    this.mismatch(expected);
  }

  /** At a choice of the grammar: drops a token that nothing can be made of, if the one behind it is right. */
  protected sync(state: string, expected: TokenSet): void {
    this.state = state;
    if (this.recovering || expected.has(this.kind()) || this.deleteOne(expected)) return;
    this.mismatch(expected);
  }

  /** At the end of a turn of a loop: drops all that neither the loop nor what follows can begin with. */
  protected syncLoop(state: string, expected: TokenSet): void {
    this.state = state;
    if (this.recovering || expected.has(this.kind())) return;
    this.report(`extraneous input ${this.shown()} expecting ${printed(expected)}`);
    this.skipTo(joined(expected, ...this.follows.map(({ set }) => set)));
  }

  protected deleteOne(expected: TokenSet): boolean {
    if (!expected.has(this.kind(1))) return false;
    this.report(`extraneous input ${this.shown()} expecting ${printed(expected)}`);
    this.consume();
    this.recovering = false;
    this.lastErrorIndex = -1;
    this.lastErrorStates.clear();
    return true;
  }

  /** All that may come next, up through the rules that could end here. */
  protected reachable(follow: Follow): TokenSet {
    const sets = [follow.set];
    let { end } = follow;
    for (let i = this.follows.length - 1; end && i >= 0; i -= 1) {
      const outer = this.follows[i];
      if (outer === undefined) break;
      sets.push(outer.set);
      end = outer.end;
    }
    return joined(...sets, end ? setOf('<EOF>') : none);
  }

  protected mismatch(expected: TokenSet): never {
    this.report(`mismatched input ${this.shown()} expecting ${printed(expected)}`);
    throw new Mismatch();
  }

  /** No way of the grammar takes the tokens up to this one. */
  protected noViable(ahead: number): never {
    const start = this.token();
    const offending = this.token(ahead);
    const input = start.kind === '<EOF>' ? '<EOF>' : this.read(ahead);
    const word = /^.(true|false|null)$/su.exec(input)?.[1];
    const message =
      word === undefined
        ? `no viable alternative at input '${escapeSpace(input)}'`
        : `mismatched input '${word}' expecting IDENTIFIER`;
    this.report(message, offending);
    throw new Mismatch();
  }

  /** The text from the current token to a later one, without what is no token. */
  protected read(ahead: number): string {
    let text = '';
    for (let i = 0; i <= ahead; i += 1) {
      const token = this.token(i);
      const before = i === 0 ? token.start : this.token(i - 1).end;
      const blanks = this.source.slice(before, token.start).match(/[\t \r\n\f]+|\/\/[^\n]*/g) ?? [];
      text += blanks.join('') + this.source.slice(token.start, token.end);
    }
    return text;
  }

  protected recover(): void {
    this.attempt();
    if (this.lastErrorIndex === this.index && this.lastErrorStates.has(this.state)) this.consume();
    this.lastErrorIndex = this.index;
    this.lastErrorStates.add(this.state);
    this.skipTo(joined(...this.follows.map(({ set }) => set)));
  }

  protected skipTo(set: TokenSet): void {
    let skipped = 0;
    while (this.kind() !== '<EOF>' && !set.has(this.kind())) {
      if (skipped >= maxSkipped) {
        this.issues.push({ at: -1, message: `error recovery token lookahead limit exceeded: ${maxSkipped}` });
        throw new GaveUp();
      }
      this.consume();
      skipped += 1;
    }
  }

  protected attempt(): void {
    this.attempts += 1;
    if (this.attempts <= maxAttempts) return;
    this.recovering = false;
    this.report(`error recovery attempt limit exceeded: ${maxAttempts}`);
    throw new GaveUp();
  }

  /** Reports, unless that is an echo of what was reported already. */
  protected report(message: string, token = this.token()): void {
    if (this.recovering) return;
    this.recovering = true;
    const full = this.issues.length >= maxReports;
    const text = full ? `More than ${maxReports} syntax errors` : message;
    this.issues.push({ at: token.start, message: `Syntax error: ${text}` });
    if (full) throw new GaveUp();
  }

  protected shown(): string {
    const token = this.token();
    const text = token.kind === '<EOF>' ? '<EOF>' : escapeSpace(this.source.slice(token.start, token.end));
    return `'${text}'`;
  }
}
