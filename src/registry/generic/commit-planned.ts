import type { WriteOutcome } from '../../storage/object-store.ts';
import type { PlannedWrite } from '../admission.ts';
import type { Engine } from './engine.ts';

/**
 * Commits a write, with whatever admission ties to it; gives the outcomes of its own items.
 * @throws what admission refuses only now, when it knows what will be there.
 */
export function commitPlanned(engine: Engine, write: PlannedWrite): Promise<readonly WriteOutcome[]> {
  return engine.admission.commit?.(write) ?? engine.store.commit(write.items);
}
