import { crdGroup } from '../../api/apiextensions.k8s.io/v1/types.ts';
import { type FieldError, fieldError } from '../../apimachinery/errors.ts';
import type { ObjectMeta } from '../../apimachinery/object.ts';
import type { Target } from '../registry.ts';

const standardFinalizers: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);
const none: readonly FieldError[] = [];

/**
 * Finalizers are to say whose they are: built-in kinds refuse names without a domain (k8s.io/kubernetes/pkg/apis/core/validation), others warn
 * (apiextensions-apiserver's custom resource strategy).
 */
export function checkFinalizerNames(
  { definition }: Target,
  { finalizers }: ObjectMeta,
  warn: (text: string) => void,
): readonly FieldError[] {
  if (finalizers === undefined) return none;
  // Definitions of custom resources know no such rule, and the strategy of custom resources warns itself.
  if (definition.origin !== undefined || definition.group === crdGroup) return none;
  const errors: FieldError[] = [];
  for (const [index, name] of finalizers.entries()) {
    if (name.includes('/') || standardFinalizers.has(name)) continue;
    if (definition.builtIn)
      errors.push(
        fieldError.invalid(
          `metadata.finalizers[${index}]`,
          name,
          'name is neither a standard finalizer name nor is it fully qualified',
        ),
      );
    else
      warn(
        `metadata.finalizers: ${JSON.stringify(name)}: prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers`,
      );
  }
  return errors;
}
