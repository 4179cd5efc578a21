import { badRequest } from './errors.ts';
import { goString } from './go-syntax.ts';
import { isObject, type Json, type JsonObject, setOwn } from './json.ts';

/** Beyond that many strict decoding errors upstream stops to collect. */
export const maxStrictErrors = 100;

/** No field of a real object has a longer path; a hostile body must not make the answer a multiple of its own size. */
const maxPathLength = 4096;

/** Longer integers are no numbers that anybody counts with, and converting them costs quadratic time. */
const maxIntegerDigits = 40;

/** Reads the tokens of a text that `JSON.parse` has accepted. */
export class JsonReader {
  readonly text: string;
  #at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The next character that is no white space, not consumed. */
  peek(): string {
    while (' \n\r\t'.includes(this.text.charAt(this.#at)) && this.#at < this.text.length) this.#at++;
    return this.text.charAt(this.#at);
  }

  /** Consumes one punctuation character, or the `,` that may stand before it. Gives it. */
  next(): string {
    const character = this.peek();
    this.#at++;
    return character;
  }

  string(): string {
    const start = this.#at;
    this.#at++;
    for (let character = this.text[this.#at]; character !== '"'; character = this.text[this.#at])
      this.#at += character === '\\' ? 2 : 1;
    this.#at++;
    return (JSON.parse(this.text.slice(start, this.#at)) as string).toWellFormed();
  }

  /** A number or literal, as written. */
  scalar(): string {
    const start = this.#at;
    while (this.#at < this.text.length && !',]} \n\r\t'.includes(this.text.charAt(this.#at))) this.#at++;
    return this.text.slice(start, this.#at);
  }

  /** Calls `visit` for every key of the object that begins here; it must consume the value. */
  object(visit: (key: string) => void): void {
    this.next();
    for (let character = this.peek(); character !== '}'; character = this.peek()) {
      if (character === ',') {
        this.next();
        continue;
      }
      const key = this.string();
      this.next();
      visit(key);
    }
    this.next();
  }

  /** Calls `visit` for every item of the array that begins here; it must consume the item. */
  array(visit: (index: number) => void): void {
    this.next();
    let index = 0;
    for (let character = this.peek(); character !== ']'; character = this.peek()) {
      if (character === ',') this.next();
      else visit(index++);
    }
    this.next();
  }

  skip(): void {
    const character = this.peek();
    if (character === '{') this.object(() => this.skip());
    else if (character === '[') this.array(() => this.skip());
    else if (character === '"') this.string();
    else this.scalar();
  }
}

/** Collects what strict decoding complains of: each text once, as many as upstream. */
export class StrictErrors {
  readonly texts: string[] = [];

  add(kind: 'duplicate field' | 'unknown field', path: readonly (string | number)[], key: string): void {
    if (this.texts.length >= maxStrictErrors) return;
    const text = `${kind} ${goString(formatStrictPath(path, key))}`;
    if (!this.texts.includes(text)) this.texts.push(text);
  }
}

/** `spec.containers[0].image`; keys are not escaped, as upstream does not. */
export function formatStrictPath(path: readonly (string | number)[], key: string): string {
  let text = '';
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : text === '' ? part : `.${part}`;
  return (text === '' ? key : `${text}.${key}`).slice(0, maxPathLength);
}

/**
 * The slow and exact way to parse a text that `JSON.parse` has accepted: big integers become `bigint`, half surrogate pairs U+FFFD as in Go, and
 * repeated keys are reported; with `merged`, the objects under them are one.
 * @throws ApiError 400 when a number is beyond a double.
 */
export function readExactly(text: string, merged = false): { value: Json; duplicates: string[]; source?: string } {
  const reader = new JsonReader(text);
  const errors = new StrictErrors();
  const path: (string | number)[] = [];

  function value(): Json {
    switch (reader.peek()) {
      case '{': {
        const object: JsonObject = {};
        reader.object((key) => {
          if (Object.hasOwn(object, key)) errors.add('duplicate field', path, key);
          path.push(key);
          const known = merged && Object.hasOwn(object, key) ? object[key] : undefined;
          const read = value();
          setOwn(object, key, isObject(known) && isObject(read) ? mergedObjects(known, read) : read);
          path.pop();
        });
        return object;
      }
      case '[': {
        const array: Json[] = [];
        reader.array((index) => {
          path.push(index);
          array.push(value());
          path.pop();
        });
        return array;
      }
      case '"':
        return reader.string();
      default:
        return scalar(reader.scalar());
    }
  }

  const result = value();
  return errors.texts.length === 0
    ? { value: result, duplicates: errors.texts }
    : { value: result, duplicates: errors.texts, source: text };
}

function mergedObjects(first: JsonObject, second: JsonObject): JsonObject {
  for (const key of Object.keys(second)) {
    const [a, b] = [Object.hasOwn(first, key) ? first[key] : undefined, second[key]];
    setOwn(first, key, isObject(a) && isObject(b) ? mergedObjects(a, b) : b);
  }
  return first;
}

function scalar(source: string): Json {
  if (source === 'true') return true;
  if (source === 'false') return false;
  if (source === 'null') return null;
  const number = Number(source);
  if (!Number.isFinite(number))
    throw badRequest(`json: cannot unmarshal number ${source.slice(0, 64)} into Go value of type float64`);
  return !Number.isSafeInteger(number) && source.length <= maxIntegerDigits && /^-?\d+$/.test(source)
    ? BigInt(source)
    : number;
}
