import { LRUCache } from 'lru-cache';
import { RE2JS } from 're2js';
import type { PatternCheck } from './declarations.ts';
import { work } from './effort.ts';
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
    work(1000 * pattern.length);
    const program = RE2JS.compile(pattern);
    work(2000 * program.programSize());
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
  if (program instanceof CelError) return program;
  scan(program, text);
  return program.test(text);
}

/** Counts a walk of a pattern over a text. */
export function scan(program: RE2JS, text: string): void {
  work(text.length * (10 + program.programSize() / 10));
}

/** Compiles a constant pattern when the program is made. */
export const patternCheck: PatternCheck = {
  argument: 1,
  compile: (constant) => {
    if (typeof constant !== 'string') return () => noSuchOverload;
    const program = compilePattern(constant);
    if (program instanceof CelError) return program.message;
    return (text) => {
      if (typeof text !== 'string') return noSuchOverload;
      scan(program, text);
      return program.test(text);
    };
  },
};
