import { constants } from 'node:http2';
import { ApiError } from '../../apimachinery/errors.ts';
import { stringify, type JsonObject } from '../../apimachinery/json.ts';
import { RevisionCompacted, StorageUnavailable } from '../../storage/object-store.ts';
import type { Exchange } from '../exchange.ts';
import { type MediaType, negotiate } from '../negotiation.ts';
import { MalformedPath } from '../requestinfo.ts';
import { protobufObject, protobufType } from './protobuf.ts';
import { AlreadyAnswered, respond, respondBody, respondDocument, respondText } from './respond.ts';

const noError = constants.NGHTTP2_NO_ERROR;

/** Turns whatever was thrown into the error that the client sees. Unknown errors show nothing of themselves. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof RevisionCompacted) return new ApiError(410, 'Expired', error.message);
  if (error instanceof StorageUnavailable) {
    return new ApiError(503, 'ServiceUnavailable', 'the storage is not available, try again later', {
      details: { retryAfterSeconds: 1 },
      cause: error,
    });
  }
  return new ApiError(500, 'InternalError', "Internal error occurred: an unexpected error, see the server's log", {
    cause: error,
  });
}

/** Answers with the Status of an error; a no-op when the answer has begun (the connection is then broken off, as nothing else can be said). */
export async function respondError(x: Exchange, error: unknown): Promise<void> {
  const { response } = x;
  if (x.answered) {
    if (!(error instanceof AlreadyAnswered) && !response.writableEnded) response.destroy();
    return;
  }
  letGoOfBody(x);
  if (error instanceof MalformedPath) {
    respond(x, 400, 'text/plain; charset=utf-8', '400 Bad Request', { 'cache-control': undefined });
    return;
  }
  const status = toApiError(error);
  const extra: Record<string, string> = {};
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter !== undefined) extra['retry-after'] = String(retryAfter);
  if (status.code === 403 && !x.permitted) extra['x-content-type-options'] = 'nosniff';
  const mediaType = errorMediaType(x);
  const object = status.toStatus() as JsonObject;
  x.audit?.failed(object);
  await (mediaType.format === 'protobuf'
    ? respondBody(x, status.code, protobufType, protobufObject(object), extra)
    : respondDocument(x, status.code, mediaType, stringify(object), extra));
}

/** What is left of a body that an error makes superfluous: HTTP/1.1 reads over it, an HTTP/2 client is told not to send it. */
function letGoOfBody(x: Exchange): void {
  const { request, response } = x;
  if (request.complete || request.httpVersionMajor !== 2) return;
  response.on('finish', () => request.stream?.close(noError));
}

/** Errors are JSON unless the client prefers YAML; an unacceptable Accept header is no reason not to say what is wrong. */
function errorMediaType(x: Exchange): MediaType {
  try {
    return { ...negotiate(x.header('accept'), 'none', true), as: undefined };
  } catch {
    return { format: 'json', as: undefined, pretty: true };
  }
}

/** The answer for paths that exist for nobody. */
export function respondPageNotFound(x: Exchange): void {
  respondText(x, 404, '404 page not found\n');
}
