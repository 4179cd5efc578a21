import { isInt64, isUint64 } from './int64.ts';
import { shortInt, Uint } from './values.ts';

/** The bytes or the text between the quotes of a literal, or what is wrong with it (stock's words). */
export type Unquoted = { readonly value: string | Uint8Array } | { readonly problem: string };

/** The integer that a token and its sign spell; undefined if it leaves int64. */
export function parseInt64(text: string, negative: boolean): number | bigint | undefined {
  const value = BigInt(text);
  const signed = negative ? -value : value;
  return isInt64(signed) ? shortInt(signed) : undefined;
}

/** The unsigned integer that a token with its suffix spells; undefined if it leaves uint64. */
export function parseUint64(text: string): Uint | undefined {
  const value = BigInt(text.slice(0, -1));
  return isUint64(value) ? new Uint(value) : undefined;
}

const simple: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
};

/** The content of a string or bytes token. */
export function unquote(token: string, bytes: boolean): Unquoted {
  let text = (bytes ? token.slice(1) : token).replaceAll('\r\n', '\n').replaceAll('\r', '\n');
  const raw = /^[rR]/.test(text);
  if (raw) text = text.slice(1);
  const triple = text.length >= 6 && (text.startsWith('"""') || text.startsWith("'''"));
  const body = triple ? text.slice(3, -3) : text.slice(1, -1);
  if (raw || !body.includes('\\')) return { value: bytes ? Buffer.from(body, 'utf8') : body };
  return bytes ? unescapeBytes(body) : unescapeText(body);
}

function unescapeText(body: string): Unquoted {
  let out = '';
  for (let i = 0; i < body.length; ) {
    if (body.charAt(i) !== '\\') {
      out += body.charAt(i);
      i += 1;
      continue;
    }
    const { code, end, plain } = escapeAt(body, i);
    if (plain !== undefined) {
      out += plain;
    } else {
      if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return { problem: 'invalid unicode code point' };
      out += String.fromCodePoint(code);
    }
    i = end;
  }
  return { value: out };
}

function unescapeBytes(body: string): Unquoted {
  const parts: Uint8Array[] = [];
  for (let i = 0; i < body.length; ) {
    if (body.charAt(i) !== '\\') {
      const next = body.indexOf('\\', i);
      const end = next < 0 ? body.length : next;
      parts.push(Buffer.from(body.slice(i, end), 'utf8'));
      i = end;
      continue;
    }
    if (/[uU]/.test(body.charAt(i + 1))) return { problem: 'unable to unescape string' };
    const { code, end, plain } = escapeAt(body, i);
    parts.push(plain === undefined ? Uint8Array.of(code & 0xff) : Buffer.from(plain, 'utf8'));
    i = end;
  }
  return { value: Buffer.concat(parts) };
}

/** One escape; the lexer let only whole ones through. */
function escapeAt(body: string, at: number): { code: number; end: number; plain?: string } {
  const letter = body.charAt(at + 1);
  const plain = Object.hasOwn(simple, letter) ? simple[letter] : undefined;
  if (plain !== undefined) return { code: 0, end: at + 2, plain };
  const digits = letter === 'u' ? 4 : letter === 'U' ? 8 : letter === 'x' || letter === 'X' ? 2 : 0;
  if (digits === 0) return { code: Number.parseInt(body.slice(at + 1, at + 4), 8), end: at + 4 };
  const end = at + 2 + digits;
  return { code: Number.parseInt(body.slice(at + 2, end), 16), end };
}
