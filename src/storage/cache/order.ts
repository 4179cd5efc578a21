/**
 * Compares two texts as Postgres' collation "C" and Kubernetes do: by UTF-8 bytes. Differs from JavaScript's order only where a surrogate pair meets
 * U+E000–U+FFFF. Negative, zero or positive.
 */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return x >= 0xd800 && y >= 0xd800 ? codePointRank(x) - codePointRank(y) : x - y;
  }
  return a.length - b.length;
}

/** Moves surrogates above all other UTF-16 units, where the code points that they stand for belong. */
function codePointRank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
