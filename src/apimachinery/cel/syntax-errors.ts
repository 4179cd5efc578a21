import { escapeSpace, type Token, type TokenKind } from './lexer.ts';
import type { Issue } from './source.ts';
import {
  calculations,
  elementStart,
  exprStart,
  fieldStart,
  joined,
  literalStart,
  primaryStart,
  printed,
  products,
  relations,
  sums,
  type TokenSet,
  tokens as setOf,
} from './token-sets.ts';

/**
 * Says what is wrong with a text that does not parse, as stock does: its parser goes on after an error, drops or
 * supplies a token where that helps, and reports what it meets next. This one walks the same grammar in the same way and
 * makes nothing but the reports.
 */
export function syntaxErrors(source: string, tokens: readonly Token[]): Issue[] {
  const walk = new Recovery(source, tokens);
  walk.start();
  return walk.issues;
}

/** Something that a rule cannot go on with; the rule that it leaves recovers. */
class Mismatch extends Error {}
/** The end of the walk: too much is wrong. */
class GaveUp extends Error {}

/** What may follow the call of a rule within the rule that made it; at its end, what follows that. */
type Follow = { readonly set: TokenSet; readonly end: boolean };

const maxAttempts = 30;
const maxSkipped = 256;
const maxReports = 100;
const maxDepth = 250;

const none = setOf();
const then = (end: boolean, ...kinds: readonly TokenKind[]): Follow => ({ set: setOf(...kinds), end });
const nothing = then(true);
const closeParen = then(false, ')');
const afterPrimary = then(true, '.', '[');
const afterUnary: Follow = { set: calculations, end: true };
const afterCalc: Follow = { set: relations, end: true };
const comma = then(true, ',');

class Recovery {
  readonly issues: Issue[] = [];
  private readonly source: string;
  private readonly tokens: readonly Token[];
  private index = 0;
  private readonly follows: Follow[] = [];
  private state = '';
  private recovering = false;
  private lastErrorIndex = -1;
  private readonly lastErrorStates = new Set<string>();
  private attempts = 0;

  constructor(source: string, tokens: readonly Token[]) {
    this.source = source;
    this.tokens = tokens;
  }

  start(): void {
    try {
      this.rule(() => {
        this.call('start', then(false, '<EOF>'), () => this.expr());
        this.match('start.end', '<EOF>', none, false);
      });
    } catch (error) {
      if (!(error instanceof GaveUp)) throw error;
    }
  }

  private expr(): void {
    this.call('expr', then(true, '?'), () => this.or());
    if (this.kind() !== '?') return;
    this.match('expr.then', '?', exprStart, false);
    this.call('expr.yes', then(false, ':'), () => this.or());
    this.match('expr.else', ':', exprStart, false);
    this.call('expr.no', nothing, () => this.expr());
  }

  private or(): void {
    this.call('or', then(true, '||'), () => this.and());
    while (this.kind() === '||') {
      this.match('or.op', '||', exprStart, false);
      this.call('or.next', then(true, '||'), () => this.and());
    }
  }

  private and(): void {
    this.call('and', then(true, '&&'), () => this.relation(0));
    while (this.kind() === '&&') {
      this.match('and.op', '&&', exprStart, false);
      this.call('and.next', then(true, '&&'), () => this.relation(0));
    }
  }

  private relation(level: number): void {
    this.call('relation', afterCalc, () => this.calc(0));
    while (relations.has(this.kind()) && level <= 1) {
      this.accept();
      this.call('relation.next', afterCalc, () => this.relation(2));
    }
  }

  private calc(level: number): void {
    this.call('calc', afterUnary, () => this.unary());
    while ((products.has(this.kind()) && level <= 2) || (sums.has(this.kind()) && level <= 1)) {
      const next = products.has(this.kind()) ? 3 : 2;
      this.accept();
      this.call(`calc.${next}`, afterUnary, () => this.calc(next));
    }
  }

  private unary(): void {
    this.sync('unary', exprStart);
    if (this.kind() === '!') {
      this.repeat('!');
    } else if (this.kind() === '-' && !this.isNumber(this.kind(1))) {
      if (!primaryStart.has(this.kind(1))) this.noViable(1);
      this.minuses();
    }
    this.call('unary.member', nothing, () => this.member());
  }

  private repeat(sign: TokenKind): void {
    while (this.kind() === sign) {
      this.match(`unary.${sign}`, sign, primaryStart, false);
      this.syncLoop(`unary.${sign}.loop`, joined(primaryStart, setOf(sign)));
    }
  }

  private minuses(): void {
    do {
      this.match('unary.-', '-', primaryStart, false);
      this.syncLoop('unary.-.loop', primaryStart);
      if (this.kind() === '-' && !primaryStart.has(this.kind(1))) this.noViable(1);
    } while (this.kind() === '-');
  }

  private isNumber(kind: TokenKind): boolean {
    return kind === 'NUM_INT' || kind === 'NUM_FLOAT';
  }

  private member(): void {
    this.call('member', afterPrimary, () => this.primary());
    for (;;) {
      if (this.kind() === '[') this.indexed();
      else if (this.kind() === '.') this.selected();
      else return;
    }
  }

