import type { Toleration } from '../api/core/v1/pod-template/types.ts';
import type { AdmissionPlugin } from './admission.ts';
import { onlyObjectsOf, podOf } from './concern.ts';

const seconds = 300;
const taints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** Pods stay five minutes on a node that fails, unless they say otherwise (upstream's DefaultTolerationSeconds). */
export function defaultTolerationSeconds(): AdmissionPlugin {
  return {
    name: 'DefaultTolerationSeconds',
    handles: onlyObjectsOf('pods', 'CREATE', 'UPDATE'),
    admit(attributes) {
      const { spec } = podOf(attributes);
      if (spec === undefined) return;
      const own = spec.tolerations ?? [];
      const missing = taints.filter((taint) => !own.some((toleration) => minds(toleration, taint)));
      if (missing.length === 0) return;
      spec.tolerations = [
        ...own,
        ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds })),
      ];
    },
  };
}

function minds({ key = '', effect = '' }: Toleration, taint: string): boolean {
  return (key === taint || key === '') && (effect === 'NoExecute' || effect === '');
}
