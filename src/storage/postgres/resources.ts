import type { Queryable } from '../../pg/connection.ts';
import { plainArray } from '../../pg/arrays.ts';
import { findResource, makeResource, resourceNames } from './statements.ts';

/** The numbers under which resources are stored. They never change, so what is known once is known for ever. */
export class Resources {
  readonly #connection: Queryable;
  readonly #ids = new Map<string, number>();
  readonly #names = new Map<number, string>();

  constructor(connection: Queryable) {
    this.#connection = connection;
  }

  /** The number of a resource if this process knows it. */
  known(name: string): number | undefined {
    return this.#ids.get(name);
  }

  /** The name of a number that `learn` has seen. */
  name(id: number): string | undefined {
    return this.#names.get(id);
  }

  /** The number of a resource; undefined when nothing of it was ever stored. */
  async find(name: string): Promise<number | undefined> {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const [row] = await this.#connection.query(findResource, [name]);
    return row === undefined ? undefined : this.#remember(Number(row[0]), name);
  }

  /** The number of a resource, made when there is none. */
  async make(name: string): Promise<number> {
    const found = await this.find(name);
    if (found !== undefined) return found;
    await this.#connection.query(makeResource, [name]);
    const made = await this.find(name);
    if (made === undefined) throw new Error(`the resource ${name} vanished`);
    return made;
  }

  /** Makes the names of all these numbers known. */
  async learn(ids: Iterable<number>): Promise<void> {
    const unknown = [...new Set(ids)].filter((id) => id !== 0 && !this.#names.has(id));
    if (unknown.length === 0) return;
    const rows = await this.#connection.query(resourceNames, [plainArray(unknown)]);
    for (const [id, name] of rows) this.#remember(Number(id), String(name));
  }

  #remember(id: number, name: string): number {
    this.#ids.set(name, id);
    this.#names.set(id, name);
    return id;
  }
}
