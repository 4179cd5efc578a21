/** The embedded Postgres cannot be started; the message is one line for the person at the terminal. */
export class EmbeddedPostgresError extends Error {
  override readonly name: string = 'EmbeddedPostgresError';
}

/** Another running Atoll (or another Postgres) uses the data directory. */
export class DataDirectoryLocked extends EmbeddedPostgresError {
  override readonly name = 'DataDirectoryLocked';
  readonly pid: number;
  constructor(dataDir: string, pid: number) {
    super(`the data directory ${dataDir} is already in use by process ${pid}`);
    this.pid = pid;
  }
}

/** The data directory could not be made. */
export class InitdbFailed extends EmbeddedPostgresError {
  override readonly name = 'InitdbFailed';
}
