import { ArrayList, elementsOf } from '../collections.ts';
import { declare, type Implementation, type Library, method, type Overload, overload } from '../declarations.ts';
import { work } from '../effort.ts';
import { formatText } from '../format-text.ts';
import { pointsOf, runesBefore, runesOf, unitOf } from '../runes.ts';
import { codePoints } from '../source.ts';
import { type CelType, DYN, INT, listOf, STRING } from '../type.ts';
import { CelError, type CelResult, type CelValue, ListValue, noSuchOverload } from '../values.ts';

const texts = listOf(STRING);

/** A function of a text and then of texts and integers. */
function of(
  id: string,
  args: readonly CelType[],
  result: CelType,
  give: (text: string, ...rest: (string & number)[]) => CelResult,
): Overload {
  const call: Implementation = (text, ...rest) => {
    if (typeof text !== 'string') return noSuchOverload;
    work(text.length);
    const given: (string & number)[] = [];
    for (const arg of rest.slice(0, args.length)) {
      // An index that big is out of every range, and errors name it.
      if (typeof arg === 'bigint' && result !== texts && id !== 'string_replace_string_string_int')
        return outOfRange(arg);
      const value = typeof arg === 'bigint' ? Number(arg) : arg;
      if (typeof value !== 'string' && typeof value !== 'number') return noSuchOverload;
      given.push(value as string & number);
    }
    return give(text, ...given);
  };
  return method(id, [STRING, ...args], result, call);
}

function outOfRange(index: number | bigint): CelError {
  return new CelError(`index out of range: ${index}`);
}

function charAt(text: string, index: number): CelResult {
  const runes = runesOf(text);
  if (index < 0 || index > runes.length) return outOfRange(index);
  return runes.slice(index, index + 1);
}

function indexOf(text: string, part: string, from = 0): CelResult {
  if (part === '') return from;
  if (from < 0) return outOfRange(from);
  if (from >= codePoints(text)) return -1;
  const at = text.indexOf(part, unitOf(text, from));
  return at < 0 ? -1 : runesBefore(text, at);
}

function lastIndexOf(text: string, part: string, from?: number): CelResult {
  const length = codePoints(text);
  if (part === '') return from ?? length;
  const start = from ?? length - 1;
  if (start < 0) return outOfRange(start);
  if (start >= length) return -1;
  const at = text.lastIndexOf(part, unitOf(text, start));
  return at < 0 ? -1 : runesBefore(text, at);
}

function replace(text: string, old: string, fresh: string, count = -1): CelResult {
  if (count === 0 || old === fresh) return text;
  if (text.length * fresh.length > 1_000_000) work(replacedLength(text, old, fresh));
  if (count < 0 && old !== '') return text.replaceAll(old, () => fresh);
  if (old === '') return interleave(text, fresh, count);
  let left = count;
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf(old); at >= 0 && left > 0; at = text.indexOf(old, from)) {
    parts.push(text.slice(from, at), fresh);
    from = at + old.length;
    left -= 1;
  }
  return parts.join('') + text.slice(from);
}

/** How long a text may be once something in it is replaced. */
function replacedLength(text: string, old: string, fresh: string): number {
  if (old === '') return text.length + (text.length + 1) * fresh.length;
  let count = 0;
  for (let at = text.indexOf(old); at >= 0; at = text.indexOf(old, at + old.length)) count += 1;
  return text.length + count * fresh.length;
}

/** Every place between characters holds the empty text. */
function interleave(text: string, fresh: string, count: number): string {
  const points = pointsOf(text);
  const places = count < 0 ? points.length + 1 : Math.min(count, points.length + 1);
  let out = '';
  for (let i = 0; i <= points.length; i += 1) out += (i < places ? fresh : '') + (points[i] ?? '');
  return out;
}

function split(text: string, separator: string, count = -1): CelResult {
  if (count === 0) return new ArrayList([]);
  const parts = separator === '' ? pointsOf(text) : text.split(separator);
  if (count < 0 || parts.length <= count) return new ArrayList(parts);
  const rest = parts.slice(count - 1).join(separator);
  return new ArrayList([...parts.slice(0, count - 1), rest]);
}

