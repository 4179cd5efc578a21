import { ApiError } from '../../apimachinery/errors.ts';

type Meaning = readonly [reason: string, message: string | undefined];

/** What a client makes of an HTTP status whose body says nothing (NewGenericServerResponse). No message: the body is the message. */
const meanings: Readonly<Record<number, Meaning>> = {
  400: ['BadRequest', 'the server rejected our request for an unknown reason'],
  401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
  403: ['Forbidden', undefined],
  404: ['NotFound', 'the server could not find the requested resource'],
  405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
  409: ['AlreadyExists', 'the server reported a conflict'],
  415: ['UnsupportedMediaType', undefined],
  422: ['Invalid', 'the server rejected our request due to an error in our request'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: [
    'Timeout',
    'the server was unable to return a response in the time allotted, but may still be processing the request',
  ],
};

const notAcceptable = 'the server was unable to respond with a content type that the client supports';
const maxBodyText = 2048;

/** The error of an HTTP status without a Status object. `isText`: the body may be shown. */
export function statusError(code: number, body: string, isText: boolean): ApiError {
  const said = isText ? body.slice(0, maxBodyText).trim() : 'unknown';
  const known = meanings[code];
  if (known !== undefined) return new ApiError(code, known[0], known[1] ?? said);
  if (code === 406)
    return new ApiError(code, 'NotAcceptable', said === '' || said === 'unknown' ? notAcceptable : said);
  if (code >= 500) {
    const message = `an error on the server (${JSON.stringify(said)}) has prevented the request from succeeding`;
    return new ApiError(code, 'InternalError', message);
  }
  const message = `the server responded with the status code ${code} but did not return more information`;
  return new ApiError(code, 'Unknown', message);
}
