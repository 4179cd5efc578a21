import type { JsonObject } from '../../../apimachinery/json.ts';

/** What scaling up and down means where a behavior says only a part of it. In place. */
export function defaultBehavior(behavior: { scaleUp?: JsonObject; scaleDown?: JsonObject }): void {
  behavior.scaleUp = {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
    ...behavior.scaleUp,
  };
  behavior.scaleDown = {
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
    ...behavior.scaleDown,
  };
}
