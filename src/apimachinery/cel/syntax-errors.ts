import type { Token, TokenKind } from './lexer.ts';
import { type Follow, GaveUp, RecoveringWalk } from './recovering-walk.ts';
import type { Issue } from './source.ts';
import {
  calculations,
  elementStart,
  exprStart,
  fieldStart,
  joined,
  literalStart,
  primaryStart,
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
  const walk = new GrammarWalk(source, tokens);
  walk.start();
  return walk.issues;
}

const none = setOf();
const then = (end: boolean, ...kinds: readonly TokenKind[]): Follow => ({ set: setOf(...kinds), end });
const nothing = then(true);
const closeParen = then(false, ')');
const afterPrimary = then(true, '.', '[');
const afterUnary: Follow = { set: calculations, end: true };
const afterCalc: Follow = { set: relations, end: true };
const comma = then(true, ',');

class GrammarWalk extends RecoveringWalk {
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
}
