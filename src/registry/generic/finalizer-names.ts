import { crdGroup } from '../../api/apiextensions.k8s.io/v1/types.ts';
import { type FieldError, fieldError } from '../../apimachinery/errors.ts';
import type { ObjectMeta } from '../../apimachinery/object.ts';
import type { ResourceDefinition } from '../../api/resource-definition.ts';
import type { Target } from '../registry.ts';
import { checksMetadataLast } from './repeated-metadata.ts';

const standardFinalizers: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);
const none: readonly FieldError[] = [];

/** Groups and kinds whose metadata upstream checks by the rules that all API servers share; this rule is not among them. */
const sharedRules: ReadonlySet<string> = new Set([
  crdGroup,
  'admissionregistration.k8s.io',
  'leases.coordination.k8s.io',
  'runtimeclasses.node.k8s.io',
]);

function takesAnyFinalizer(definition: ResourceDefinition): boolean {
  const { group, resource } = definition;
  return sharedRules.has(group) || sharedRules.has(`${resource}.${group}`) || checksMetadataLast(definition);
}

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
  // The strategy of custom resources warns itself.
  if (definition.origin !== undefined || takesAnyFinalizer(definition)) return none;
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
