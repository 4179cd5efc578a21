import type { GroupVersionKind, KubeObject } from '../../apimachinery/object.ts';
import type { Target, RequestContext, WriteOptions } from '../registry.ts';
import type { Engine } from './engine.ts';
import { factsOf } from './resource-facts.ts';

/** The kind that clients send to a resource or subresource. */
export function kindSentTo({ definition, version, subresource }: Target): GroupVersionKind {
  const own = subresource === '' ? undefined : definition.subresources?.[subresource];
  return own?.kind ?? { group: definition.group, version: version.version, kind: definition.kind };
}

/**
 * Asks admission about an object that is sent to a storage of its own (evictions, bindings, tokens, reviews): a question, not what will be stored.
 * May change `object`. @throws what admission throws.
 */
export async function admitSent(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  object: KubeObject,
  options: WriteOptions,
): Promise<void> {
  if (factsOf(target.definition).namespaced) object.metadata.namespace ??= target.namespace;
  const attributes = {
    ctx,
    target,
    operation: 'CREATE' as const,
    name: target.name === '' ? (object.metadata.name ?? '') : target.name,
    object,
    oldObject: undefined,
    dryRun: options.dryRun,
    kind: kindSentTo(target),
    options,
  };
  const admitting = engine.admission.admit(attributes);
  if (admitting !== undefined) await admitting;
  const validating = engine.admission.validate(attributes);
  if (validating !== undefined) await validating;
}

/** An engine whose writes nobody is asked about: what led to them has been admitted already. */
export function alreadyAdmitted(engine: Engine): Engine {
  const { admission } = engine;
  return {
    ...engine,
    admission: {
      admit: () => undefined,
      validate: () => undefined,
      commit: (write) => admission.commit?.(write),
    },
  };
}
