import {
  Connection,
  type ConnectionOptions,
  type Queryable,
  type Row,
  type Statement,
  type Value,
} from './connection.ts';

/** A few pipelined connections; each statement takes the one with the least under way. For statements that may be slow, but each on its own. */
export class Lane implements Queryable {
  readonly #connections: readonly Connection[];

  constructor(options: ConnectionOptions, count: number) {
    this.#connections = Array.from({ length: count }, () => new Connection({ ...options, pipeline: true }));
  }

  query(statement: Statement, values: readonly Value[]): Promise<readonly Row[]> {
    return this.#idlest().query(statement, values);
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }

  #idlest(): Connection {
    let best = this.#connections[0] as Connection;
    for (const connection of this.#connections) if (connection.underWay < best.underWay) best = connection;
    return best;
  }
}
