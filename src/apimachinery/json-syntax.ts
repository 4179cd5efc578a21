/**
 * Why a text is no JSON, in the words of Go's encoding/json. The states are those of its scanner; `JSON.parse` decides whether a text is valid, this
 * only names the first byte that is not.
 */
export function jsonSyntaxProblem(text: string): string {
  const scanner = new Scanner();
  for (const rune of text) {
    const problem = scanner.step(rune);
    if (problem !== '') return problem;
  }
  return scanner.end();
}

type State =
  | 'value'
  | 'valueOrEnd'
  | 'key'
  | 'keyOrEnd'
  | 'afterKey'
  | 'afterValue'
  | 'string'
  | 'escape'
  | 'hex'
  | 'literal'
  | 'minus'
  | 'zero'
  | 'integer'
  | 'point'
  | 'fraction'
  | 'exponent'
  | 'exponentSign'
  | 'exponentDigits'
  | 'top';

const literals: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' };

class Scanner {
  #state: State = 'value';
  /** What the open brackets hold: `o` an object that is at a value, `k` one that is at a key, `a` an array. */
  readonly #open: ('k' | 'o' | 'a')[] = [];
  #literal = '';
  #literalAt = 0;
  #hexDigits = 0;

  /** Takes one character; gives the problem, or ''. */
  step(c: string): string {
    switch (this.#state) {
      case 'string':
        return this.#string(c);
      case 'escape':
        if (c === 'u') this.#hexDigits = 0;
        else if (!'bfnrt\\/"'.includes(c)) return invalid(c, 'in string escape code');
        this.#state = c === 'u' ? 'hex' : 'string';
        return '';
      case 'hex':
        if (!/^[0-9a-fA-F]$/.test(c)) return invalid(c, 'in \\u hexadecimal character escape');
        if (++this.#hexDigits === 4) this.#state = 'string';
        return '';
      case 'literal': {
        const expected = this.#literal.charAt(this.#literalAt);
        if (c !== expected) return invalid(c, `in literal ${this.#literal} (expecting ${quote(expected)})`);
        if (++this.#literalAt === this.#literal.length) this.#endValue();
        return '';
      }
      case 'minus':
        if (c === '0') this.#state = 'zero';
        else if (isDigit(c)) this.#state = 'integer';
        else return invalid(c, 'in numeric literal');
        return '';
      case 'zero':
      case 'integer':
        if (this.#state === 'integer' && isDigit(c)) return '';
        if (c === '.') this.#state = 'point';
        else if (c === 'e' || c === 'E') this.#state = 'exponent';
        else return this.#endNumber(c);
        return '';
      case 'point':
        if (!isDigit(c)) return invalid(c, 'after decimal point in numeric literal');
        this.#state = 'fraction';
        return '';
      case 'fraction':
        if (isDigit(c)) return '';
        if (c !== 'e' && c !== 'E') return this.#endNumber(c);
        this.#state = 'exponent';
        return '';
      case 'exponent':
        if (c === '+' || c === '-') this.#state = 'exponentSign';
        else if (isDigit(c)) this.#state = 'exponentDigits';
        else return invalid(c, 'in exponent of numeric literal');
        return '';
      case 'exponentSign':
        if (!isDigit(c)) return invalid(c, 'in exponent of numeric literal');
        this.#state = 'exponentDigits';
        return '';
      case 'exponentDigits':
        return isDigit(c) ? '' : this.#endNumber(c);
      default:
        return ' \t\r\n'.includes(c) ? '' : this.#structure(c);
    }
  }

  /** The text ends here. */
  end(): string {
    if (this.#state === 'top') return '';
    // As Go does: a space tells whether a number or literal is complete.
    const problem = this.step(' ');
    return problem === '' && this.#ended() ? '' : problem === '' ? 'unexpected end of JSON input' : problem;
  }

  #ended(): boolean {
    return this.#state === 'top';
  }

  #string(c: string): string {
    if (c === '"') {
      if (this.#open.at(-1) === 'k') this.#state = 'afterKey';
      else this.#endValue();
    } else if (c === '\\') this.#state = 'escape';
    else if (c < ' ') return invalid(c, 'in string literal');
    return '';
  }

  #structure(c: string): string {
    switch (this.#state) {
      case 'valueOrEnd':
        if (c === ']') return this.#close();
        return this.#value(c);
      case 'value':
        return this.#value(c);
      case 'keyOrEnd':
        if (c === '}') return this.#close();
        return this.#key(c);
      case 'key':
        return this.#key(c);
      case 'afterKey':
        if (c !== ':') return invalid(c, 'after object key');
        this.#open[this.#open.length - 1] = 'o';
        this.#state = 'value';
        return '';
      case 'afterValue':
        return this.#afterValue(c);
      default:
        return invalid(c, 'after top-level value');
    }
  }

  #key(c: string): string {
    if (c !== '"') return invalid(c, 'looking for beginning of object key string');
    this.#state = 'string';
    return '';
  }

  #value(c: string): string {
    const literal = literals[c];
    if (c === '{') {
      this.#open.push('k');
      this.#state = 'keyOrEnd';
    } else if (c === '[') {
      this.#open.push('a');
      this.#state = 'valueOrEnd';
    } else if (c === '"') this.#state = 'string';
    else if (c === '-') this.#state = 'minus';
    else if (c === '0') this.#state = 'zero';
    else if (isDigit(c)) this.#state = 'integer';
    else if (literal !== undefined) {
      this.#literal = literal;
      this.#literalAt = 1;
      this.#state = 'literal';
    } else return invalid(c, 'looking for beginning of value');
    return '';
  }

  #afterValue(c: string): string {
    if (this.#open.at(-1) === 'a') {
      if (c === ']') return this.#close();
      if (c !== ',') return invalid(c, 'after array element');
      this.#state = 'value';
      return '';
    }
    if (c === '}') return this.#close();
    if (c !== ',') return invalid(c, 'after object key:value pair');
    this.#open[this.#open.length - 1] = 'k';
    this.#state = 'key';
    return '';
  }

  #close(): string {
    this.#open.pop();
    this.#endValue();
    return '';
  }

  #endValue(): void {
    this.#state = this.#open.length === 0 ? 'top' : 'afterValue';
  }

  #endNumber(c: string): string {
    this.#endValue();
    return this.step(c);
  }
}

function isDigit(c: string): boolean {
  return c >= '0' && c <= '9';
}

function invalid(c: string, where: string): string {
  return `invalid character ${quote(c)} ${where}`;
}

const escapes: Readonly<Record<string, string>> = { '\x07': '\\a', '\v': '\\v', '\x7f': '\\x7f' };

/** A byte as Go shows it between single quotes: as the character of that code. */
function quote(c: string): string {
  if (c === "'") return "'\\''";
  if (c === '"') return "'\"'";
  const code = c.charCodeAt(0);
  if ((code >= 0x80 && code <= 0xa0) || code === 0xad) return `'\\u00${code.toString(16)}'`;
  return `'${escapes[c] ?? JSON.stringify(c).slice(1, -1).replaceAll('\\u00', '\\x')}'`;
}
