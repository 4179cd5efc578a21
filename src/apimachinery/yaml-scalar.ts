import type { Json } from './json.ts';

const words = new Map<string, boolean | null>();
for (const word of ['y', 'yes', 'true', 'on']) for (const form of forms(word)) words.set(form, true);
for (const word of ['n', 'no', 'false', 'off']) for (const form of forms(word)) words.set(form, false);
for (const word of ['', '~', ...forms('null')]) words.set(word, null);

function forms(word: string): string[] {
  return [word, word.charAt(0).toUpperCase() + word.slice(1), word.toUpperCase()];
}

const integer = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const maxUint64 = (1n << 64n) - 1n;
const minInt64 = -(1n << 63n);

/**
 * The value of a plain YAML scalar as go-yaml v2 resolves it, on which every Kubernetes server relies: YAML 1.1 booleans (`yes`, `on`), octal `012`, digits
 * with underscores, no base-60 numbers, dates stay text. `undefined`: infinity or not a number, which JSON cannot hold.
 */
export function resolveYamlScalar(text: string): Exclude<Json, object> | null | undefined {
  const word = words.get(text);
  if (word !== undefined || words.has(text)) return word;
  if (/^[-+]?\.(inf|Inf|INF)$/.test(text) || /^\.(nan|NaN|NAN)$/.test(text)) return undefined;
  if (!/^[-+.0-9]/.test(text)) return text;
  const plain = text.replaceAll('_', '');
  const match = text.startsWith('.') ? null : integer.exec(plain);
  if (match !== null && plain.length <= 80) {
    const [, sign = '', hex, binary, octal, decimal = '0'] = match;
    const digits =
      hex !== undefined
        ? `0x${hex}`
        : binary !== undefined
          ? `0b${binary}`
          : octal !== undefined
            ? `0o${octal}`
            : decimal;
    const value = sign === '-' ? -BigInt(digits) : BigInt(digits);
    if (value >= minInt64 && value <= maxUint64) {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : value;
    }
  }
  if (!float.test(text.startsWith('.') ? text : plain)) return text;
  const number = Number(plain);
  return Number.isFinite(number) ? number : text;
}
