import type {
  FieldSchema,
  MapSchema,
  ScalarSchema,
  Schema,
  StructSchema,
} from '../../src/apimachinery/schema/schema.ts';

/** Takes a field or list item away. */
export const drop = Symbol('drop');
export type Path = readonly (string | number)[];
/** A mistake, or another choice: at the path stands `value`. */
export type Mutation = { readonly path: Path; readonly value: unknown; readonly label: string };

const long = 'x'.repeat(260);

function scalarValues(schema: ScalarSchema, value: unknown): unknown[] {
  switch (schema.type) {
    case 'string': {
      const others = (schema.enum ?? []).filter((each) => each !== value);
      return schema.enum === undefined
        ? ['', 'Bad_Value!', long, `${String(value)}2`, '-a', 5, ['a']]
        : ['', 'Unknown', ...others, 5];
    }
    case 'boolean':
      return [value !== true, 'true', 1];
    case 'int32':
    case 'int64':
      return [-1, 0, 1, Number(value) + 1, 65_536, 2_147_483_647, 2_147_483_648, 1.5, 'x'];
    case 'double':
      return [-1, 'x'];
    case 'intOrString':
      return [-1, 0, 70_000, '150%', '-5%', '50%', '0%', 'abc', 'Bad_Value!', long, '', true];
    case 'quantity':
      return ['-1', '0', '1.5', '3Gi', '1m', 'abc', '', 5, true];
    case 'time':
    case 'microTime':
      return ['2020-01-01T00:00:00Z', '2020-01-01T00:00:00.123456Z', 'abc', '', 5];
    case 'duration':
      return ['1h', '-1s', 'abc', 5];
    case 'bytes':
      return ['', 'AAECAw==', '!!!', 5];
  }
}

/** Some value of the type, for fields that the sample leaves out. */
function something(schema: Schema): unknown {
  switch (schema.kind) {
    case 'struct':
      return {};
    case 'map':
      return { junk: something(schema.values) };
    case 'list':
      return [something(schema.items)];
    case 'any':
      return { a: 1 };
    case 'scalar':
      if (schema.enum !== undefined) return schema.enum[0];
      return (
        {
          string: 'junk',
          boolean: true,
          int32: 1,
          int64: 1,
          double: 1,
          intOrString: 1,
          quantity: '1',
          time: '2020-01-01T00:00:00Z',
          microTime: '2020-01-01T00:00:00.000000Z',
          duration: '1s',
          bytes: 'AAEC',
        } as const
      )[schema.type];
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Mutations of every node of a value, each schema path once: `seen` holds the paths that other samples have shown. The root's own apiVersion, kind and
 * metadata are the caller's.
 */
export class Mutator {
  readonly #seen = new Set<string>();
  readonly #found: Mutation[] = [];

  /** Mutations below `path`, where `value` stands; of the root only `fields`, where given. */
  of(schema: StructSchema, value: Record<string, unknown>, fields?: readonly string[]): Mutation[] {
    this.#found.length = 0;
    this.#struct(schema, value, [], '', fields);
    return [...this.#found];
  }

  #add(path: Path, value: unknown): void {
    const shown = value === drop ? 'dropped' : (JSON.stringify(value) ?? 'undefined');
    this.#found.push({
      path,
      value,
      label: `${path.join('.')} = ${shown.length > 80 ? `${shown.slice(0, 77)}…` : shown}`,
    });
  }

  #visit(field: Schema, value: unknown, path: Path, type: string): void {
    // A list's later items differ from its first where they choose another member of a union.
    const members = isObject(value) ? Object.keys(value).sort().join() : '';
    const fresh = !this.#seen.has(`${type}=${members}`);
    this.#seen.add(`${type}=${members}`);
    if (fresh && !(field.kind === 'struct' && this.#seen.has(type)))
      for (const each of [drop, null]) this.#add(path, each);
    const first = !this.#seen.has(type);
    this.#seen.add(type);
    switch (field.kind) {
      case 'scalar':
        if (first) for (const each of scalarValues(field, value)) if (each !== value) this.#add(path, each);
        return;
      case 'any':
        if (first) for (const each of ['x', 5]) this.#add(path, each);
        return;
      case 'struct':
        if (first) for (const each of [{}, 'x', []]) this.#add(path, each);
        if (fresh && isObject(value)) this.#struct(field, value, path, type);
        else if (isObject(value)) this.#struct(field, value, path, type, []);
        return;
      case 'list':
        if (!Array.isArray(value)) return;
        if (first) {
          for (const each of [[], 'x', {}, [null]]) this.#add(path, each);
          if (value.length > 0) this.#add(path, [...value, value[0]]);
          if (value.length > 1) this.#add(path, value.toReversed());
          if (field.items.kind === 'struct') this.#add(path, [...value, {}]);
        }
        for (const [index, item] of value.entries()) this.#visit(field.items, item, [...path, index], `${type}[]`);
        return;
      case 'map':
        if (isObject(value)) this.#map(field, value, path, type, first);
    }
  }

  #map(schema: MapSchema, value: Record<string, unknown>, path: Path, type: string, first: boolean): void {
    const [[key, one] = ['', undefined]] = Object.entries(value);
    if (first) {
      for (const each of [{}, 'x', [], { '': one }, { 'Bad Key!': one }, { [long]: one }, { ...value, 'new.key': one }])
        this.#add(path, each);
    }
    if (one !== undefined) this.#visit(schema.values, one, [...path, key], `${type}{}`);
  }

  #struct(
    schema: StructSchema,
    value: Record<string, unknown>,
    path: Path,
    type: string,
    only?: readonly string[],
  ): void {
    for (const [name, field] of schema.fields) {
      if (only !== undefined && !only.includes(name)) {
        // What a second item of a list has and the first has not is still to be seen.
        if (path.length > 0 && value[name] !== undefined && !this.#seen.has(`${type}.${name}`))
          this.#visit(field.schema, value[name], [...path, name], `${type}.${name}`);
        continue;
      }
      if (value[name] !== undefined) this.#visit(field.schema, value[name], [...path, name], `${type}.${name}`);
      else this.#absent(field, path, type);
    }
    if (only === undefined) this.#add([...path, 'bogusField'], 1);
  }

  #absent(field: FieldSchema, path: Path, type: string): void {
    const key = `${type}+${field.name}`;
    if (this.#seen.has(key) || this.#seen.has(`${type}.${field.name}`)) return;
    this.#seen.add(key);
    this.#add([...path, field.name], something(field.schema));
  }
}

/** A copy of the value with the mutation in it. */
export function mutated(value: unknown, { path, value: put }: Pick<Mutation, 'path' | 'value'>): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return put;
  if (Array.isArray(value)) {
    const copy: unknown[] = [...value];
    if (rest.length === 0 && put === drop) copy.splice(Number(key), 1);
    else copy[Number(key)] = mutated(copy[Number(key)], { path: rest, value: put });
    return copy;
  }
  const copy: Record<string, unknown> = isObject(value) ? { ...value } : {};
  if (rest.length === 0 && put === drop) delete copy[key];
  else copy[key] = mutated(copy[key], { path: rest, value: put });
  return copy;
}
