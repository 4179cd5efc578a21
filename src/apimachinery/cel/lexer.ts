import type { Issue } from './source.ts';

/** The kinds of tokens: words and literals by name, everything else by its own text. */
export type TokenKind =
  | 'IDENTIFIER'
  | 'ESC_IDENTIFIER'
  | 'NUM_INT'
  | 'NUM_UINT'
  | 'NUM_FLOAT'
  | 'STRING'
  | 'BYTES'
  | '<EOF>'
  | 'true'
  | 'false'
  | 'null'
  | 'in'
  | (typeof signs)[number];

export type Token = { readonly kind: TokenKind; readonly start: number; readonly end: number };

const signs = [
  '==',
  '!=',
  '<=',
  '>=',
  '&&',
  '||',
  '<',
  '>',
  '[',
  ']',
  '{',
  '}',
  '(',
  ')',
  '.',
  ',',
  '-',
  '!',
  '?',
  ':',
  '+',
  '*',
  '/',
  '%',
] as const;

const words: ReadonlySet<string> = new Set(['true', 'false', 'null', 'in']);
const bySign: ReadonlyMap<string, TokenKind> = new Map(signs.map((sign) => [sign, sign]));

const space = /[\t \r\n\f]+/y;
const comment = /\/\/[^\n]*/y;
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y;
const quoted = /`[A-Za-z0-9_.\-/ ]+`/y;
const number = /0x[0-9a-fA-F]+[uU]?|\d+[uU]|(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)|\d+/y;
const escape = /\\(?:[abfnrtv"'\\?`]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/y;

function matchAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/** Splits a source into tokens; what is no token is reported and skipped, as stock's lexer does. */
export function tokenize(source: string, issues: Issue[]): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const skipped = skipBlank(source, at);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    const token = tokenAt(source, at);
    if (typeof token === 'number') {
      const end = Math.min(token, source.length);
      issues.push({ at, message: `Syntax error: token recognition error at: '${source.slice(at, end)}'` });
      at = end;
      continue;
    }
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: '<EOF>', start: source.length, end: source.length });
  return tokens;
}

function skipBlank(source: string, at: number): number {
  const blank = matchAt(space, source, at);
  return blank >= 0 ? blank : matchAt(comment, source, at);
}

/** The token at a place, or the place behind what cannot be one. */
function tokenAt(source: string, at: number): Token | number {
  const c = source.charCodeAt(at);
  if ((c >= 0x30 && c <= 0x39) || (c === 0x2e && isDigit(source.charCodeAt(at + 1)))) return numberAt(source, at);
  if (isLetter(c)) return wordAt(source, at);
  if (c === 0x22 || c === 0x27) {
    const end = stringEnd(source, at, false);
    return end > 0 ? { kind: 'STRING', start: at, end } : -end;
  }
  if (c === 0x60) {
    const end = matchAt(quoted, source, at);
    if (end >= 0) return { kind: 'ESC_IDENTIFIER', start: at, end };
    let stop = at + 1;
    while (stop < source.length && /[A-Za-z0-9_.\-/ ]/.test(source.charAt(stop))) stop += 1;
    return stop + 1;
  }
  const two = bySign.get(source.slice(at, at + 2));
  if (two !== undefined) return { kind: two, start: at, end: at + 2 };
  const one = bySign.get(source.charAt(at));
  if (one !== undefined) return { kind: one, start: at, end: at + 1 };
  // A lone & | or = waits for its twin, so the letter behind it is lost too.
  if (c === 0x26 || c === 0x7c || c === 0x3d) return at + 1 + pointLength(source, at + 1);
  return at + pointLength(source, at);
}

function numberAt(source: string, at: number): Token {
  const end = matchAt(number, source, at);
  const text = source.slice(at, end);
  const hex = text.startsWith('0x');
  const kind = /[uU]$/.test(text) ? 'NUM_UINT' : !hex && /[.eE]/.test(text) ? 'NUM_FLOAT' : 'NUM_INT';
  return { kind, start: at, end };
}

function wordAt(source: string, at: number): Token {
  const prefix = quotePrefix(source, at);
  if (prefix !== '') {
    const end = stringEnd(source, at + prefix.length, /[rR]/.test(prefix));
    if (end > 0) return { kind: /^[bB]/.test(prefix) ? 'BYTES' : 'STRING', start: at, end };
  }
  const end = matchAt(identifier, source, at);
  const text = source.slice(at, end);
  // A word of the language, or any name.
  const kind = words.has(text) ? (text as TokenKind) : 'IDENTIFIER';
  return { kind, start: at, end };
}

/** The letters in front of a quote that make it bytes or raw. */
function quotePrefix(source: string, at: number): string {
  const second = source.charAt(at + 1);
  if (second === '"' || second === "'") return /[bBrR]/.test(source.charAt(at)) ? source.charAt(at) : '';
  const third = source.charAt(at + 2);
  if (third !== '"' && third !== "'") return '';
  return /[bB]/.test(source.charAt(at)) && /[rR]/.test(second) ? source.slice(at, at + 2) : '';
}

/** Where a string ends; below zero: it does not, and what precedes the negated place cannot be a token. */
function stringEnd(source: string, at: number, raw: boolean): number {
  const quote = source.charAt(at);
  const triple = quote.repeat(3);
  if (source.startsWith(triple, at)) {
    const end = stringBody(source, at + 3, triple, raw, true);
    // Without its end, a triple quote is an empty string and the beginning of another.
    return end > 0 ? end : at + 2;
  }
  return stringBody(source, at + 1, quote, raw, false);
}

function stringBody(source: string, from: number, end: string, raw: boolean, multiline: boolean): number {
  for (let i = from; i < source.length; ) {
    if (source.startsWith(end, i)) return i + end.length;
    const c = source.charAt(i);
    if (!multiline && (c === '\n' || c === '\r')) return -(i + 1);
    if (c === '\\' && !raw) {
      const next = matchAt(escape, source, i);
      if (next < 0) return -(escapeStop(source, i) + 1);
      i = next;
    } else {
      i += 1;
    }
  }
  return -source.length;
}

/** The first character that does not belong to an escape. */
function escapeStop(source: string, at: number): number {
  const rest = source.slice(at + 1, at + 10);
  const part = /^(?:[xX][0-9a-fA-F]{0,2}|u[0-9a-fA-F]{0,4}|U[0-9a-fA-F]{0,8}|[0-3][0-7]{0,2})?/.exec(rest)?.[0] ?? '';
  return at + 1 + part.length;
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

function isLetter(c: number): boolean {
  return (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || c === 0x5f;
}

function pointLength(source: string, at: number): number {
  return (source.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** A text as error messages quote it. */
export function escapeSpace(text: string): string {
  return text.replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll('\r', '\\r');
}
