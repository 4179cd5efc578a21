import { badRequest } from './errors.ts';

export type FieldRequirement = { readonly field: string; readonly op: '=' | '!='; readonly value: string };

/**
 * Reads `fieldSelector` of a request: `f=v`, `f==v` and `f!=v` joined by commas; `\` escapes `,`, `=` and itself in values. Which fields a kind
 * knows is for the caller to check. Empty terms are skipped, terms come sorted, as upstream does both.
 * @throws ApiError 400 with upstream's words.
 */
export function parseFieldSelector(text: string): readonly FieldRequirement[] {
  if (text === '') return [];
  const terms = splitTerms(text).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const found: FieldRequirement[] = [];
  for (const term of terms) {
    if (term === '') continue;
    const operator = /!=|==?/.exec(term);
    if (operator === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    found.push({
      field: term.slice(0, operator.index),
      op: operator[0] === '!=' ? '!=' : '=',
      value: unescapeValue(term.slice(operator.index + operator[0].length)),
    });
  }
  return found;
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function unescapeValue(escaped: string): string {
  if (!/[\\,=]/.test(escaped)) return escaped;
  let value = '';
  const characters = escaped[Symbol.iterator]();
  for (const character of characters) {
    if (character === ',' || character === '=') {
      throw badRequest(`invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`);
    }
    if (character !== '\\') {
      value += character;
      continue;
    }
    const next = characters.next();
    const sequence = next.done ? '' : next.value;
    if (sequence !== '\\' && sequence !== ',' && sequence !== '=') {
      throw badRequest(`invalid field selector: invalid escape sequence: \\${sequence}`);
    }
    value += sequence;
  }
  return value;
}

/** Writes a value so that `parseFieldSelector` reads it back. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, (character) => `\\${character}`);
}
