const maxTotal = 4096;
const maxItemRunes = 256;

/** The value of the `Warning` header: every text once, cut to 4 KiB in total as the stock server does. */
export function warningHeader(texts: readonly string[]): string {
  const values: string[] = [];
  let total = 0;
  const whole = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) <= maxTotal;
  for (const text of texts) {
    const clean = sanitize(whole ? text : Array.from(text).slice(0, maxItemRunes).join(''));
    const value = `299 - "${clean.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
    total += Buffer.byteLength(clean);
    if (total > maxTotal && values.length > 0) break;
    values.push(value);
  }
  return values.join(', ');
}

/** Header values are latin-1 without control characters; other characters are percent-encoded as Go's net/http/header writer would refuse them. */
function sanitize(text: string): string {
  let clean = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f) clean += ' ';
    else clean += code > 0x7e ? Buffer.from(character, 'utf8').toString('latin1') : character;
  }
  return clean;
}
