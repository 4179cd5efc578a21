import { type Json, stringify } from './json.ts';
import { goFloat } from './go-literal.ts';
import { formatGroupKind, formatGroupResource, type GroupKind, type GroupResource } from './object.ts';

/** metav1.StatusCause. */
export type StatusCause = { reason?: string; message?: string; field?: string };

export type StatusDetails = {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
};

/** metav1.Status, as it goes over the wire. */
export type Status = {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: { continue?: string };
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
};

/**
 * The one error class whose text reaches clients: an HTTP code, a machine-readable reason and a message, as
 * k8s.io/apimachinery/pkg/api/errors words them. `cause` carries what only the log may know.
 */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;
  /** Status.metadata.continue: only an expired list token sets it. */
  readonly continueToken: string | undefined;

  constructor(
    code: number,
    reason: string,
    message: string,
    options: { details?: StatusDetails; cause?: unknown; continueToken?: string } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ApiError';
    this.code = code;
    this.reason = reason;
    this.details = options.details;
    this.continueToken = options.continueToken;
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continueToken === undefined ? {} : { continue: this.continueToken },
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

function resourceDetails(gr: GroupResource, name: string): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(gr.group === '' ? {} : { group: gr.group }),
    ...(gr.resource === '' ? {} : { kind: gr.resource }),
  };
}

export function badRequest(message: string, cause?: unknown): ApiError {
  return new ApiError(400, 'BadRequest', message, { cause });
}

export function unauthorized(): ApiError {
  return new ApiError(401, 'Unauthorized', 'Unauthorized');
}

export function forbidden(gr: GroupResource, name: string, why: string, causes?: StatusCause[]): ApiError {
  const qualified = formatGroupResource(gr);
  const message =
    qualified === ''
      ? `forbidden: ${why}`
      : name === ''
        ? `${qualified} is forbidden: ${why}`
        : `${qualified} "${name}" is forbidden: ${why}`;
  return new ApiError(403, 'Forbidden', message, {
    details: { ...resourceDetails(gr, name), ...(causes === undefined ? {} : { causes }) },
  });
}

export function notFound(gr: GroupResource, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${formatGroupResource(gr)} "${name}" not found`, {
    details: resourceDetails(gr, name),
  });
}

/** The route exists for nobody: what client-go prints for an unserved API. */
export function genericNotFound(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', { details: {} });
}

export function methodNotSupported(gr: GroupResource, action: string): ApiError {
  return new ApiError(
    405,
    'MethodNotAllowed',
    `${action} is not supported on resources of kind "${formatGroupResource(gr)}"`,
    {
      details: resourceDetails(gr, ''),
    },
  );
}

export function notAcceptable(accepted: readonly string[]): ApiError {
  return new ApiError(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`);
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  return new ApiError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

export function alreadyExists(gr: GroupResource, name: string): ApiError {
  return new ApiError(409, 'AlreadyExists', `${formatGroupResource(gr)} "${name}" already exists`, {
    details: resourceDetails(gr, name),
  });
}

export function conflict(gr: GroupResource, name: string, why: string): ApiError {
  return new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${formatGroupResource(gr)} "${name}": ${why}`,
    {
      details: resourceDetails(gr, name),
    },
  );
}

/** The text that clients look for when an optimistic lock fails. */
export const staleObjectMessage =
  'the object has been modified; please apply your changes to the latest version and try again';

export function staleObject(gr: GroupResource, name: string): ApiError {
  return conflict(gr, name, staleObjectMessage);
}

/** Server-side apply conflicts. */
export function applyConflict(message: string, causes: StatusCause[]): ApiError {
  return new ApiError(409, 'Conflict', message, { details: { causes } });
}

export function expired(message: string, continueToken?: string): ApiError {
  return new ApiError(410, 'Expired', message, continueToken === undefined ? {} : { continueToken });
}

export function requestEntityTooLarge(message: string): ApiError {
  return new ApiError(413, 'RequestEntityTooLarge', message);
}

export function tooManyRequests(message: string, retryAfterSeconds: number): ApiError {
  return new ApiError(429, 'TooManyRequests', message, { details: { retryAfterSeconds } });
}

export function internalError(cause: unknown): ApiError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new ApiError(500, 'InternalError', `Internal error occurred: ${text}`, {
    details: { causes: [{ message: text }] },
    cause,
  });
}

export function serviceUnavailable(message: string, retryAfterSeconds = 1): ApiError {
  return new ApiError(503, 'ServiceUnavailable', message, { details: { retryAfterSeconds } });
}

export function timeoutError(message: string, retryAfterSeconds = 0): ApiError {
  return new ApiError(504, 'Timeout', `Timeout: ${message}`, {
    details: retryAfterSeconds > 0 ? { retryAfterSeconds } : {},
  });
}

/** A list or get asked for a revision that does not exist yet. */
export function tooLargeResourceVersion(requested: number, current: number, retryAfterSeconds = 1): ApiError {
  return new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${requested}, current: ${current}`, {
    details: {
      ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    },
  });
}

