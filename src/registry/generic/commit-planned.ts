import type { WriteOutcome } from '../../storage/object-store.ts';
import type { PlannedWrite } from '../admission.ts';
import type { Engine } from './engine.ts';

/**
 * Commits a write, with whatever admission ties to it; gives the outcomes of its own items. To be asked again when they are outdated.
 * @throws what admission refuses only now, when it knows what will be there.
 */
export function commitPlanned(engine: Engine, write: PlannedWrite): Promise<readonly WriteOutcome[]> {
  return engine.admission.commit?.(write) ?? engine.store.commit(write.items);
}

/** Whether nothing was committed because the rules it was decided on have changed: the next try is decided on those of now. */
export function isOutdated([first]: readonly WriteOutcome[]): boolean {
  return first !== undefined && !first.ok && first.why === 'outdated';
}
