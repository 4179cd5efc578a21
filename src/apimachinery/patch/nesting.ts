import { badRequest } from '../errors.ts';

/**
 * Recursion over client data ends at the engine's stack. What was thrown is passed on, but for a stack overflow, which means a body nested beyond any
 * limit: the client's fault, in the words of Go's decoder.
 */
export function deepNestingError(error: unknown): unknown {
  return error instanceof RangeError ? badRequest('json: exceeded max depth', error) : error;
}
