import type { AdmissionAttributes } from '../admission.ts';

/** What plugins that may be asked twice remember of the first time, by plugin. */
type Reinvocation = { wanted: boolean; round: number; readonly notes: Map<string, unknown> };

const reinvocations = new WeakMap<AdmissionAttributes, Reinvocation>();

function of(attributes: AdmissionAttributes): Reinvocation {
  let known = reinvocations.get(attributes);
  if (known === undefined) {
    known = { wanted: false, round: 0, notes: new Map() };
    reinvocations.set(attributes, known);
  }
  return known;
}

/** An object was changed by somebody whom others could not foresee: everybody who mutates is asked once more. */
export function wantReinvocation(attributes: AdmissionAttributes): void {
  of(attributes).wanted = true;
}

/** True once, after the first round, when somebody wants another one; then that round has begun. */
export function beginReinvocation(attributes: AdmissionAttributes): boolean {
  const known = reinvocations.get(attributes);
  if (known === undefined || !known.wanted || known.round > 0) return false;
  known.round = 1;
  return true;
}

/** 0, or 1 when everybody is asked a second time. */
export function reinvocationRound(attributes: AdmissionAttributes): number {
  return reinvocations.get(attributes)?.round ?? 0;
}

/** What a plugin remembers for the second round, made on first use. */
export function reinvocationNotes<T>(attributes: AdmissionAttributes, plugin: string, make: () => T): T {
  const { notes } = of(attributes);
  if (!notes.has(plugin)) notes.set(plugin, make());
  return notes.get(plugin) as T;
}
