import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { MatchResources } from '../v1/rules.ts';

const operations = ['*', 'CONNECT', 'CREATE', 'UPDATE'];

/** What is deleted cannot be changed. */
export function validateMutableOperations(match: MatchResources, path: string, errors: FieldError[]): void {
  for (const rule of match.resourceRules ?? [])
    for (const operation of rule.operations ?? [])
      if (!operations.includes(operation))
        errors.push(fieldError.notSupported(`${path}.resourceRules.operations`, operation, operations));
}