  private indexed(): void {
    this.match('index.open', '[', elementStart, false);
    this.sync('index.option', elementStart);
    if (this.kind() === '?') this.match('index.optional', '?', exprStart, false);
    this.call('index', then(false, ']'), () => this.expr());
    this.match('index.close', ']', afterPrimary.set, true);
  }

  private selected(): void {
    const next = this.kind(1);
    if (next !== '?' && next !== 'IDENTIFIER' && next !== 'ESC_IDENTIFIER') this.noViable(1);
    this.match('select.dot', '.', fieldStart, false);
    if (next === 'IDENTIFIER' && this.kind(1) === '(') {
      this.match('call.name', 'IDENTIFIER', setOf('('), false);
      this.args('call');
      return;
    }
    this.sync('select.option', fieldStart);
    if (this.kind() === '?') this.match('select.optional', '?', setOf('IDENTIFIER', 'ESC_IDENTIFIER'), false);
    this.call('select.field', afterPrimary, () => this.fieldName());
  }

  private fieldName(): void {
    this.sync('field', setOf('IDENTIFIER', 'ESC_IDENTIFIER'));
    const kind = this.kind();
    if (kind !== 'IDENTIFIER' && kind !== 'ESC_IDENTIFIER') this.noViable(0);
    this.match('field.name', kind, none, true);
  }

  private args(rule: string): void {
    this.match(`${rule}.open`, '(', joined(exprStart, setOf(')')), false);
    this.sync(`${rule}.args`, joined(exprStart, setOf(')')));
    if (exprStart.has(this.kind())) this.call(`${rule}.list`, closeParen, () => this.exprList());
    this.match(`${rule}.close`, ')', rule === 'call' ? afterPrimary.set : none, true);
  }

  private exprList(): void {
    this.call('list', comma, () => this.expr());
    while (this.kind() === ',') {
      this.match('list.comma', ',', exprStart, false);
      this.call('list.next', comma, () => this.expr());
    }
  }

  private primary(): void {
    this.sync('primary', primaryStart);
    switch (this.kind()) {
      case '.':
      case 'IDENTIFIER':
        this.name();
        return;
      case '(':
        this.match('nested.open', '(', exprStart, false);
        this.call('nested', closeParen, () => this.expr());
        this.match('nested.close', ')', none, true);
        return;
      case '[':
        this.container('[', ']', elementStart, () => this.list());
        return;
      case '{':
        this.container('{', '}', elementStart, () => this.entries());
        return;
      default:
        if (!literalStart.has(this.kind())) this.noViable(0);
        this.call('literal', nothing, () => this.literal());
    }
  }

  private literal(): void {
    this.sync('literal.start', literalStart);
    if (this.kind() === '-') {
      if (!this.isNumber(this.kind(1))) this.noViable(1);
      this.match('literal.sign', '-', setOf('NUM_INT', 'NUM_FLOAT'), false);
    }
    if (!literalStart.has(this.kind())) this.noViable(0);
    this.match('literal.value', this.kind(), none, true);
  }

  private name(): void {
    const dot = this.kind() === '.' ? 1 : 0;
    if (this.kind(dot) !== 'IDENTIFIER') this.noViable(dot);
    let ahead = dot + 1;
    while (this.kind(ahead) === '.' && this.kind(ahead + 1) === 'IDENTIFIER') ahead += 2;
    const message = this.kind(ahead) === '{';
    if (dot === 1) this.accept();
    this.accept();
    if (message) {
      while (this.kind() !== '{') this.accept();
      this.container('{', '}', fieldStart, () => this.fields());
    } else if (this.kind() === '(') {
      this.args('global');
    }
  }

  /** Items in brackets, with a comma behind the last one if need be. */
  private container(open: TokenKind, close: TokenKind, first: TokenSet, items: () => void): void {
    const end = setOf(',', close);
    this.match(`${open}.open`, open, joined(first, end), false);
    this.sync(`${open}.items`, joined(first, end));
    if (first.has(this.kind())) this.call(`${open}.list`, { set: end, end: false }, items);
    this.sync(`${open}.comma`, end);
    if (this.kind() === ',') this.match(`${open}.last`, ',', setOf(close), false);
    this.match(`${open}.close`, close, none, true);
  }

  private list(): void {
    this.call('element', comma, () => this.optional());
    while (this.another(elementStart)) this.call('element.next', comma, () => this.optional());
  }

  private entries(): void {
    do {
      this.call('key', then(false, ':'), () => this.optional());
      this.match('key.colon', ':', exprStart, false);
      this.call('value', comma, () => this.expr());
    } while (this.another(elementStart));
  }

  private fields(): void {
    do {
      this.call('entry', then(false, ':'), () => {
        this.sync('entry.option', fieldStart);
        if (this.kind() === '?') this.match('entry.optional', '?', setOf('IDENTIFIER', 'ESC_IDENTIFIER'), false);
        this.call('entry.name', nothing, () => this.fieldName());
      });
      this.match('entry.colon', ':', exprStart, false);
      this.call('entry.value', comma, () => this.expr());
    } while (this.another(fieldStart));
  }

