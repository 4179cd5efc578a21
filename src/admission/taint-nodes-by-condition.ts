import type { JsonObject } from '../apimachinery/json.ts';
import type { AdmissionPlugin } from './admission.ts';
import { onlyObjectsOf } from './concern.ts';

type Taint = { key?: string; effect?: string };

const key = 'node.kubernetes.io/not-ready';
const effect = 'NoSchedule';

/** New nodes take no pods until somebody says that they are ready (upstream's TaintNodesByCondition). */
export function taintNodesByCondition(): AdmissionPlugin {
  return {
    name: 'TaintNodesByCondition',
    handles: onlyObjectsOf('nodes', 'CREATE'),
    admit({ object }) {
      if (object === undefined) return;
      const spec = (object['spec'] ??= {}) as JsonObject & { taints?: Taint[] };
      const taints = spec.taints ?? [];
      if (taints.some((taint) => taint.key === key && taint.effect === effect)) return;
      spec.taints = [...taints, { key, effect }];
    },
  };
}
