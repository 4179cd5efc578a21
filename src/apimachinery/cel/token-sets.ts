import type { TokenKind } from './lexer.ts';

/** All kinds of tokens in the order in which stock's grammar numbers them, which is how sets of them are printed. */
const order: readonly TokenKind[] = [
  '<EOF>',
  '==',
  '!=',
  'in',
  '<',
  '<=',
  '>=',
  '>',
  '&&',
  '||',
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
  'true',
  'false',
  'null',
  'NUM_FLOAT',
  'NUM_INT',
  'NUM_UINT',
  'STRING',
  'BYTES',
  'IDENTIFIER',
  'ESC_IDENTIFIER',
];

export type TokenSet = ReadonlySet<TokenKind>;

/** A set of tokens. */
export function tokens(...kinds: readonly TokenKind[]): TokenSet {
  return new Set(kinds);
}

/** Everything that is in one of some sets. */
export function joined(...sets: readonly TokenSet[]): TokenSet {
  return new Set(sets.flatMap((set) => [...set]));
}

/** A set as errors print it. */
export function printed(set: TokenSet): string {
  const names = order
    .filter((kind) => set.has(kind))
    .map((kind) => (/^[A-Z<]+[A-Z_>]+$/.test(kind) ? kind : `'${kind}'`));
  return names.length === 1 ? (names[0] ?? '') : `{${names.join(', ')}}`;
}

export const literalStart: TokenSet = tokens(
  '-',
  'true',
  'false',
  'null',
  'NUM_FLOAT',
  'NUM_INT',
  'NUM_UINT',
  'STRING',
  'BYTES',
);
export const primaryStart: TokenSet = joined(literalStart, tokens('[', '{', '(', '.', 'IDENTIFIER'));
export const exprStart: TokenSet = joined(primaryStart, tokens('!'));
export const elementStart: TokenSet = joined(exprStart, tokens('?'));
export const fieldStart: TokenSet = tokens('?', 'IDENTIFIER', 'ESC_IDENTIFIER');
export const relations: TokenSet = tokens('<', '<=', '>=', '>', '==', '!=', 'in');
export const calculations: TokenSet = tokens('*', '/', '%', '+', '-');
export const products: TokenSet = tokens('*', '/', '%');
export const sums: TokenSet = tokens('+', '-');
