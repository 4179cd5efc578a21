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
    request.on('end', () => resolve(more === undefined ? (first ?? empty) : Buffer.concat(more, size)));
    request.on('error', () => reject(brokenOff()));
    request.on('aborted', () => reject(brokenOff()));
    request.on('close', () => reject(brokenOff()));
  });
}

function tooLarge(limit: number): ApiError {
  return requestEntityTooLarge(`Request entity too large: limit is ${limit}`);
}

function brokenOff(): ApiError {
  return badRequest('the request body could not be read: the client broke off');
}
