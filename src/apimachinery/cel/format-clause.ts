/** What one clause of a format asks for. */
export type Clause = {
  readonly verb: 's' | 'd' | 'f' | 'e' | 'b' | 'x' | 'X' | 'o';
  readonly precision: number | undefined;
};

/** A text with holes, or what is wrong with it (stock's words). */
export type FormatPart = string | Clause | { readonly problem: string };

const verbs = new Set('sdfebxXo');

/** Reads a format step by step; it ends after the first problem. */
export function* clausesOf(format: string): Generator<FormatPart> {
  let from = 0;
  for (let at = format.indexOf('%'); at >= 0; at = format.indexOf('%', from)) {
    if (at > from) yield format.slice(from, at);
    if (format.charAt(at + 1) === '%') {
      yield '%';
      from = at + 2;
      continue;
    }
    if (at + 1 >= format.length) {
      yield { problem: 'unexpected end of string' };
      return;
    }
    const clause = clauseAt(format, at + 1);
    if ('problem' in clause) {
      yield { problem: `could not parse formatting clause: ${clause.problem}` };
      return;
    }
    yield { verb: clause.verb, precision: clause.precision };
    from = clause.end;
  }
  if (from < format.length) yield format.slice(from);
}

function clauseAt(format: string, from: number): (Clause & { readonly end: number }) | { readonly problem: string } {
  let at = from;
  let precision: number | undefined;
  if (format.charAt(at) === '.') {
    at += 1;
    while (/[0-9]/.test(format.charAt(at))) at += 1;
    const digits = format.slice(from + 1, at);
    if (at >= format.length) {
      return { problem: 'error while parsing precision: could not find end of precision specifier' };
    }
    precision = Number(digits);
    if (digits === '' || precision > 0x7fffffff) {
      const why = digits === '' ? 'invalid syntax' : 'value out of range';
      const problem = `error while converting precision to integer: strconv.Atoi: parsing "${digits}": ${why}`;
      return { problem: `error while parsing precision: ${problem}` };
    }
  }
  const verb = format.charAt(at);
  if (!verbs.has(verb)) return { problem: `unrecognized formatting clause "${verb}"` };
  return { verb: verb as Clause['verb'], precision, end: at + 1 };
}
