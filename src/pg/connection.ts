import type { Duplex } from 'node:stream';
import pg from 'pg';

/** A prepared statement: the name makes the server parse and plan it once per connection. */
export type Statement = { readonly name: string; readonly text: string };
/** A value of a statement: text, or the binary form of its type. */
export type Value = string | number | boolean | null | Buffer;
/** A row: the text form of each column. */
export type Row = readonly (string | null)[];

/** Runs statements. Rejects with Postgres' or the socket's error. */
export interface Queryable {
  query(statement: Statement, values: readonly Value[]): Promise<readonly Row[]>;
}

export type ConnectionOptions = {
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** Sends statements without waiting for the answers to earlier ones. No transactions. */
  readonly pipeline?: boolean;
  /** Runs on every new connection before anything else. */
  readonly onConnect?: (client: pg.Client) => Promise<void>;
  /** The connection was lost (not: closed). */
  readonly onLost?: (error: Error) => void;
};

const text = (value: string): string => value;
/** Values stay text: the callers know what they asked for, and JSON is not to be parsed. */
const asText = { getTypeParser: () => text } as unknown as pg.CustomTypesConfig;

const connectTimeoutMs = 5000;
/** A connection on which nothing has been answered for this long is given up (the other side may be gone without a word). */
const stallMs = 30_000;

/**
 * One connection to Postgres that is made on first use and made anew after it was lost. Statements that were under way when it broke reject with the
 * error of the connection: nobody knows whether they ran.
 */
export class Connection implements Queryable {
  readonly #options: ConnectionOptions;
  #client: Promise<pg.Client> | undefined;
  /** The client once connected: spares the promise on the hot path. */
  #ready: pg.Client | undefined;
  /** The client that was made last, connected or not. */
  #latest: pg.Client | undefined;
  #underWay = 0;
  #answered = 0;
  #gathering = false;
  #watchdog: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#ready !== undefined;
  }

  /** Statements that have not been answered. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Runs a statement; gives its rows. Rejects with Postgres' or the socket's error. */
  query(statement: Statement, values: readonly Value[]): Promise<readonly Row[]> {
    const client = this.#ready;
    return client === undefined
      ? this.connect().then((connected) => this.#send(connected, statement, values))
      : this.#send(client, statement, values);
  }

  /** Runs text without values, perhaps several statements: session settings, LISTEN. */
  async run(sql: string): Promise<void> {
    const client = this.#ready ?? (await this.connect());
    await client.query(sql);
  }

  /** Resolves when connected. */
  connect(): Promise<pg.Client> {
    if (this.#closed) return Promise.reject(new Error('Client was closed'));
    return (this.#client ??= this.#open());
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watchdog);
    const client = await this.#client?.catch(() => undefined);
    this.#client = undefined;
    this.#ready = undefined;
    await client?.end().catch(() => undefined);
  }

  async #open(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#options.url,
      application_name: this.#options.name,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      types: asText,
      ...(this.#options.pipeline === true ? { pipeline: true } : {}),
    } as pg.ClientConfig);
    this.#latest = client;
    let lost = false;
    const lose = (error: Error): void => {
      if (lost) return;
      lost = true;
      this.#forget(client);
      if (!this.#closed) this.#options.onLost?.(error);
    };
    client.on('error', lose);
    client.on('end', () => lose(new Error('Connection terminated')));
    try {
      await client.connect();
      await this.#options.onConnect?.(client);
    } catch (error) {
      lost = true;
      this.#forget(client);
      void client.end().catch(() => undefined);
      throw error;
    }
    if (!lost) this.#ready = client;
    return client;
  }

  /** The next statement makes a new connection, unless there is one already. */
  #forget(client: pg.Client): void {
    if (this.#latest !== client) return;
    this.#client = undefined;
    this.#ready = undefined;
  }

  #send(client: pg.Client, { name, text: sql }: Statement, values: readonly Value[]): Promise<readonly Row[]> {
    this.#underWay++;
    this.#watchdog ??= this.#watch();
    if (!this.#gathering) this.#gather(client);
    return new Promise((resolve, reject) => {
      client.query({ name, text: sql, values: values as Value[], rowMode: 'array' }, (error, result) => {
        this.#underWay--;
        this.#answered++;
        if (error) {
          // The server says goodbye before the socket closes: what comes next goes to a new connection.
          if ((error as { severity?: string }).severity === 'FATAL') this.#forget(client);
          reject(error);
        } else resolve(result.rows as Row[]);
      });
    });
  }

  /**
   * Holds back what is written until this turn of the event loop is over: the statements of many requests then leave in one system call, which
   * costs more than all the rest of sending a small statement.
   */
  #gather(client: pg.Client): void {
    const { stream } = (client as pg.Client & { connection: { stream: Duplex } }).connection;
    this.#gathering = true;
    stream.cork();
    setImmediate(() => {
      this.#gathering = false;
      stream.uncork();
    });
  }

  #watch(): NodeJS.Timeout {
    let before = -1;
    return setInterval(() => {
      if (this.#underWay > 0 && this.#answered === before) {
        // pg has no public way to break a connection off; ending waits for the answer that does not come.
        const client = this.#ready as (pg.Client & { connection?: { stream?: { destroy(): void } } }) | undefined;
        client?.connection?.stream?.destroy();
      }
      before = this.#answered;
      if (this.#underWay > 0) return;
      clearInterval(this.#watchdog);
      this.#watchdog = undefined;
    }, stallMs).unref();
  }
}
