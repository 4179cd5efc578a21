import { ApiError, badRequest, requestEntityTooLarge } from '../apimachinery/errors.ts';
import type { Exchange } from './exchange.ts';

const empty = Buffer.alloc(0);

/**
 * The request's body, whole. Throws 413 beyond `limit` bytes (with the stock server's text), 415 for a compressed body, 400 when the client
 * breaks off.
 */
export function readBody(x: Exchange, limit: number): Promise<Buffer> {
  const { request } = x;
  const encoding = x.header('content-encoding');
  if (encoding !== '' && encoding !== 'identity') {
    return Promise.reject(
      new ApiError(415, 'UnsupportedMediaType', `content encoding ${JSON.stringify(encoding)} is not supported`),
    );
  }
  const announced = request.headers['content-length'];
  if (announced === '0') return Promise.resolve(empty);
  if (announced !== undefined && Number(announced) > limit) return Promise.reject(tooLarge(limit));
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined;
    let more: Buffer[] | undefined;
    let size = 0;
    request.on('data', (chunk) => {
      size += chunk.length;
      if (size > limit) {
        request.removeAllListeners('data');
        reject(tooLarge(limit));
      } else if (first === undefined) first = chunk;
      else (more ??= [first]).push(chunk);
    });
    let complete = false;
    // Every request closes in the end; only one that closes early is worth an error.
    const breakOff = (): void => {
      if (!complete) reject(brokenOff());
    };
    request.on('end', () => {
      complete = true;
      resolve(more === undefined ? (first ?? empty) : Buffer.concat(more, size));
    });
    request.on('error', breakOff);
    request.on('aborted', breakOff);
    request.on('close', breakOff);
  });
}

function tooLarge(limit: number): ApiError {
  return requestEntityTooLarge(`Request entity too large: limit is ${limit}`);
}

function brokenOff(): ApiError {
  return badRequest('the request body could not be read: the client broke off');
}
