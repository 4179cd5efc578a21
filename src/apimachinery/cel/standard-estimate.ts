import type { CallEstimate, Sized } from './call-estimate.ts';
import { fixed, plus, type Range, scaled, times, unknownSize, unlimited } from './cost.ts';

const one = fixed(1);
const perCharacter = 0.1;
const perPatternCharacter = 0.25;

/** What CEL's own rules say of a call, its arguments not counted. */
export function standardEstimate(overload: string, target: Sized | undefined, args: readonly Sized[]): CallEstimate {
  const [a, b] = args;
  const sizeOf = (node: Sized | undefined): Range => node?.size ?? unknownSize;
  const characters = (node: Sized | undefined): Range => scaled(sizeOf(node), perCharacter);
  switch (overload) {
    case 'string_format':
      return { cost: characters(target) };
    case 'string_to_bytes':
      return { cost: characters(a), size: { min: sizeOf(a).min, max: Math.min(sizeOf(a).max * 4, unlimited) } };
    case 'bytes_to_string':
      return { cost: characters(a), size: { min: Math.floor(sizeOf(a).min / 4), max: sizeOf(a).max } };
    case 'strings_quote': {
      // Twice an unlimited size and two more is nothing at all in 64 bits.
      const max = sizeOf(a).max >= unlimited ? 0 : sizeOf(a).max * 2 + 2;
      return { cost: characters(a), size: { min: sizeOf(a).min + 2, max } };
    }
    case 'starts_with_string':
    case 'ends_with_string':
      return { cost: characters(a) };
    case 'in_list':
      return { cost: sizeOf(b) };
    case 'matches_string': {
      const text = scaled(plus(sizeOf(target), one), perCharacter);
      return { cost: times(text, scaled(sizeOf(a), perPatternCharacter)) };
    }
    case 'contains_string':
      return { cost: times(characters(target), characters(a)) };
    case 'add_list':
      return { cost: one, size: plus(sizeOf(a), sizeOf(b)) };
    case 'add_string':
    case 'add_bytes': {
      const size = plus(sizeOf(a), sizeOf(b));
      return { cost: scaled(size, perCharacter), size };
    }
    case 'equals':
    case 'not_equals':
    case 'less_string':
    case 'greater_string':
    case 'less_equals_string':
    case 'greater_equals_string':
    case 'less_bytes':
    case 'greater_bytes':
    case 'less_equals_bytes':
    case 'greater_equals_bytes': {
      const max = Math.min(sizeOf(a).max, sizeOf(b).max);
      return { cost: scaled({ min: max > 0 ? 1 : 0, max }, perCharacter) };
    }
    default:
      return { cost: one };
  }
}
