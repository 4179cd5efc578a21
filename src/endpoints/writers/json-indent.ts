/**
 * Indents a compact JSON text by two spaces, as Go's json.Indent does, without parsing it: numbers and escapes stay as they are.
 * Empty objects and arrays stay on one line.
 */
export function indentJson(text: string): string {
  let out = '';
  let depth = 0;
  let copied = 0;
  const flush = (upTo: number) => {
    out += text.slice(copied, upTo);
    copied = upTo;
  };
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      i++;
      while (i < text.length && text.charCodeAt(i) !== 0x22) i += text.charCodeAt(i) === 0x5c ? 2 : 1;
    } else if (code === 0x7b || code === 0x5b) {
      const close = code + 2;
      if (text.charCodeAt(i + 1) === close) i++;
      else {
        depth++;
        flush(i + 1);
        out += newline(depth);
      }
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
      flush(i);
      out += newline(depth);
    } else if (code === 0x2c) {
      flush(i + 1);
      out += newline(depth);
    } else if (code === 0x3a) {
      flush(i + 1);
      out += ' ';
    }
  }
  flush(text.length);
  return out;
}

const newlines: string[] = [];

function newline(depth: number): string {
  return (newlines[depth] ??= `\n${'  '.repeat(depth)}`);
}
