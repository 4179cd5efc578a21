/** One thing that is wrong with a source text, at an offset (in UTF-16 units; below zero: nowhere in particular). */
export type Issue = { readonly at: number; readonly message: string };

const maxIssues = 100;
const maxSnippet = 16384;

/** Issues as stock prints them: in the order of their places, each with its line and a mark below it. */
export function renderIssues(source: string, issues: readonly Issue[]): string {
  const reported = issues.slice(0, maxIssues).map((issue) => ({ issue, ...placeOf(source, issue.at) }));
  reported.sort((a, b) => a.line - b.line || a.column - b.column);
  const lines = source.split('\n');
  const texts = reported.map(({ issue, line, column }) => {
    const head = `ERROR: <input>:${line}:${column + 1}: ${issue.message}`;
    const snippet = lines[line - 1];
    // A snippet is measured in bytes, like the text that stock would print.
    if (snippet === undefined || Buffer.byteLength(snippet) > maxSnippet) return head;
    return `${head}\n | ${snippet.replaceAll('\t', ' ')}\n | ${mark(snippet, column)}`;
  });
  if (issues.length > maxIssues) texts.push(`${issues.length - maxIssues} more errors were truncated`);
  return texts.join('\n');
}

/** The line (from 1) and the column (from 0, in code points) of an offset. */
export function placeOf(source: string, at: number): { line: number; column: number } {
  if (at < 0) return { line: -1, column: -1 };
  let line = 1;
  let start = 0;
  for (let next = source.indexOf('\n'); next >= 0 && next < at; next = source.indexOf('\n', next + 1)) {
    line += 1;
    start = next + 1;
  }
  return { line, column: codePoints(source.slice(start, at)) };
}

/** How many code points a text has. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff && i + 1 < text.length) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next <= 0xdfff) {
        count -= 1;
        i += 1;
      }
    }
  }
  return count;
}

function mark(snippet: string, column: number): string {
  let dots = '';
  let index = 0;
  for (let i = 0; i < column && index < snippet.length; i += 1) {
    const point = snippet.codePointAt(index) ?? 0;
    dots += point > 0x7f ? '\uff0e' : '.';
    index += point > 0xffff ? 2 : 1;
  }
  return dots + ((snippet.codePointAt(index) ?? 0) > 0x7f ? '\uff3e' : '^');
}
