import { ApiError, badRequest, type FieldError, fieldError, formatFieldErrorBody } from './errors.ts';
import { isObject, type Json } from './json.ts';
import { labelValue, qualifiedName } from './validation/names.ts';

/** How upstream spells operators inside a selector (k8s.io/apimachinery/pkg/selection). */
export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/** One condition on one label. `values` are sorted and unique. */
export type LabelRequirement = {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
};

/** All requirements must hold; `nothing` is the selector of an absent metav1.LabelSelector and matches no object. */
export type LabelSelector = { readonly requirements: readonly LabelRequirement[]; readonly nothing: boolean };

export const everything: LabelSelector = { requirements: [], nothing: false };
const nothing: LabelSelector = { requirements: [], nothing: true };

type TokenKind = 'end' | 'word' | ')' | '(' | ',' | '!' | '=' | '==' | '!=' | '>' | '<' | 'in' | 'notin' | 'error';
type Token = { readonly kind: TokenKind; readonly text: string };

const endToken: Token = { kind: 'end', text: '' };
const specialPattern = /[=!(),<>]/;
const wordEndPattern = /[=!(),<> \t\r\n\0]/g;

/** Splits a selector as upstream's lexer does, including what it makes of odd runs such as `===`. */
function* tokens(text: string): Generator<Token> {
  let at = 0;
  for (;;) {
    while (at < text.length && ' \t\r\n'.includes(text[at] as string)) at++;
    const first = text[at];
    if (first === undefined || first === '\0') return;
    if (!specialPattern.test(first)) {
      wordEndPattern.lastIndex = at;
      const end = wordEndPattern.exec(text)?.index ?? text.length;
      const word = text.slice(at, end);
      yield { kind: word === 'in' || word === 'notin' ? word : 'word', text: word };
      at = end;
      continue;
    }
    const pair = text.slice(at, at + 2);
    const symbol = pair === '==' || pair === '!=' ? pair : first;
    yield { kind: symbol as TokenKind, text: symbol };
    at += symbol.length;
  }
}

class SelectorParser {
  readonly #tokens: Token[];
  #position = 0;

  constructor(text: string) {
    this.#tokens = [...tokens(text)];
  }

  peek(): Token {
    return this.#tokens[this.#position] ?? endToken;
  }

  take(): Token {
    const token = this.peek();
    this.#position++;
    return token;
  }

  /** `in` and `notin` are words wherever an operator is not expected. */
  peekValue(): Token {
    return asValue(this.peek());
  }

  takeValue(): Token {
    return asValue(this.take());
  }

