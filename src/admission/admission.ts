import type { AdmissionAttributes, AdmissionChain, Operation } from '../registry/admission.ts';
import type { Target } from '../registry/registry.ts';

export type { AdmissionAttributes, AdmissionChain, Operation } from '../registry/admission.ts';

/**
 * A rule over writes, asked after authorization. A plugin refuses by throwing an ApiError. Both functions may be left out; `handles` says cheaply
 * which requests concern it at all (absent: every write).
 */
export interface AdmissionPlugin {
  readonly name: string;
  handles?(operation: Operation, target: Target): boolean;
  /** May change `object`; runs before validation. */
  admit?(attributes: AdmissionAttributes): void | Promise<void>;
  /** Sees the final object; runs after validation. */
  validate?(attributes: AdmissionAttributes): void | Promise<void>;
}

/** Runs the plugins in the order given: first all that mutate, after validation all that validate. */
export function createAdmissionChain(plugins: readonly AdmissionPlugin[]): AdmissionChain {
  const mutating = plugins.filter((plugin) => plugin.admit !== undefined);
  const validating = plugins.filter((plugin) => plugin.validate !== undefined);
  return {
    admit: (attributes) => runFrom(mutating, 0, 'admit', attributes),
    validate: (attributes) => runFrom(validating, 0, 'validate', attributes),
  };
}

/** Stays synchronous as long as the plugins do: most writes wait for nothing here. */
function runFrom(
  plugins: readonly AdmissionPlugin[],
  start: number,
  phase: 'admit' | 'validate',
  attributes: AdmissionAttributes,
): Promise<void> | undefined {
  for (let i = start; i < plugins.length; i++) {
    const plugin = plugins[i];
    if (plugin === undefined || plugin.handles?.(attributes.operation, attributes.target) === false) continue;
    const pending = plugin[phase]?.(attributes);
    if (pending instanceof Promise) return pending.then(() => runFrom(plugins, i + 1, phase, attributes));
  }
  return undefined;
}
