import { badRequest } from './errors.ts';
import type { Json } from './json.ts';
import { readExactly } from './json-reader.ts';
import { jsonSyntaxProblem } from './json-syntax.ts';

/** A parsed request body. */
export type ParsedBody = {
  readonly value: Json;
  /** One text per repeated key, as strict decoding words it: `duplicate field "data.a"`. */
  readonly duplicates: readonly string[];
  /** The text itself when it repeats keys: strict decoding orders its errors by it. */
  readonly source?: string;
};

/**
 * How deep arrays and objects may nest. Upstream stops at 10,000; the walks over a tree (copies, patches, serialization) are recursive, and no
 * stack of ours is to be broken by a body.
 */
export const maxDepth = 1000;

const none: readonly string[] = [];

/**
 * Parses a JSON body. Integers that a double cannot hold become `bigint`; of a repeated key the last value counts, and it is reported. With `merged`,
 * repeated objects are one, as where Go decodes into a type.
 * @throws ApiError 400 with the text of Go's parser: `invalid character 'x' looking for beginning of value`.
 */
export function parseJson(bytes: Uint8Array, merged = false): ParsedBody {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  scan(text);
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    // Go's parser looks at bytes.
    throw badRequest(jsonSyntaxProblem(Buffer.from(bytes).toString('latin1')));
  }
  if (found.exotic || loneSurrogate.test(text)) return readExactly(text, merged);
  return found.keys === countKeys(value) ? { value, duplicates: none } : readExactly(text, merged);
}

const loneSurrogate = /\\u[dD][89a-fA-F]/;

/** What `scan` saw; one object for all calls, since nothing runs between the scan and its use. */
const found = { keys: 0, exotic: false };

/**
 * Looks at the structure of a JSON text without building anything: how many keys it has (fewer in the parsed value means that some are repeated)
 * and whether a number may be beyond what a double holds. Says nothing of use about a text that is no JSON.
 */
function scan(text: string): void {
  let keys = 0;
  let depth = 0;
  let exotic = false;
  const length = text.length;
  for (let i = 0; i < length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22:
        i = endOfString(text, i);
        break;
      case 0x3a:
        keys++;
        break;
      case 0x5b:
      case 0x7b:
        if (++depth > maxDepth) throw badRequest(`invalid character '${text.charAt(i)}' exceeded max depth`);
        break;
      case 0x5d:
      case 0x7d:
        depth--;
        break;
      case 0x2d:
      case 0x30:
      case 0x31:
      case 0x32:
      case 0x33:
      case 0x34:
      case 0x35:
      case 0x36:
      case 0x37:
      case 0x38:
      case 0x39: {
        const start = i;
        for (let code = text.charCodeAt(i + 1); isNumberPart(code); code = text.charCodeAt(i + 1)) {
          if (code === 0x45 || code === 0x65) exotic = true;
          i++;
        }
        if (i - start >= 15) exotic = true;
        break;
      }
    }
  }
  found.keys = keys;
  found.exotic = exotic;
}

/** The index of the quote that closes the string which opens at `start`; the end of the text when none does. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && text.charCodeAt(end - 1) === 0x5c) {
    let backslashes = 1;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) break;
    end = text.indexOf('"', end + 1);
  }
  return end < 0 ? text.length : end;
}

function isNumberPart(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) || code === 0x2e || code === 0x45 || code === 0x65 || code === 0x2b || code === 0x2d
  );
}

function countKeys(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item = value[i];
      if (typeof item === 'object' && item !== null) count += countKeys(item);
    }
    return count;
  }
  for (const key in value) {
    count++;
    const item = value[key];
    if (typeof item === 'object' && item !== null) count += countKeys(item);
  }
  return count;
}
