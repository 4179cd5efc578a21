const alphabet = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Base64 as Go's standard decoder accepts it: padded, line breaks ignored. Gives the canonical text, or the offset of the byte that Go complains of.
 */
export function canonicalBase64(text: string): string | number {
  if (text.length % 4 === 0 && alphabet.test(text)) return hasSpareBits(text) ? reencode(text) : text;
  const oneLine = text.replace(/[\r\n]/g, '');
  return oneLine.length % 4 === 0 && alphabet.test(oneLine) ? reencode(oneLine) : illegalByte(text);
}

function reencode(text: string): string {
  return Buffer.from(text, 'base64').toString('base64');
}

/** Whether the last character has bits that stand for nothing: another text means the same bytes. */
function hasSpareBits(text: string): boolean {
  if (!text.endsWith('=')) return false;
  return text.endsWith('==')
    ? !'AQgw'.includes(text.charAt(text.length - 3))
    : !'AEIMQUYcgkosw048'.includes(text.charAt(text.length - 2));
}

/** Where decoding stops, counted as Go counts: in quanta of four characters; -1 when nowhere. */
function illegalByte(text: string): number {
  let at = 0;
  for (;;) {
    let inQuantum = 0;
    while (inQuantum < 4) {
      if (at === text.length) return inQuantum === 0 ? -1 : at - inQuantum;
      const character = text.charAt(at++);
      if (character === '\n' || character === '\r') continue;
      if (/[A-Za-z0-9+/]/.test(character)) {
        inQuantum++;
        continue;
      }
      if (character !== '=' || inQuantum < 2) return at - 1;
      if (inQuantum === 2) {
        while (/[\r\n]/.test(text.charAt(at))) at++;
        if (at === text.length) return text.length;
        if (text.charAt(at) !== '=') return at - 1;
        at++;
      }
      while (/[\r\n]/.test(text.charAt(at))) at++;
      return at < text.length ? at : -1;
    }
  }
}