  parse(): LabelRequirement[] {
    const found: LabelRequirement[] = [];
    for (;;) {
      const start = this.peekValue();
      if (start.kind === 'end') return found;
      if (start.kind !== 'word' && start.kind !== '!') {
        throw badRequest(`found '${start.text}', expected: !, identifier, or 'end of string'`);
      }
      found.push(this.#requirement());
      const separator = this.takeValue();
      if (separator.kind === 'end') return found;
      if (separator.kind !== ',') throw badRequest(`found '${separator.text}', expected: ',' or 'end of string'`);
      const next = this.peekValue();
      if (next.kind !== 'word' && next.kind !== '!') {
        throw badRequest(`found '${next.text}', expected: identifier after ','`);
      }
    }
  }

  #requirement(): LabelRequirement {
    let token = this.takeValue();
    const negated = token.kind === '!';
    if (negated) token = this.takeValue();
    if (token.kind !== 'word') throw unparsable(`found '${token.text}', expected: identifier`);
    const key = token.text;
    const keyMessages = qualifiedName(key);
    if (keyMessages.length > 0) {
      throw unparsable(formatErrors([fieldError.invalid('<nil>', key, keyMessages.join('; '))]));
    }
    if (negated) return checked(key, '!', []);
    const after = this.peekValue();
    if (after.kind === 'end' || after.kind === ',') return checked(key, 'exists', []);
    const operator = this.take();
    switch (operator.kind) {
      case 'in':
      case 'notin':
        return checked(key, operator.kind, this.#valueList());
      case '=':
      case '==':
      case '!=':
        return checked(key, operator.kind, [this.#singleValue()]);
      case '>':
        return checked(key, 'gt', [this.#singleValue()]);
      case '<':
        return checked(key, 'lt', [this.#singleValue()]);
      default:
        throw unparsable(`found '${operator.text}', expected: in, notin, =, ==, !=, gt, lt`);
    }
  }

  #singleValue(): string {
    const next = this.peekValue();
    if (next.kind === 'end' || next.kind === ',') return '';
    const token = this.takeValue();
    if (token.kind !== 'word') throw unparsable(`found '${token.text}', expected: identifier`);
    return token.text;
  }

  #valueList(): string[] {
    const open = this.takeValue();
    if (open.kind !== '(') throw unparsable(`found '${open.text}' expected: '('`);
    const first = this.peekValue();
    if (first.kind === ')') {
      this.take();
      return [''];
    }
    if (first.kind !== 'word' && first.kind !== ',') {
      throw unparsable(`found '${first.text}', expected: ',', ')' or identifier`);
    }
    const values = new Set<string>();
    for (;;) {
      const token = this.takeValue();
      if (token.kind === 'word') {
        values.add(token.text);
        const next = this.peekValue();
        if (next.kind === ')') break;
        if (next.kind !== ',') throw unparsable(`found '${next.text}', expected: ',' or ')'`);
      } else if (token.kind === ',') {
        if (values.size === 0) values.add('');
        const next = this.peekValue();
        if (next.kind === ')') {
          values.add('');
          break;
        }
        if (next.kind === ',') {
          this.take();
          values.add('');
        }
      } else {
        throw unparsable(`found '${token.text}', expected: ',', or identifier`);
      }
    }
    this.take();
    return [...values];
  }
}

function asValue(token: Token): Token {
  return token.kind === 'in' || token.kind === 'notin' ? { kind: 'word', text: token.text } : token;
}

function unparsable(why: string): ApiError {
  return badRequest(`unable to parse requirement: ${why}`);
}

function formatErrors(errors: readonly FieldError[]): string {
  const texts = errors.map((error) => `${error.field}: ${formatFieldErrorBody(error)}`);
  return texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`;
}

function checked(key: string, operator: LabelOperator, unsorted: string[]): LabelRequirement {
  const values = unsorted.length > 1 ? unsorted.sort(compareCodePoints) : unsorted;
  const errors = requirementErrors(key, operator, values);
  if (errors.length > 0) throw unparsable(formatErrors(errors));
  return { key, operator, values };
}

function requirementErrors(key: string, operator: LabelOperator, values: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  if (operator === 'gt' || operator === 'lt') {
    const value = values[0] ?? '';
    if (parseInt64(value) === undefined) {
      errors.push(fieldError.invalid('values[0]', value, "for 'Gt', 'Lt' operators, the value must be an integer"));
    }
  }
  values.forEach((value, index) => {
    const messages = labelValue(value);
    if (messages.length > 0) errors.push(fieldError.invalid(`values[${index}][${key}]`, value, messages.join('; ')));
  });
  return errors;
}

function compareCodePoints(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function parseInt64(text: string): bigint | undefined {
  if (!/^[-+]?[0-9]{1,40}$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/**
 * Reads `labelSelector` of a request. The requirements come sorted by key, as upstream keeps them.
 * @throws ApiError 400 with upstream's words.
 */
export function parseLabelSelector(text: string): LabelSelector {
  if (text === '') return everything;
  const requirements = new SelectorParser(text).parse();
  if (requirements.length === 0) return everything;
  requirements.sort((a, b) => compareCodePoints(a.key, b.key));
  return { requirements, nothing: false };
}

const objectOperators: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/**
 * The selector that a metav1.LabelSelector means: absent matches nothing, empty matches everything.
 * @throws ApiError 400 when an expression has an unknown operator or values that do not fit it.
 */
export function labelSelectorFromObject(selector: Json | undefined): LabelSelector {
  if (!isObject(selector)) return nothing;
  const requirements: LabelRequirement[] = [];
  if (isObject(selector.matchLabels)) {
    for (const key of Object.keys(selector.matchLabels)) {
      requirements.push(fromObject(key, '=', [selector.matchLabels[key]]));
    }
  }
  if (Array.isArray(selector.matchExpressions)) {
    for (const expression of selector.matchExpressions) {
      if (!isObject(expression)) continue;
      const name = typeof expression.operator === 'string' ? expression.operator : '';
      const operator = Object.hasOwn(objectOperators, name) ? objectOperators[name] : undefined;
      if (operator === undefined) throw badRequest(`"${name}" is not a valid label selector operator`);
      const values = Array.isArray(expression.values) ? expression.values : [];
      requirements.push(fromObject(typeof expression.key === 'string' ? expression.key : '', operator, values));
    }
  }
  if (requirements.length === 0) return everything;
  requirements.sort((a, b) => compareCodePoints(a.key, b.key));
  return { requirements, nothing: false };
}

function fromObject(key: string, operator: LabelOperator, raw: readonly (Json | undefined)[]): LabelRequirement {
  const values = [...new Set(raw.map((value) => (typeof value === 'string' ? value : '')))].sort(compareCodePoints);
  const errors: FieldError[] = [];
  const keyMessages = qualifiedName(key);
  if (keyMessages.length > 0) errors.push(fieldError.invalid('key', key, keyMessages.join('; ')));
  if ((operator === 'in' || operator === 'notin') && values.length === 0) {
    errors.push(fieldError.invalid('values', [], "for 'in', 'notin' operators, values set can't be empty"));
  }
  if ((operator === 'exists' || operator === '!') && values.length > 0) {
    errors.push(fieldError.invalid('values', values, 'values set must be empty for exists and does not exist'));
  }
  errors.push(...requirementErrors(key, operator, values));
  if (errors.length > 0) throw badRequest(formatErrors(errors));
  return { key, operator, values };
}

/** Whether an object with these labels is selected. */
export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, string>> | undefined): boolean {
  if (selector.nothing) return false;
  for (const requirement of selector.requirements) {
    const value = labels !== undefined && Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
    if (!matchesValue(requirement, value)) return false;
  }
  return true;
}

function matchesValue(requirement: LabelRequirement, value: string | undefined): boolean {
  switch (requirement.operator) {
    case '=':
    case '==':
      return value !== undefined && value === requirement.values[0];
    case 'in':
      return value !== undefined && requirement.values.includes(value);
    case '!=':
      return value !== requirement.values[0];
    case 'notin':
      return value === undefined || !requirement.values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt': {
      const left = value === undefined ? undefined : parseInt64(value);
      const right = parseInt64(requirement.values[0] ?? '');
      if (left === undefined || right === undefined) return false;
      return requirement.operator === 'gt' ? left > right : left < right;
    }
  }
}

/** The text that parses to the same selector, as `Scale.status.selector` shows it. */
export function formatLabelSelector(selector: LabelSelector): string {
  return selector.requirements.map(formatRequirement).join(',');
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`;
    case 'gt':
      return `${key}>${values[0] ?? ''}`;
    case 'lt':
      return `${key}<${values[0] ?? ''}`;
    default:
      return `${key}${operator}${values[0] ?? ''}`;
  }
}
