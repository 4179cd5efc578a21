import { LRUCache } from 'lru-cache';
import { RE2JS } from 're2js';
import type { PatternCheck } from './declarations.ts';
import { CelError, type CelResult, noSuchOverload } from './values.ts';

/** Patterns that programs read from data; a compiled one may take many times the room of its text. */
const compiled = new LRUCache<string, RE2JS>({ max: 256 });

/** The longest pattern; beyond it compiling is work that no cost accounts for. */
const maxPattern = 16_384;

/** A compiled pattern, or what is wrong with it in the words of Go's parser. */
export function compilePattern(pattern: string): RE2JS | CelError {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  if (pattern.length > maxPattern) return new CelError('error parsing regexp: expression too large');
  try {
    const program = RE2JS.compile(pattern);
    compiled.set(pattern, program);
    return program;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return new CelError(error.message);
  }
}

/** Whether a part of a text matches a pattern. */
export function regexMatches(text: string, pattern: string): CelResult {
  const program = compilePattern(pattern);
  return program instanceof CelError ? program : program.test(text);
}

/** Compiles a constant pattern when the program is made. */
export const patternCheck: PatternCheck = {
  argument: 1,
  compile: (constant) => {
    if (typeof constant !== 'string') return () => noSuchOverload;
    const program = compilePattern(constant);
    if (program instanceof CelError) return program.message;
    return (text) => (typeof text === 'string' ? program.test(text) : noSuchOverload);
  },
};
