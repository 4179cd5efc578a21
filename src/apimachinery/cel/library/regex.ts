import type { RE2JS } from 're2js';
import { ArrayList } from '../collections.ts';
import { declare, type Implementation, type Library, method, type PatternCheck } from '../declarations.ts';
import { compilePattern, scan } from '../regex.ts';
import { INT, listOf, STRING } from '../type.ts';
import { CelError, type CelResult, type CelValue, noSuchOverload } from '../values.ts';

type Search = (pattern: RE2JS, text: string, limit: CelValue) => CelResult;

const find: Search = (pattern, text) => {
  scan(pattern, text);
  const matcher = pattern.matcher(text);
  return matcher.find() ? (matcher.group() ?? '') : '';
};

const findAll: Search = (pattern, text, limit) => {
  const most = typeof limit === 'number' || typeof limit === 'bigint' ? Number(limit) : -1;
  const found: string[] = [];
  scan(pattern, text);
  const matcher = pattern.matcher(text);
  let lastEnd = -1;
  while ((most < 0 || found.length < most) && matcher.find()) {
    // As in Go, nothing directly behind a match is no match.
    if (matcher.start() === matcher.end() && matcher.start() === lastEnd) continue;
    lastEnd = matcher.end();
    found.push(matcher.group() ?? '');
  }
  return new ArrayList(found);
};

function searching(search: Search): Implementation {
  return (text, pattern, limit) => {
    if (typeof text !== 'string' || typeof pattern !== 'string') return noSuchOverload;
    const compiled = compilePattern(pattern);
    if (compiled instanceof CelError) return new CelError(`Illegal regex: ${compiled.message}`);
    return search(compiled, text, limit);
  };
}

function prepared(search: Search): PatternCheck {
  return {
    argument: 1,
    compile: (constant) => {
      if (typeof constant !== 'string') return () => noSuchOverload;
      const pattern = compilePattern(constant);
      if (pattern instanceof CelError) return pattern.message;
      return (text, _pattern, limit) => (typeof text === 'string' ? search(pattern, text, limit) : noSuchOverload);
    },
  };
}

/** Parts of texts that match RE2 patterns. */
export const regexLibrary: Library = {
  functions: [
    declare('find', method('string_find_string', [STRING, STRING], STRING, searching(find), prepared(find))),
    declare(
      'findAll',
      method('string_find_all_string', [STRING, STRING], listOf(STRING), searching(findAll), prepared(findAll)),
      method(
        'string_find_all_string_int',
        [STRING, STRING, INT],
        listOf(STRING),
        searching(findAll),
        prepared(findAll),
      ),
    ),
  ],
};
