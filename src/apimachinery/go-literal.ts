import { isObject, type Json } from './json.ts';

/** A float as Go's %v prints it: shortest, with an exponent below 1e-04 and from 1e+06 on. */
export function goFloat(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return String(value);
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

const maxText = 4096;

/** An object or list as Go's %#v prints it, which is how field errors show them: `map[string]interface {}{"a":1}`. Long ones are cut. */
export function goLiteral(value: Json): string {
  const text = literal(value, 0);
  return text.length > maxText ? `${text.slice(0, maxText)}…` : text;
}

function literal(value: Json, depth: number): string {
  if (value === null) return 'interface {}(nil)';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : goFloat(value);
  if (typeof value !== 'object') return String(value);
  if (depth > 16) return '…';
  if (Array.isArray(value))
    return `[]interface {}{${value
      .slice(0, 256)
      .map((item) => literal(item, depth + 1))
      .join(', ')}}`;
  const names = isObject(value) ? Object.keys(value).toSorted().slice(0, 256) : [];
  return `map[string]interface {}{${names.map((name) => `${JSON.stringify(name)}:${literal(value[name] ?? null, depth + 1)}`).join(', ')}}`;
}
