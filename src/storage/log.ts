/** What storage needs of a logger; pino's satisfies it. */
export type StorageLog = {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
};

/** Says nothing, except errors, as process warnings: for tests and for programs that bring no logger. */
export const quietLog: StorageLog = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (details, message) => process.emitWarning(`${message}: ${JSON.stringify(details)}`, 'StorageError'),
};
