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

  /**
   * Reads with a resource's number, 0 standing for a resource of which nothing was stored. Numbers are made before what they are used for is committed: only
   * when there still is none after the read did its snapshot hold nothing of the resource. Otherwise it is read again.
   */
  async reading<T>(name: string, read: (id: number) => Promise<T>): Promise<T> {
    for (;;) {
      const id = await this.find(name);
      const result = await read(id ?? 0);
      if (id !== undefined || (await this.find(name)) === undefined) return result;
    }
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
