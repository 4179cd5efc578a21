import { ApiError, type FieldError, fieldError, invalid } from '../../apimachinery/errors.ts';
import type { ListRequest, WatchRequest } from '../registry.ts';

const listOptionsKind = { group: 'meta.k8s.io', kind: 'ListOptions' };

/**
 * The rules over a list's parameters (apimachinery internalversion/validation).
 * @throws 422 of kind ListOptions.
 */
export function validateListRequest(request: ListRequest): void {
  const match = request.resourceVersionMatch ?? '';
  if (match === '' && request.sendInitialEvents === undefined) return;
  const errors: FieldError[] = [];
  const forbid = (detail: string): void => void errors.push(fieldError.forbidden('resourceVersionMatch', detail));
  if (match !== '') checkMatch(request, match, errors, forbid);
  if (request.sendInitialEvents !== undefined)
    errors.push(fieldError.forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  throwIfAny(errors);
}

function checkMatch(request: ListRequest, match: string, errors: FieldError[], forbid: (detail: string) => void): void {
  if ((request.resourceVersion ?? '') === '')
    forbid('resourceVersionMatch is forbidden unless resourceVersion is provided');
  if ((request.continue ?? '') !== '') forbid('resourceVersionMatch is forbidden when continue is provided');
  if (match !== 'Exact' && match !== 'NotOlderThan')
    errors.push(fieldError.notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']));
  if (match === 'Exact' && request.resourceVersion === '0')
    forbid('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
}

/**
 * The same for a watch.
 * @throws 422 of kind ListOptions.
 */
export function validateWatchRequest(request: WatchRequest): void {
  const match = request.resourceVersionMatch ?? '';
  if (match === '' && request.sendInitialEvents === undefined) return;
  const errors: FieldError[] = [];
  const forbid = (detail: string): void => void errors.push(fieldError.forbidden('resourceVersionMatch', detail));
  if (request.sendInitialEvents !== undefined && match !== 'NotOlderThan')
    forbid('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  if (match !== '' && request.sendInitialEvents === undefined)
    forbid('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  if (match !== '' && match !== 'NotOlderThan')
    errors.push(fieldError.notSupported('resourceVersionMatch', match, ['NotOlderThan']));
  throwIfAny(errors);
}

function throwIfAny(errors: FieldError[]): void {
  if (errors.length > 0) throw invalid(listOptionsKind, '', errors);
}

/** The answer to an exact list older than history. */
export function listTooOld(): ApiError {
  return new ApiError(410, 'Expired', 'The resourceVersion for the provided list is too old.');
}
