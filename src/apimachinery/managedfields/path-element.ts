import { isObject, type Json, type JsonObject } from '../json.ts';

/*
 * A path element is the text that FieldsV1 gives it: `f:<name>` a field, `k:{…}` an element of a keyed list, `v:<value>` a member of a set,
 * `i:<n>` a position. Equal elements have equal texts, so texts serve as keys. They are written as structured-merge-diff writes them.
 */

export function fieldElement(name: string): string {
  return `f:${name}`;
}

export function valueElement(value: Json): string {
  return `v:${scalarText(value)}`;
}

/** `names` come sorted. */
export function keyElement(names: readonly string[], values: readonly Json[]): string {
  let text = 'k:{';
  for (let i = 0; i < names.length; i++) {
    text += `${i === 0 ? '' : ','}${stringText(names[i] as string)}:${scalarText(values[i] ?? null)}`;
  }
  return `${text}}`;
}

const plainText = /^[\x20\x21\x23-\x25\x27-\x3b\x3d\x3f-\x5b\x5d-\u2027\u202a-\ud7ff\ue000-\uffff]*$/;
const escapes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A JSON string as Go's encoder writes it: also `<`, `>`, `&` and the two line separators are escaped. */
function stringText(value: string): string {
  if (plainText.test(value)) return `"${value}"`;
  const escaped = value.toWellFormed().replace(/["\\<>&\p{Cc}\u2028\u2029]/gu, (character) => {
    const code = character.charCodeAt(0);
    if (code >= 0x7f && code <= 0x9f) return character;
    return escapes[character] ?? `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

function scalarText(value: Json): string {
  if (typeof value === 'string') return stringText(value);
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(scalarText).join(',')}]`;
  const members = Object.keys(value).sort();
  return `{${members.map((key) => `${stringText(key)}:${scalarText(value[key] ?? null)}`).join(',')}}`;
}

/** The canonical text of an element that a client wrote; undefined when its kind is unknown, which upstream skips. Throws on broken ones. */
export function normalizeElement(text: string): string | undefined {
  if (text.length < 2) throw new SyntaxError('key must be 2 characters long:');
  if (text[1] !== ':') throw new SyntaxError(`missing colon: ${text}`);
  switch (text[0]) {
    case 'f':
      return text;
    case 'v':
      return valueElement(JSON.parse(text.slice(2)) as Json);
    case 'k': {
      const fields = JSON.parse(text.slice(2)) as Json;
      if (!isObject(fields)) throw new SyntaxError(`no object: ${text}`);
      const names = Object.keys(fields).sort(compareText);
      return keyElement(
        names,
        names.map((name) => fields[name] ?? null),
      );
    }
    case 'i':
      if (!/^i:[-+]?[0-9]{1,15}$/.test(text)) throw new SyntaxError(`no index: ${text}`);
      return `i:${Number(text.slice(2))}`;
    default:
      return undefined;
  }
}

/** Order of UTF-8 bytes, which Go sorts by. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i === length) return a.length - b.length;
  const x = a.charCodeAt(i);
  const y = b.charCodeAt(i);
  // Surrogates stand for code points above every other unit.
  if (x >= 0xd800 && y >= 0xd800) return utf8Rank(x) - utf8Rank(y);
  return x - y;
}

function utf8Rank(unit: number): number {
  return unit <= 0xdfff ? unit + 0x10000 : unit;
}

const kinds = '.fkvi';

/** The order in which FieldsV1 lists elements: `.`, fields, keys, values, positions; each by its content. */
export function compareElements(a: string, b: string): number {
  const kind = a[0] ?? '';
  if (kind !== b[0]) return kinds.indexOf(kind) - kinds.indexOf(b[0] ?? '');
  switch (kind) {
    case 'k':
      return compareKeys(JSON.parse(a.slice(2)) as JsonObject, JSON.parse(b.slice(2)) as JsonObject);
    case 'v':
      return compareValues(JSON.parse(a.slice(2)) as Json, JSON.parse(b.slice(2)) as Json);
    case 'i':
      return Number(a.slice(2)) - Number(b.slice(2));
    default:
      return compareText(a, b);
  }
}

function compareKeys(a: JsonObject, b: JsonObject): number {
  const left = Object.keys(a);
  const right = Object.keys(b);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const name = left[i] as string;
    const other = right[i] as string;
    const order = compareText(name, other) || compareValues(a[name] ?? null, b[other] ?? null);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function rank(value: Json): number {
  if (typeof value === 'number' || typeof value === 'bigint') return 0;
  if (typeof value === 'string') return 1;
  if (typeof value === 'boolean') return 2;
  return Array.isArray(value) ? 3 : value === null ? 5 : 4;
}

function compareValues(a: Json, b: Json): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  return rank(a) - rank(b) || compareText(scalarText(a), scalarText(b));
}

/** `.name`, `[name="x"]`, `[="x"]` or `[0]`: an element as error messages show it. */
export function formatElement(element: string): string {
  const content = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${content}`;
    case 'k': {
      const fields = JSON.parse(content) as JsonObject;
      const parts = Object.keys(fields).map((name) => `${name}=${formatValue(fields[name] ?? null)}`);
      return `[${parts.join(',')}]`;
    }
    case 'v':
      return `[=${formatValue(JSON.parse(content) as Json)}]`;
    default:
      return `[${content}]`;
  }
}

function formatValue(value: Json): string {
  return typeof value === 'string' ? JSON.stringify(value) : scalarText(value);
}
