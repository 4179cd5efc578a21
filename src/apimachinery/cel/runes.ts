import { work } from './effort.ts';

/** A text by its code points; texts of ASCII are their own. */
export type Runes = { readonly length: number; slice(from: number, to?: number): string };

class Points implements Runes {
  private readonly points: readonly string[];

  constructor(text: string) {
    this.points = pointsOf(text);
  }

  get length(): number {
    return this.points.length;
  }

  slice(from: number, to?: number): string {
    return this.points.slice(from, to).join('');
  }
}

/** The characters of a text, each by itself. */
export function pointsOf(text: string): string[] {
  work(15 * text.length);
  return Array.from(text);
}

/** The code points of a text. */
export function runesOf(text: string): Runes {
  return hasSurrogates(text) ? new Points(text) : text;
}

/** Whether some character of a text takes two units. */
export function hasSurrogates(text: string): boolean {
  return /[\ud800-\udfff]/.test(text);
}

/** How many code points precede a unit of a text. */
export function runesBefore(text: string, unit: number): number {
  return hasSurrogates(text) ? pointsOf(text.slice(0, unit)).length : unit;
}

/** The unit at which a code point of a text begins. */
export function unitOf(text: string, rune: number): number {
  return hasSurrogates(text) ? pointsOf(text).slice(0, rune).join('').length : rune;
}
