import { deepEqual, isObject, type Json } from './json.ts';

/** A compiled path: all values that it finds, in document order; none when a key is missing. */
export type JsonPath = (value: Json) => Json[];

/** The text is no JSONPath of the dialect that kubectl and CRD printer columns speak. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}

type Step = (values: readonly Json[]) => Json[];
type Operand = { readonly kind: 'path'; readonly path: JsonPath } | { readonly kind: 'value'; readonly value: Json };

const longestText = 4096;
/** What one step may find at most: a bound for `..` on large objects. */
const mostResults = 10_000;

/**
 * Compiles `.spec.containers[*].name`, `{.items[?(@.kind=="Pod")]..uid}` and the like (k8s.io/client-go/util/jsonpath): keys (`\.` is a dot),
 * `['key']`, indices, slices, unions, wildcards, recursive descent, and filters with one comparison or an existence test.
 * @throws JsonPathError when the text is not understood.
 */
export function compileJsonPath(text: string): JsonPath {
  if (text.length > longestText) throw new JsonPathError(`longer than ${longestText} characters`);
  const inner = text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : text;
  const parser = new Parser(inner.trim());
  const path = parser.path();
  if (!parser.atEnd) throw new JsonPathError(`unexpected ${JSON.stringify(parser.rest)} in ${JSON.stringify(text)}`);
  return path;
}

