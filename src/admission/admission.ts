import type { ResourceDefinition } from '../api/resource-definition.ts';
import type { AdmissionAttributes, AdmissionChain, Operation, PlannedWrite } from '../registry/admission.ts';
import type { Target } from '../registry/registry.ts';
import type { WriteOutcome } from '../storage/object-store.ts';
import { beginReinvocation } from './dynamic/reinvocation.ts';

export type { AdmissionAttributes, AdmissionChain, Operation, PlannedWrite } from '../registry/admission.ts';

/**
 * A rule over writes, asked after authorization. A plugin refuses by throwing an ApiError. Both functions may be left out; `handles` says cheaply
 * which requests concern it at all (absent: every write).
 */
export interface AdmissionPlugin {
  readonly name: string;
  /** Asked once for each definition, operation and subresource: the answer depends on nothing else, and stays. */
  handles?(operation: Operation, target: Pick<Target, 'definition' | 'subresource'>): boolean;
  /** May change `object`; runs before validation, and once more when a webhook or policy behind it has changed the object. */
  admit?(attributes: AdmissionAttributes): void | Promise<void>;
  /** Sees the final object; runs after validation. */
  validate?(attributes: AdmissionAttributes): void | Promise<void>;
  /**
   * Commits the write (not one of a dry run), with whatever else must be true together with it, and gives the outcomes of the write's own items. A plugin
   * that ties items into the group decides anew by itself when one of them has lost its compare-and-set. Undefined: this write needs nothing. The first
   * plugin that commits has done it. It is asked again when the outcome is that its guard is outdated.
   */
  commit?(write: PlannedWrite): Promise<readonly WriteOutcome[]> | undefined;
}

/** The plugins that one kind of write concerns, in order. */
type Concerned = {
  readonly mutating: readonly AdmissionPlugin[];
  readonly validating: readonly AdmissionPlugin[];
  readonly committing: readonly AdmissionPlugin[];
};

/** Per definition: the plugins by operation, then by subresource. */
type ConcernedBy = Readonly<Record<Operation, Map<string, Concerned>>>;

/** Runs the plugins in the order given: first all that mutate, after validation all that validate. A write pays for those that it concerns. */
export function createAdmissionChain(plugins: readonly AdmissionPlugin[]): AdmissionChain {
  const known = new WeakMap<ResourceDefinition, ConcernedBy>();
  const concernedBy = ({ operation, target }: Pick<AdmissionAttributes, 'operation' | 'target'>): Concerned => {
    const { definition, subresource } = target;
    let operations = known.get(definition);
    if (operations === undefined) {
      operations = { CREATE: new Map(), UPDATE: new Map(), DELETE: new Map(), CONNECT: new Map() };
      known.set(definition, operations);
    }
    let concerned = operations[operation].get(subresource);
    if (concerned === undefined) {
      const asked = plugins.filter((plugin) => plugin.handles?.(operation, { definition, subresource }) !== false);
      concerned = {
        mutating: asked.filter((plugin) => plugin.admit !== undefined),
        validating: asked.filter((plugin) => plugin.validate !== undefined),
        committing: asked.filter((plugin) => plugin.commit !== undefined),
      };
      operations[operation].set(subresource, concerned);
    }
    return concerned;
  };
  return {
    admit(attributes) {
      const { mutating } = concernedBy(attributes);
      return runFrom(mutating, 0, 'admit', attributes)?.then(() =>
        beginReinvocation(attributes) ? runFrom(mutating, 0, 'admit', attributes) : undefined,
      );
    },
    validate: (attributes) => runFrom(concernedBy(attributes).validating, 0, 'validate', attributes),
    commit(write) {
      const { target, before, after } = write;
      const operation = before === undefined ? 'CREATE' : after === undefined ? 'DELETE' : 'UPDATE';
      for (const plugin of concernedBy({ operation, target }).committing) {
        const committing = plugin.commit?.(write);
        if (committing !== undefined) return committing;
      }
      return undefined;
    },
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
    const pending = plugins[i]?.[phase]?.(attributes);
    if (pending instanceof Promise) return pending.then(() => runFrom(plugins, i + 1, phase, attributes));
  }
  return undefined;
}
