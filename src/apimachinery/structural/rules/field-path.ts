import type { Structural } from '../structural.ts';

const escapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  "'": "'",
  '\\': '\\',
};

/**
 * A rule's fieldPath (`.spec.a['b.c']`) as errors show it (`spec.a[b.c]`); undefined when it is no path of fields and map keys that the schema declares.
 */
export function normalFieldPath(text: string, schema: Structural): string | undefined {
  const tokens = tokensOf(text);
  let node = schema;
  let path = '';
  for (let at = 0; at < tokens.length; ) {
    let name: string | undefined;
    if (tokens[at] === '.') {
      name = tokens[at + 1];
      at += 2;
    } else if (tokens[at] === '[' && tokens[at + 2] === ']') {
      name = unquoted(tokens[at + 1] ?? '');
      at += 3;
    }
    if (name === undefined) return undefined;
    const { properties, additional } = node;
    const property = properties.get(name);
    if (property !== undefined) {
      path = path === '' ? name : `${path}.${name}`;
      node = property;
    } else if (properties.size === 0 && typeof additional === 'object') {
      path = `${path}[${name}]`;
      node = additional;
    } else return undefined;
  }
  return path;
}

/** Delimiters, texts in single quotes, and what stands between. */
function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  for (let at = 0; at < text.length; ) {
    let end = at;
    if (text[at] === "'") {
      end = at + 1;
      while (end < text.length && (text[end] !== "'" || text[end - 1] === '\\')) end++;
      end++;
    } else if ('.[]'.includes(text[at] ?? '')) end = at + 1;
    else while (end < text.length && !'.[]'.includes(text[end] ?? '')) end++;
    tokens.push(text.slice(at, end));
    at = end;
  }
  return tokens;
}

function unquoted(token: string): string | undefined {
  if (token.length < 2 || !token.startsWith("'") || !token.endsWith("'")) return undefined;
  let valid = true;
  const text = token.slice(1, -1).replaceAll(/\\(.)/g, (_, directive: string) => {
    const plain = escapes[directive];
    if (plain === undefined) valid = false;
    return plain ?? '';
  });
  return valid ? text : undefined;
}