function run(steps: readonly Step[]): JsonPath {
  return (value) => {
    let values: Json[] = [value];
    for (const step of steps) {
      values = step(values);
      if (values.length > mostResults) values.length = mostResults;
    }
    return values;
  };
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  get rest(): string {
    return this.#text.slice(this.#at);
  }

  /** A path from here as far as it goes. */
  path(): JsonPath {
    if (this.#peek('$') || this.#peek('@')) this.#at++;
    const steps: Step[] = [];
    for (;;) {
      if (this.#take('..')) {
        steps.push(descend);
        if (this.#peek('[')) continue;
        steps.push(this.#name());
      } else if (this.#take('.')) {
        if (this.#peek('[') || this.#ends()) continue;
        steps.push(this.#name());
      } else if (this.#take('[')) {
        steps.push(this.#bracket());
      } else if (steps.length === 0 && /^[\w*-]/.test(this.rest)) {
        steps.push(this.#name());
      } else break;
    }
    return run(steps);
  }

  #peek(token: string): boolean {
    return this.#text.startsWith(token, this.#at);
  }

  #take(token: string): boolean {
    if (!this.#peek(token)) return false;
    this.#at += token.length;
    return true;
  }

  #ends(): boolean {
    return this.atEnd || /^[\s)=!<>]/.test(this.rest);
  }

  #expect(token: string): void {
    if (!this.#take(token))
      throw new JsonPathError(`expected ${JSON.stringify(token)} before ${JSON.stringify(this.rest)}`);
  }

  #spaces(): void {
    while (this.#peek(' ') || this.#peek('\t')) this.#at++;
  }

  /** A key up to the next dot or bracket; a backslash takes the next character as it is. */
  #name(): Step {
    if (this.#take('*')) return wildcard;
    let name = '';
    while (!this.atEnd) {
      const char = this.#text.charAt(this.#at);
      if (char === '\\') {
        this.#at++;
        name += this.#text.charAt(this.#at++);
      } else if (/[\w$/-]/.test(char) || char > '\u007f') {
        name += char;
        this.#at++;
      } else break;
    }
    if (name === '') throw new JsonPathError(`a key is missing before ${JSON.stringify(this.rest)}`);
    return key(name);
  }

  #bracket(): Step {
    if (this.#take('?(')) return this.#filter();
    const steps: Step[] = [];
    do {
      this.#spaces();
      steps.push(this.#selector());
      this.#spaces();
    } while (this.#take(','));
    this.#expect(']');
    return steps.length === 1 && steps[0] !== undefined
      ? steps[0]
      : (values) => values.flatMap((value) => steps.flatMap((step) => step([value])));
  }

  #selector(): Step {
    if (this.#take('*')) return wildcard;
    if (this.#peek("'") || this.#peek('"')) return key(this.#quoted());
    const match = /^(-?\d{1,9})?(?:(:)(-?\d{1,9})?(?::(-?\d{1,9})?)?)?/.exec(this.rest);
    const [whole = '', start, colon, end, step] = match ?? [];
    if (whole === '') throw new JsonPathError(`invalid array index ${JSON.stringify(this.rest)}`);
    this.#at += whole.length;
    const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
    return colon === undefined ? item(Number(start)) : slice(number(start), number(end), number(step) ?? 1);
  }

  #quoted(): string {
    const quote = this.#text.charAt(this.#at++);
    let result = '';
    while (!this.atEnd) {
      const char = this.#text.charAt(this.#at++);
      if (char === quote) return result;
      result += char === '\\' ? this.#text.charAt(this.#at++) : char;
    }
    throw new JsonPathError(`unterminated quoted string ${JSON.stringify(result)}`);
  }

  #filter(): Step {
    this.#spaces();
    const left = this.#operand();
    this.#spaces();
    const operator = /^(==|!=|<=|>=|<|>)/.exec(this.rest)?.[0];
    if (operator === undefined) {
      this.#expect(')]');
      return filter((value) => found(left, value).length > 0);
    }
    this.#at += operator.length;
    this.#spaces();
    const right = this.#operand();
    this.#spaces();
    this.#expect(')]');
    return filter((value) => {
      const [a] = found(left, value);
      const [b] = found(right, value);
      return a !== undefined && b !== undefined && compare(a, operator, b);
    });
  }

  #operand(): Operand {
    if (this.#peek("'") || this.#peek('"')) return { kind: 'value', value: this.#quoted() };
    const literal = /^(-?\d+(?:\.\d+)?|true|false|null)(?=[\s)=!<>]|$)/.exec(this.rest)?.[0];
    if (literal !== undefined) {
      this.#at += literal.length;
      return { kind: 'value', value: JSON.parse(literal) as Json };
    }
    if (!this.#peek('@') && !this.#peek('$')) {
      throw new JsonPathError(`a value or path is missing before ${JSON.stringify(this.rest)}`);
    }
    return { kind: 'path', path: this.path() };
  }
}

function found(operand: Operand, value: Json): Json[] {
  return operand.kind === 'value' ? [operand.value] : operand.path(value);
}

function compare(a: Json, operator: string, b: Json): boolean {
  if (operator === '==') return deepEqual(a, b);
  if (operator === '!=') return !deepEqual(a, b);
  if (typeof a !== typeof b || (typeof a !== 'number' && typeof a !== 'string')) return false;
  const other = b as typeof a;
  if (operator === '<') return a < other;
  if (operator === '<=') return a <= other;
  return operator === '>' ? a > other : a >= other;
}

function key(name: string): Step {
  return (values) => {
    const results: Json[] = [];
    for (const value of values) {
      if (!isObject(value) || !Object.hasOwn(value, name)) continue;
      const member = value[name];
      if (member !== undefined) results.push(member);
    }
    return results;
  };
}

function children(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value).filter((member) => member !== undefined) : [];
}

function wildcard(values: readonly Json[]): Json[] {
  return values.flatMap(children);
}

/** Every value and all that is in it, each before its parts. Without recursion: objects may be nested deeply. */
function descend(values: readonly Json[]): Json[] {
  const results: Json[] = [];
  const stack = [...values].toReversed();
  for (let value = stack.pop(); value !== undefined && results.length < mostResults; value = stack.pop()) {
    results.push(value);
    const parts = children(value);
    for (let i = parts.length - 1; i >= 0; i--) {
      const part = parts[i];
      if (typeof part === 'object' && part !== null) stack.push(part);
    }
  }
  return results;
}

function item(index: number): Step {
  return (values) =>
    values.flatMap((value) => {
      const at = Array.isArray(value) ? value.at(index) : undefined;
      return at === undefined ? [] : [at];
    });
}

function slice(start: number | undefined, end: number | undefined, step: number): Step {
  if (step < 1) throw new JsonPathError('a step must be greater than 0');
  return (values) =>
    values.flatMap((value) =>
      Array.isArray(value) ? value.slice(start, end).filter((_item, index) => index % step === 0) : [],
    );
}

function filter(accepts: (value: Json) => boolean): Step {
  return (values) => values.flatMap((value) => children(value).filter(accepts));
}
