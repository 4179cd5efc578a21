import { type } from './own-types.ts';

/** The conditions of kcp's kinds: metav1's without observedGeneration, with a severity. */
export const kcpConditions = type.listMap(
  type.struct({
    type: { schema: type.string, required: true },
    status: { schema: type.string, required: true },
    severity: type.string,
    lastTransitionTime: { schema: type.time, required: true },
    reason: type.string,
    message: type.string,
  }),
  'type',
);
