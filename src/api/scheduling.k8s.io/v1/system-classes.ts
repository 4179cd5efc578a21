import type { KubeObject } from '../../../apimachinery/object.ts';

const texts: ReadonlyMap<string, string> = new Map([
  [
    'system-cluster-critical',
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ],
  ['system-node-critical', 'Used for system critical pods that must not be moved from their current node.'],
]);

/** The PriorityClasses that only the system defines, and their numbers. */
export const systemClassValues: ReadonlyMap<string, number> = new Map([
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
]);

/** The classes as kube-apiserver makes them when it starts, sorted by name. */
export function systemPriorityClasses(time: string): readonly KubeObject[] {
  return [...systemClassValues].map(([name, value]) => ({
    kind: 'PriorityClass',
    apiVersion: 'scheduling.k8s.io/v1',
    metadata: {
      name,
      generation: 1,
      managedFields: [
        {
          manager: 'kube-apiserver',
          operation: 'Update',
          apiVersion: 'scheduling.k8s.io/v1',
          time,
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:description': {}, 'f:preemptionPolicy': {}, 'f:value': {} },
        },
      ],
    },
    value,
    description: texts.get(name) ?? '',
    preemptionPolicy: 'PreemptLowerPriority',
  }));
}