/** One reason why an object is invalid, at a path such as `spec.containers[0].name` (k8s field.Error). */
export type FieldError = { type: FieldErrorType; field: string; detail: string; badValue?: unknown };

export type FieldErrorType =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'FieldValueNotFound'
  | 'InternalError';

/** The builders of k8s.io/apimachinery/pkg/util/validation/field/errors.go. */
export const fieldError = {
  required: (field: string, detail = ''): FieldError => ({ type: 'FieldValueRequired', field, detail }),
  invalid: (field: string, badValue: unknown, detail: string): FieldError => ({
    type: 'FieldValueInvalid',
    field,
    badValue,
    detail,
  }),
  typeInvalid: (field: string, badValue: unknown, detail: string): FieldError => ({
    type: 'FieldValueTypeInvalid',
    field,
    badValue,
    detail,
  }),
  notSupported: (field: string, badValue: unknown, supported: readonly string[]): FieldError => ({
    type: 'FieldValueNotSupported',
    field,
    badValue,
    detail:
      supported.length === 0 ? '' : `supported values: ${supported.map((value) => JSON.stringify(value)).join(', ')}`,
  }),
  duplicate: (field: string, badValue: unknown): FieldError => ({
    type: 'FieldValueDuplicate',
    field,
    badValue,
    detail: '',
  }),
  forbidden: (field: string, detail: string): FieldError => ({ type: 'FieldValueForbidden', field, detail }),
  notFound: (field: string, badValue: unknown): FieldError => ({
    type: 'FieldValueNotFound',
    field,
    badValue,
    detail: '',
  }),
  tooLong: (field: string, maxBytes: number): FieldError => ({
    type: 'FieldValueTooLong',
    field,
    detail: maxBytes === 1 ? 'may not be more than 1 byte' : `may not be more than ${maxBytes} bytes`,
  }),
  tooMany: (field: string, actual: number, max: number): FieldError => ({
    type: 'FieldValueTooMany',
    field,
    badValue: actual,
    detail: `must have at most ${max} items`,
  }),
} as const;

const fieldErrorTitles: Record<FieldErrorType, string> = {
  FieldValueRequired: 'Required value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueTypeInvalid: 'Invalid value',
  FieldValueNotFound: 'Not found',
  InternalError: 'Internal error',
};

/** A bad value whose text is given as upstream prints it: Go syntax such as `[]string{"a"}`. */
export class GoSyntax {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export function goSyntax(text: string): GoSyntax {
  return new GoSyntax(text);
}

function formatBadValue(value: unknown): string {
  if (value instanceof GoSyntax) return value.text;
  if (value === null || value === undefined) return '"null"';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && !Number.isInteger(value)) return goFloat(value);
  return typeof value === 'object' ? stringify(value as Json) : String(value as number | boolean | bigint);
}

/** `Invalid value: "x": why`: the part of a field error after its path. */
export function formatFieldErrorBody(error: FieldError): string {
  const title = fieldErrorTitles[error.type];
  const withoutValue =
    error.type === 'FieldValueRequired' ||
    error.type === 'FieldValueForbidden' ||
    error.type === 'FieldValueTooLong' ||
    error.type === 'InternalError';
  const body = withoutValue ? title : `${title}: ${formatBadValue(error.badValue)}`;
  return error.detail === '' ? body : `${body}: ${error.detail}`;
}

/** 422: the object breaks rules of its kind; every broken rule is a cause. Upstream lists equal errors once. */
export function invalid(gk: GroupKind, name: string, errors: readonly FieldError[]): ApiError {
  const causes: StatusCause[] = [];
  const texts: string[] = [];
  for (const error of errors) {
    const body = formatFieldErrorBody(error);
    causes.push({ reason: error.type, message: body, field: error.field });
    const text = `${error.field}: ${body}`;
    if (!texts.includes(text)) texts.push(text);
  }
  const list = texts.length === 0 ? '<nil>' : texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new ApiError(422, 'Invalid', `${formatGroupKind(gk)} "${name}" is invalid: ${list}`, {
    details: {
      ...(name === '' ? {} : { name }),
      ...(gk.group === '' ? {} : { group: gk.group }),
      ...(gk.kind === '' ? {} : { kind: gk.kind }),
      ...(causes.length === 0 ? {} : { causes }),
    },
  });
}
