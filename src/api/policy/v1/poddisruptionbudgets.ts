import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, integerColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { type LabelSelectorObject, validateLabelSelector } from '../../../apimachinery/validation/label-selector.ts';
import { type IntOrPercent, validateAtMostAll, validateIntOrPercent } from '../../apps/v1/int-or-percent.ts';
import { validateCounters, type Workload } from '../../apps/v1/workload.ts';
import { builtinResource } from '../../builtin-resource.ts';

type PodDisruptionBudget = KubeObject & {
  spec?: {
    minAvailable?: IntOrPercent;
    maxUnavailable?: IntOrPercent;
    selector?: LabelSelectorObject;
    unhealthyPodEvictionPolicy?: string;
  };
  status?: Record<string, number | undefined>;
};

const evictionPolicies = ['AlwaysAllow', 'IfHealthyBudget'];
const counters = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'];

function validate(object: KubeObject): FieldError[] {
  const { spec = {} } = object as PodDisruptionBudget;
  const { unhealthyPodEvictionPolicy: policy } = spec;
  const errors: FieldError[] = [];
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    errors.push(fieldError.invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const field of ['minAvailable', 'maxUnavailable'] as const) {
    const value = spec[field];
    if (value === undefined) continue;
    validateIntOrPercent(value, `spec.${field}`, errors);
    validateAtMostAll(value, `spec.${field}`, errors);
  }
  errors.push(...validateLabelSelector(spec.selector, 'spec.selector'));
  if (policy !== undefined && !evictionPolicies.includes(policy)) {
    errors.push(fieldError.notSupported('spec.unhealthyPodEvictionPolicy', policy, evictionPolicies));
  }
  return errors;
}

function resetStatus(object: KubeObject): void {
  const zero = Object.fromEntries(counters.map((name) => [name, 0]));
  (object as PodDisruptionBudget).status = zero;
}

export const podDisruptionBudgets = builtinResource({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  resource: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  scope: 'Namespaced',
  table: {
    columns: [
      nameColumn,
      stringColumn('Min Available', 'How many pods must stay available.'),
      stringColumn('Max Unavailable', 'How many pods may be unavailable.'),
      integerColumn('Allowed Disruptions', 'How many pods may be disrupted now.'),
      ageColumn,
    ],
    cells: (object, now) => {
      const { spec = {}, status = {} } = object as PodDisruptionBudget;
      return [
        object.metadata.name ?? '',
        String(spec.minAvailable ?? 'N/A'),
        String(spec.maxUnavailable ?? 'N/A'),
        status.disruptionsAllowed ?? 0,
        ageCell(object, now),
      ];
    },
  },
  strategy: { generation: 'spec', prepareForCreate: resetStatus, validate },
  status: {
    validateUpdate(object) {
      const errors: FieldError[] = [];
      validateCounters((object as Workload).status, counters, errors);
      return errors;
    },
  },
});
