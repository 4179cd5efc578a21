import { createHash } from 'node:crypto';
import { isObject, type Json, setOwn, type JsonObject, stringify } from '../apimachinery/json.ts';

/** A short digest of a JSON value: equal values, equal digest, in whatever order their keys come. */
export function digestOf(value: Json, salt = ''): string {
  return createHash('sha256')
    .update(stringify(sortKeys(value)) + salt)
    .digest('hex')
    .slice(0, 32);
}

function sortKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value).sort()) {
    const item = value[key];
    if (item !== undefined) setOwn(result, key, sortKeys(item));
  }
  return result;
}
