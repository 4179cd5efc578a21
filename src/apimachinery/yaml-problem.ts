import type { YAMLParseError } from 'yaml';

type Problem = {
  readonly text: string;
  /** Where go-yaml stands when it finds out, as an index into the body. */
  readonly at: number;
  /** Its scanner counts lines from 1, its parser from 0. */
  readonly by: 'scanner' | 'parser';
};

/**
 * What is wrong with a YAML text, in the words of go-yaml v2 and with its count of lines, for the mistakes that people make; for others in those of our parser.
 * go-yaml says no line for what it finds on the first one.
 */
export function yamlProblem(text: string, error: YAMLParseError): string {
  const found = problemOf(text, error);
  if (found === undefined) return `yaml: line ${lineIndex(text, error.pos[0]) + 1}: ${error.message}`;
  const index = lineIndex(text, found.at);
  return index === 0
    ? `yaml: ${found.text}`
    : `yaml: line ${found.by === 'scanner' ? index + 1 : index}: ${found.text}`;
}

function problemOf(text: string, { code, message, pos: [at] }: YAMLParseError): Problem | undefined {
  switch (code) {
    case 'TAB_AS_INDENT':
      return tab(text, at);
    case 'BLOCK_AS_IMPLICIT_KEY':
      return scanner('mapping values are not allowed in this context', colonFrom(text, at));
    case 'MULTILINE_IMPLICIT_KEY':
      return implicitKey(text, at);
    case 'MISSING_CHAR':
      if (message.startsWith('Missing closing')) return scanner('found unexpected end of stream', text.length);
      if (message.startsWith('Implicit map keys')) return scanner("could not find expected ':'", endOfStream(text));
      return flowEnd(text, message);
    case 'BAD_INDENT':
      if (message.startsWith('All mapping items')) return parser('did not find expected key', at);
      return flowEnd(text, message);
    case 'BAD_SCALAR_START':
      return scanner('found character that cannot start any token', at);
    case 'BAD_DQ_ESCAPE':
      return scanner(
        /escape sequence \\[xuU]/.test(message)
          ? 'did not find expected hexdecimal number'
          : 'found unknown escape character',
        at,
      );
    case 'BAD_ALIAS':
      return scanner('did not find expected alphabetic or numeric character', at);
    case 'UNEXPECTED_TOKEN':
      return unexpected(message, at);
    default:
      return undefined;
  }
}

function scanner(text: string, at: number): Problem {
  return { text, at, by: 'scanner' };
}

function parser(text: string, at: number): Problem {
  return { text, at, by: 'parser' };
}

/** After a value the tab looks like more of it; where a value is to begin it can begin nothing. */
function tab(text: string, at: number): Problem {
  const before = text.slice(0, at).trimEnd();
  const inPlainScalar = before !== '' && !/[:\-?,[{]$/.test(before);
  return scanner(
    inPlainScalar ? 'found a tab character that violates indentation' : 'found character that cannot start any token',
    at,
  );
}

/** A key that goes over several lines: at the left edge of its mapping it had to be one, elsewhere it is a value that cannot be a key. */
function implicitKey(text: string, at: number): Problem {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const isKey = text.slice(lineStart, at).trim() === '';
  const next = /\n- /.exec(text.slice(at));
  const colon = colonFrom(text, at);
  if (isKey && text[lineStart] === '-') return parser('did not find expected key', lineStart);
  if (!isKey && next !== null && at + next.index < colon)
    return parser('did not find expected key', at + next.index + 1);
  return scanner(isKey ? "could not find expected ':'" : 'mapping values are not allowed in this context', colon);
}

function flowEnd(text: string, message: string): Problem | undefined {
  if (!message.startsWith('Flow')) return undefined;
  return parser(`did not find expected ',' or '${message.includes('sequence') ? ']' : '}'}'`, endOfStream(text));
}

function unexpected(message: string, at: number): Problem | undefined {
  if (/flow-(seq|map)-end token/.test(message)) return parser('did not find expected node content', at);
  if (message.includes('scalar at node end')) return parser("did not find expected '-' indicator", at);
  if (message.startsWith('Block scalar header') || message.startsWith('Not a YAML token'))
    return scanner('did not find expected comment or line break', at);
  return /start with (reserved|directive)/.test(message)
    ? scanner('found character that cannot start any token', at)
    : undefined;
}

/** The next colon that makes a key of what stands before it; the end of the text when there is none. */
function colonFrom(text: string, at: number): number {
  const found = /:(?=\s|$)/.exec(text.slice(at));
  return found === null ? text.length : at + found.index;
}

/** go-yaml ends a text with a line of its own. */
function endOfStream(text: string): number {
  return text.endsWith('\n') ? text.length : text.length + 1;
}

/** Lines before a place, counted from 0; a place behind the text is on one more. */
function lineIndex(text: string, at: number): number {
  let lines = at > text.length ? 1 : 0;
  for (let i = text.indexOf('\n'); i >= 0 && i < at; i = text.indexOf('\n', i + 1)) lines++;
  return lines;
}
