import { type ApiError, conflict, type FieldError, fieldError, invalid } from '../../apimachinery/errors.ts';
import type { CachedObject } from '../../storage/object-store.ts';
import type { DeleteOptions, RequestContext, Target } from '../registry.ts';
import { factsOf } from './resource-facts.ts';

const policies = ['Foreground', 'Background', 'Orphan'];

/** Finalizers that the garbage collector takes away (metav1.FinalizerOrphanDependents, FinalizerDeleteDependents). */
export const orphanFinalizer = 'orphan';
export const foregroundFinalizer = 'foregroundDeletion';

/** @throws 422 of kind DeleteOptions. */
export function validateDeleteOptions(options: DeleteOptions): void {
  const policy = options.propagationPolicy;
  if (policy === undefined) return;
  const errors: FieldError[] = [];
  if (options.orphanDependents !== undefined)
    errors.push(
      fieldError.invalid('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set'),
    );
  if (!policies.includes(policy))
    errors.push(fieldError.notSupported('propagationPolicy', policy, [...policies, 'nil']));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
}

/** @throws 409 when the object is not the one, or not in the state, that the request means. */
export function checkPreconditions(target: Target, options: DeleteOptions, current: CachedObject): void {
  const wanted = options.preconditions;
  if (wanted === undefined) return;
  const { gk } = factsOf(target.definition);
  const subject = { group: gk.group, resource: gk.kind };
  const uid = current.object.metadata.uid ?? '';
  // Namespaces look themselves before storage does.
  if (gk.group === '' && gk.kind === 'Namespace') {
    const differs = (what: string, given: string, found: string): ApiError =>
      conflict(
        { group: '', resource: 'namespaces' },
        target.name,
        `Precondition failed: ${what} in precondition: ${given}, ${what} in object meta: ${found}`,
      );
    if (wanted.uid !== undefined && wanted.uid !== uid) throw differs('UID', wanted.uid, uid);
    if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== String(current.revision))
      throw differs('ResourceVersion', wanted.resourceVersion, String(current.revision));
  }
  if (wanted.uid !== undefined && wanted.uid !== uid)
    throw conflict(
      subject,
      target.name,
      `the UID in the precondition (${wanted.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== String(current.revision))
    throw conflict(
      subject,
      target.name,
      `the ResourceVersion in the precondition (${wanted.resourceVersion}) does not match the ResourceVersion in record (${current.revision}). The object might have been modified`,
    );
}

/** Warns who does not say what becomes of dependents, where that is a surprise. */
export function warnOfDeletion(ctx: RequestContext, { definition }: Target, options: DeleteOptions): void {
  const { deletionWarning } = definition.strategy;
  if (deletionWarning === undefined || options.propagationPolicy !== undefined) return;
  if (options.orphanDependents === undefined) ctx.warn(deletionWarning);
}

/** The object's finalizers with those of the garbage collector put or taken away as the request, the object and the kind say, in this order. */
export function deletionFinalizers(target: Target, options: DeleteOptions, finalizers: readonly string[]): string[] {
  const kept = finalizers.filter((each) => each !== orphanFinalizer && each !== foregroundFinalizer);
  const wanted = propagation(target, options, finalizers);
  if (wanted === 'Orphan') kept.push(orphanFinalizer);
  if (wanted === 'Foreground') kept.push(foregroundFinalizer);
  return kept;
}

function propagation(target: Target, options: DeleteOptions, finalizers: readonly string[]): string {
  if (target.definition.strategy.defaultPropagation === 'Unsupported') return 'Background';
  if (options.orphanDependents !== undefined) return options.orphanDependents ? 'Orphan' : 'Background';
  if (options.propagationPolicy !== undefined) return options.propagationPolicy;
  for (const each of finalizers) {
    if (each === orphanFinalizer) return 'Orphan';
    if (each === foregroundFinalizer) return 'Foreground';
  }
  return target.definition.strategy.defaultPropagation ?? 'Background';
}
