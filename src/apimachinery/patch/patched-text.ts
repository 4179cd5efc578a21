import { isObject, type Json, type JsonObject, stringify } from '../json.ts';
import type { Schema } from '../schema/schema.ts';

/** Which parts of a document a patch has opened: everything else was passed on as it was. */
type Touched = { [key: string]: Touched | undefined } | undefined;

/**
 * A patched document as upstream's patch library writes it: objects that the patch went into with their keys sorted, all others as Go had encoded them,
 * in the order of their declaration. Error messages of patches show it.
 */
export function patchedText(patched: Json, schema: Schema, touched: Touched): string {
  return stringify(inOrder(patched, schema, touched));
}

/** What a merge patch goes into. */
export function touchedByMerge(patch: JsonObject): Touched {
  const touched: NonNullable<Touched> = Object.create(null) as NonNullable<Touched>;
  for (const [key, value] of Object.entries(patch)) if (isObject(value)) touched[key] = touchedByMerge(value);
  return touched;
}

/** What the operations of a JSON patch go into. */
export function touchedByOperations(operations: readonly JsonObject[]): Touched {
  const root: NonNullable<Touched> = Object.create(null) as NonNullable<Touched>;
  for (const operation of operations) {
    for (const pointer of [operation['path'], operation['from']]) {
      if (typeof pointer !== 'string') continue;
      let at = root;
      for (const part of pointer.split('/').slice(1, -1)) {
        const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
        at = at[key] ??= Object.create(null) as NonNullable<Touched>;
      }
    }
  }
  return root;
}

function inOrder(value: Json, schema: Schema | undefined, touched: Touched): Json {
  if (Array.isArray(value)) {
    const items = schema?.kind === 'list' ? schema.items : undefined;
    return value.map((item, index) => inOrder(item, items, touched?.[index]));
  }
  if (!isObject(value)) return value;
  const present = Object.keys(value).filter((key) => value[key] !== undefined);
  const keys =
    touched !== undefined || schema?.kind === 'map'
      ? present.sort()
      : schema?.kind === 'struct'
        ? [
            ...[...schema.fields.keys()].filter((key) => Object.hasOwn(value, key) && value[key] !== undefined),
            ...present.filter((key) => !schema.fields.has(key)),
          ]
        : present;
  const entries = keys.map((key): [string, Json] => [
    key,
    inOrder(value[key] ?? null, memberSchema(schema, key), touched?.[key]),
  ]);
  return Object.fromEntries(entries);
}

function memberSchema(schema: Schema | undefined, key: string): Schema | undefined {
  if (schema?.kind === 'struct') return schema.fields.get(key)?.schema;
  return schema?.kind === 'map' ? schema.values : undefined;
}
