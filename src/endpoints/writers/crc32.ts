const polynomial = 0xedb88320;

/** The CRC-32 of two texts in a row from theirs and the length of the second (zlib's crc32_combine: multiplication by x^(8n) over GF(2)). */
export function combineCrc32(first: number, second: number, secondLength: number): number {
  let even: number[] = [];
  let odd: number[] = [polynomial];
  for (let bit = 0; bit < 31; bit++) odd.push(1 << bit);
  even = square(odd);
  odd = square(even);
  let crc = first;
  for (let length = secondLength; length > 0; length = Math.floor(length / 2)) {
    even = square(odd);
    if (length % 2 === 1) crc = times(even, crc);
    odd = even;
  }
  return (crc ^ second) >>> 0;
}

function times(matrix: readonly number[], vector: number): number {
  let sum = 0;
  for (let i = 0, rest = vector >>> 0; rest !== 0; i++, rest >>>= 1) if (rest & 1) sum ^= matrix[i] ?? 0;
  return sum >>> 0;
}

function square(matrix: readonly number[]): number[] {
  return matrix.map((row) => times(matrix, row));
}
