import type { HttpResponse } from '../exchange.ts';

/** Bodies up to this go out in one write. */
const oneWriteBytes = 1024 * 1024;
const pieceBytes = 256 * 1024;

/**
 * Writes the parts of a body and ends the answer. Large ones go piece by piece as the client takes them: what is handed to a TLS connection at once is
 * encrypted and held at once. Resolves when everything is written or the client has gone.
 */
export async function endWithParts(response: HttpResponse, parts: readonly Uint8Array[], size: number): Promise<void> {
  if (size <= oneWriteBytes) {
    const last = parts.length - 1;
    for (let i = 0; i < last; i++) response.write(parts[i] as Uint8Array);
    response.end(parts[last]);
    return;
  }
  for (const part of parts) {
    for (let at = 0; at < part.length; at += pieceBytes) {
      if (response.write(part.subarray(at, at + pieceBytes))) continue;
      if (!(await drained(response))) return;
    }
  }
  response.end();
}

/** True after a drain, false when the connection has closed. */
function drained(response: HttpResponse): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (open: boolean): void => {
      response.removeListener('drain', onDrain);
      response.removeListener('close', onClose);
      resolve(open);
    };
    const onDrain = (): void => settle(true);
    const onClose = (): void => settle(false);
    response.on('drain', onDrain);
    response.on('close', onClose);
  });
}
