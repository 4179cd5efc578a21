import { readFileSync } from 'node:fs';

/** The conformance tests of names.txt, in its order: those that a stock control plane without nodes passes. */
export function conformanceNames(): readonly string[] {
  return readFileSync(new URL('names.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter(Boolean);
}

/** Whether a test has to run alone. */
export function isSerial(name: string): boolean {
  return name.includes('[Serial]');
}

/** A regular expression of Go that the full titles of exactly these tests match: a title may go on with labels only. */
export function focusOf(names: readonly string[]): string {
  return names.map((name) => `${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}( \\[|$)`).join('|');
}

/** Which of `names` a full title of the test program is. */
export function nameOf(title: string, names: readonly string[]): string | undefined {
  return names.find((name) => title === name || title.startsWith(`${name} [`));
}
