import { type FieldError, fieldError } from '../../../../apimachinery/errors.ts';
import { httpHeaderName, portName, portNumber } from '../../../../apimachinery/validation/names.ts';
import { invalidEach, requireNonNegative } from '../../../field-path.ts';
import type { Container, Handler, Probe } from './types.ts';

type HandlerField = 'exec' | 'httpGet' | 'tcpSocket' | 'grpc' | 'sleep';
const probeHandlers: readonly HandlerField[] = ['exec', 'httpGet', 'tcpSocket', 'grpc'];
const lifecycleHandlers: readonly HandlerField[] = ['exec', 'httpGet', 'tcpSocket', 'sleep'];

/** Errors of a port that is given by number or by the name of a container port. */
export function validatePort(port: string | number | undefined, path: string, errors: FieldError[]): void {
  if (typeof port === 'string') invalidEach(path, port, portName(port), errors);
  else for (const message of portNumber(port ?? 0)) errors.push(fieldError.invalid(path, port ?? 0, message));
}

function validateHandler(
  handler: Handler,
  fields: readonly HandlerField[],
  gracePeriod: number | undefined,
  path: string,
  errors: FieldError[],
): void {
  let found = 0;
  for (const field of fields) {
    if (handler[field] === undefined) continue;
    if (found++ > 0) errors.push(fieldError.forbidden(`${path}.${field}`, 'may not specify more than 1 handler type'));
    else validateAction(handler, field, gracePeriod, `${path}.${field}`, errors);
  }
  if (found === 0) errors.push(fieldError.required(path, 'must specify a handler type'));
}

function validateAction(
  handler: Handler,
  field: HandlerField,
  gracePeriod: number | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (field === 'exec') {
    if ((handler.exec?.command ?? []).length === 0) errors.push(fieldError.required(`${path}.command`));
  } else if (field === 'httpGet') {
    const { path: url = '', port, scheme = '', httpHeaders = [] } = handler.httpGet ?? {};
    if (url === '') errors.push(fieldError.required(`${path}.path`));
    validatePort(port, `${path}.port`, errors);
    if (scheme !== 'HTTP' && scheme !== 'HTTPS') {
      errors.push(fieldError.notSupported(`${path}.scheme`, scheme, ['HTTP', 'HTTPS']));
    }
    for (const { name = '' } of httpHeaders) invalidEach(`${path}.httpHeaders`, name, httpHeaderName(name), errors);
  } else if (field === 'tcpSocket') validatePort(handler.tcpSocket?.port, `${path}.port`, errors);
  else if (field === 'grpc') validatePort(handler.grpc?.port, `${path}.port`, errors);
  else {
    const seconds = handler.sleep?.seconds ?? 0;
    if (gracePeriod === undefined || (seconds >= 0 && seconds <= gracePeriod)) return;
    const message = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`;
    errors.push(fieldError.invalid(path, seconds, message));
  }
}

function validateProbe(probe: Probe, gracePeriod: number | undefined, path: string, errors: FieldError[]): void {
  validateHandler(probe, probeHandlers, gracePeriod, path, errors);
  requireNonNegative(`${path}.initialDelaySeconds`, probe.initialDelaySeconds, errors);
  requireNonNegative(`${path}.timeoutSeconds`, probe.timeoutSeconds, errors);
  requireNonNegative(`${path}.periodSeconds`, probe.periodSeconds, errors);
  requireNonNegative(`${path}.successThreshold`, probe.successThreshold, errors);
  requireNonNegative(`${path}.failureThreshold`, probe.failureThreshold, errors);
  const { terminationGracePeriodSeconds: grace } = probe;
  if (grace !== undefined && grace <= 0) {
    errors.push(fieldError.invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  }
}

function requireOneSuccess(probe: Probe, path: string, errors: FieldError[]): void {
  const { successThreshold = 0 } = probe;
  if (successThreshold !== 1) {
    errors.push(fieldError.invalid(`${path}.successThreshold`, successThreshold, 'must be 1'));
  }
}

/** Errors of a container's lifecycle hooks and probes. `gracePeriod` is the pod's, undefined when unknown. */
export function validateHooksAndProbes(
  container: Container,
  gracePeriod: number | undefined,
  path: string,
  errors: FieldError[],
): void {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container;
  for (const hook of ['postStart', 'preStop'] as const) {
    const handler = lifecycle?.[hook];
    if (handler === undefined) continue;
    validateHandler(handler, lifecycleHandlers, gracePeriod, `${path}.lifecycle.${hook}`, errors);
  }
  if (livenessProbe !== undefined) {
    validateProbe(livenessProbe, gracePeriod, `${path}.livenessProbe`, errors);
    requireOneSuccess(livenessProbe, `${path}.livenessProbe`, errors);
  }
  if (readinessProbe !== undefined) {
    const at = `${path}.readinessProbe`;
    validateProbe(readinessProbe, gracePeriod, at, errors);
    const { terminationGracePeriodSeconds: grace } = readinessProbe;
    if (grace !== undefined) {
      const message = 'must not be set for readinessProbes';
      errors.push(fieldError.invalid(`${at}.terminationGracePeriodSeconds`, grace, message));
    }
  }
  if (startupProbe !== undefined) {
    validateProbe(startupProbe, gracePeriod, `${path}.startupProbe`, errors);
    requireOneSuccess(startupProbe, `${path}.startupProbe`, errors);
  }
}
