import type { KubeObject } from '../apimachinery/object.ts';
import type { RequestContext, Target } from '../registry/registry.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What a plugin is asked about. Objects are in the storage version (subresources of another kind: in that kind). */
export type AdmissionAttributes = {
  readonly ctx: RequestContext;
  readonly target: Target;
  readonly operation: Operation;
  /** '' while a generated name is not known. */
  readonly name: string;
  /** The object as it will be stored; `admit` may change it. Undefined for DELETE. */
  readonly object: KubeObject | undefined;
  /** The stored object; undefined for CREATE. Never change it. */
  readonly oldObject: KubeObject | undefined;
  readonly dryRun: boolean;
};

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

/** The plugins as the verbs use them, in order. Both functions give undefined when nothing is left to wait for. */
export interface AdmissionChain {
  admit(attributes: AdmissionAttributes): Promise<void> | undefined;
  validate(attributes: AdmissionAttributes): Promise<void> | undefined;
}

/** Runs the plugins in the order given: all that mutate, later all that validate. */
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
