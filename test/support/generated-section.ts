import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Replaces what stands between `<!-- generated: NAME -->` and the `<!-- /generated -->` behind it in a Markdown file.
 * @throws Error when the file has no such part
 */
export function writeGeneratedSection(file: string, name: string, lines: readonly string[]): void {
  const begin = `<!-- generated: ${name} -->`;
  const text = readFileSync(file, 'utf8');
  const start = text.indexOf(begin);
  const end = text.indexOf('<!-- /generated -->', start);
  if (start < 0 || end < 0) throw new Error(`${file} has no part ${begin} … <!-- /generated -->`);
  writeFileSync(file, `${text.slice(0, start + begin.length)}\n${lines.join('\n')}\n${text.slice(end)}`);
}
