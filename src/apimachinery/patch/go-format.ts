import { isObject, type Json } from '../json.ts';

/** A JSON value as Go's `%v` prints it: upstream's patch errors show parts of objects this way. Long texts are cut. */
export function goFormat(value: Json | undefined, limit = 1024): string {
  const text = format(value, limit);
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}

function format(value: Json | undefined, limit: number): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) {
    let text = '[';
    for (let i = 0; i < value.length && text.length <= limit; i++) {
      text += `${i === 0 ? '' : ' '}${format(value[i], limit)}`;
    }
    return `${text}]`;
  }
  if (!isObject(value)) return String(value);
  let text = 'map[';
  let first = true;
  for (const key of Object.keys(value).sort()) {
    if (text.length > limit) break;
    text += `${first ? '' : ' '}${key}:${format(value[key], limit)}`;
    first = false;
  }
  return `${text}]`;
}

/** The Go type that upstream's decoder gives a JSON value. */
export function goType(value: Json | undefined): string {
  if (value === null || value === undefined) return '%!s(<nil>)';
  if (Array.isArray(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'bigint' || Number.isInteger(value) ? 'int64' : 'float64';
}