  /** Past a comma, if an item follows it. */
  private another(first: TokenSet): boolean {
    if (this.kind() !== ',' || !first.has(this.kind(1))) return false;
    this.match('another', ',', first, false);
    return true;
  }

  private optional(): void {
    this.sync('optional', elementStart);
    if (this.kind() === '?') this.match('optional.mark', '?', exprStart, false);
    this.call('optional.value', nothing, () => this.expr());
  }

  private kind(ahead = 0): TokenKind {
    return this.tokens[this.index + ahead]?.kind ?? '<EOF>';
  }

  private token(ahead = 0): Token {
    const end = this.source.length;
    return this.tokens[this.index + ahead] ?? { kind: '<EOF>', start: end, end };
  }

  /** Takes the token, which is right, and so ends a recovery. */
  private accept(): void {
    this.recovering = false;
    this.lastErrorIndex = -1;
    this.lastErrorStates.clear();
    this.consume();
  }

  private consume(): void {
    if (this.kind() !== '<EOF>') this.index += 1;
  }

  private call(state: string, follow: Follow, rule: () => void): void {
    this.state = state;
    this.follows.push(follow);
    if (this.follows.length > maxDepth * 10) throw new GaveUp();
    this.rule(rule);
    this.follows.pop();
    this.state = state;
  }

  /** Runs a rule; whatever is wrong in it is over at its end. */
  private rule(body: () => void): void {
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
  private match(state: string, kind: TokenKind, next: TokenSet, end: boolean): void {
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
  private sync(state: string, expected: TokenSet): void {
    this.state = state;
    if (this.recovering || expected.has(this.kind()) || this.deleteOne(expected)) return;
    this.mismatch(expected);
  }

  /** At the end of a turn of a loop: drops all that neither the loop nor what follows can begin with. */
  private syncLoop(state: string, expected: TokenSet): void {
    this.state = state;
    if (this.recovering || expected.has(this.kind())) return;
    this.report(`extraneous input ${this.shown()} expecting ${printed(expected)}`);
    this.skipTo(joined(expected, ...this.follows.map(({ set }) => set)));
  }

  private deleteOne(expected: TokenSet): boolean {
    if (!expected.has(this.kind(1))) return false;
    this.report(`extraneous input ${this.shown()} expecting ${printed(expected)}`);
    this.consume();
    this.recovering = false;
    this.lastErrorIndex = -1;
    this.lastErrorStates.clear();
    return true;
  }

  /** All that may come next, up through the rules that could end here. */
  private reachable(follow: Follow): TokenSet {
    const sets = [follow.set];
    let { end } = follow;
    for (let i = this.follows.length - 1; end && i >= 0; i -= 1) {
      const outer = this.follows[i] ?? nothing;
      sets.push(outer.set);
      end = outer.end;
    }
    return joined(...sets, end ? setOf('<EOF>') : none);
  }

  private mismatch(expected: TokenSet): never {
    this.report(`mismatched input ${this.shown()} expecting ${printed(expected)}`);
    throw new Mismatch();
  }

  /** No way of the grammar takes the tokens up to this one. */
  private noViable(ahead: number): never {
    const start = this.token();
    const offending = this.token(ahead);
    const input = start.kind === '<EOF>' ? '<EOF>' : this.source.slice(start.start, this.textEnd(ahead));
    const word = /^.(true|false|null)$/su.exec(input)?.[1];
    const message =
      word === undefined
        ? `no viable alternative at input '${escapeSpace(input)}'`
        : `mismatched input '${word}' expecting IDENTIFIER`;
    this.report(message, offending);
    throw new Mismatch();
  }

  private textEnd(ahead: number): number {
    const offending = this.token(ahead);
    return offending.kind === '<EOF>' ? this.token(ahead - 1).end : offending.end;
  }

  private recover(): void {
    this.attempt();
    if (this.lastErrorIndex === this.index && this.lastErrorStates.has(this.state)) this.consume();
    this.lastErrorIndex = this.index;
    this.lastErrorStates.add(this.state);
    this.skipTo(joined(...this.follows.map(({ set }) => set)));
  }

  private skipTo(set: TokenSet): void {
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

  private attempt(): void {
    this.attempts += 1;
    if (this.attempts <= maxAttempts) return;
    this.recovering = false;
    this.report(`error recovery attempt limit exceeded: ${maxAttempts}`);
    throw new GaveUp();
  }

  /** Reports, unless that is an echo of what was reported already. */
  private report(message: string, token = this.token()): void {
    if (this.recovering) return;
    this.recovering = true;
    const full = this.issues.length >= maxReports;
    const text = full ? `More than ${maxReports} syntax errors` : message;
    this.issues.push({ at: token.start, message: `Syntax error: ${text}` });
    if (full) throw new GaveUp();
  }

  private shown(): string {
    const token = this.token();
    const text = token.kind === '<EOF>' ? '<EOF>' : escapeSpace(this.source.slice(token.start, token.end));
    return `'${text}'`;
  }
}