function substring(text: string, start: number, end?: number): CelResult {
  const runes = runesOf(text);
  if (end !== undefined && start > end) {
    return new CelError(`invalid substring range. start: ${start}, end: ${end}`);
  }
  if (start < 0 || start > runes.length) return outOfRange(start);
  if (end !== undefined && (end < 0 || end > runes.length)) return outOfRange(end);
  return runes.slice(start, end);
}

// What Go takes for white space; JavaScript's trim takes U+FEFF too and leaves U+0085.
const edges =
  /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

function trim(text: string): string {
  return text.length > 4096 ? trimLong(text) : text.replaceAll(edges, '');
}

/** A search for the white space at the end of a long text starts at the end. */
function trimLong(text: string): string {
  const blank = (index: number): boolean => text.charAt(index).replaceAll(edges, '') === '';
  let from = 0;
  let to = text.length;
  while (from < to && blank(from)) from += 1;
  while (to > from && blank(to - 1)) to -= 1;
  return text.slice(from, to);
}

function join(list: CelValue, separator: CelValue): CelResult {
  if (!(list instanceof ListValue)) return noSuchOverload;
  const elements = elementsOf(list);
  if (elements instanceof CelError) return elements;
  const parts: string[] = [];
  const gap = typeof separator === 'string' ? separator : '';
  for (const element of elements) {
    if (typeof element === 'string') work(element.length + gap.length);
    if (typeof element !== 'string') return new CelError(`join: invalid input: ${shownInput(element)}`);
    parts.push(element);
  }
  return parts.join(gap);
}

function shownInput(value: CelValue): string {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? `${value}` : '';
}

const quotes: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

function quote(text: string): string {
  // eslint-disable-next-line no-control-regex
  const inner = text.toWellFormed().replaceAll(/[\u0007\b\f\n\r\t\v\\"]/g, (char) => quotes[char] ?? char);
  return `"${inner}"`;
}

const upper = (text: string): string => text.replaceAll(/[a-z]+/g, (part) => part.toUpperCase());
const lower = (text: string): string => text.replaceAll(/[A-Z]+/g, (part) => part.toLowerCase());

/** Functions of texts, as release 2 of CEL's library of strings has them. */
export const stringsLibrary: Library = {
  functions: [
    declare('charAt', of('string_char_at_int', [INT], STRING, charAt)),
    declare(
      'indexOf',
      of('string_index_of_string', [STRING], INT, (text, part) => indexOf(text, part)),
      of('string_index_of_string_int', [STRING, INT], INT, indexOf),
    ),
    declare(
      'lastIndexOf',
      of('string_last_index_of_string', [STRING], INT, (text, part) => lastIndexOf(text, part)),
      of('string_last_index_of_string_int', [STRING, INT], INT, lastIndexOf),
    ),
    declare('lowerAscii', of('string_lower_ascii', [], STRING, lower)),
    declare(
      'replace',
      of('string_replace_string_string', [STRING, STRING], STRING, (text, old, fresh) => replace(text, old, fresh)),
      of('string_replace_string_string_int', [STRING, STRING, INT], STRING, replace),
    ),
    declare(
      'split',
      of('string_split_string', [STRING], texts, (text, separator) => split(text, separator)),
      of('string_split_string_int', [STRING, INT], texts, split),
    ),
    declare(
      'substring',
      of('string_substring_int', [INT], STRING, (text, start) => substring(text, start)),
      of('string_substring_int_int', [INT, INT], STRING, substring),
    ),
    declare('trim', of('string_trim', [], STRING, trim)),
    declare('upperAscii', of('string_upper_ascii', [], STRING, upper)),
    declare(
      'format',
      method('string_format', [STRING, listOf(DYN)], STRING, (text, args) =>
        typeof text === 'string' && args instanceof ListValue ? formatText(text, args) : noSuchOverload,
      ),
    ),
    declare(
      'strings.quote',
      overload('strings_quote', [STRING], STRING, (text) => (typeof text === 'string' ? quote(text) : noSuchOverload)),
    ),
    declare(
      'join',
      method('list_join', [texts], STRING, join),
      method('list_join_string', [texts, STRING], STRING, join),
    ),
  ],
};
