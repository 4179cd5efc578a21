import { JsonReader, StrictErrors } from '../json-reader.ts';
import type { Schema, StructSchema } from './schema.ts';

/**
 * What strict decoding complains of in a JSON text: repeated and unknown fields in the order of the document, as upstream lists them. Only asked for texts that
 * repeat keys; the decoder itself finds unknown fields. What is inside unknown or free-form fields is nobody's concern.
 */
export function listStrictErrors(text: string, schema: StructSchema): string[] {
  const reader = new JsonReader(text);
  const errors = new StrictErrors();
  const path: (string | number)[] = [];

  function walk(type: Schema | undefined): void {
    const open = reader.peek();
    if (open === '{' && type?.kind === 'struct') object(type);
    else if (open === '{' && type?.kind === 'map') object(type);
    else if (open === '[' && type?.kind === 'list')
      reader.array((index) => {
        path.push(index);
        walk(type.items);
        path.pop();
      });
    else reader.skip();
  }

  function object(type: Schema & { kind: 'struct' | 'map' }): void {
    const seen = new Set<string>();
    reader.object((key) => {
      const next = type.kind === 'map' ? type.values : type.fields.get(key)?.schema;
      if (next === undefined && !(type.kind === 'struct' && type.preserveUnknown))
        errors.add('unknown field', path, key);
      else if (seen.has(key)) errors.add('duplicate field', path, key);
      seen.add(key);
      path.push(key);
      walk(next);
      path.pop();
    });
  }

  walk(schema);
  return errors.texts;
}
