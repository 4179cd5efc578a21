import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { type LabelSelectorObject, validateLabelSelector } from '../../../apimachinery/validation/label-selector.ts';
import { selectorText } from '../../apps/v1/workload.ts';
import { builtinResource } from '../../builtin-resource.ts';

type NetworkRule = { ports?: { protocol?: string }[] };
type NetworkPolicy = KubeObject & {
  spec?: {
    podSelector?: LabelSelectorObject;
    ingress?: NetworkRule[];
    egress?: NetworkRule[];
    policyTypes?: string[];
  };
};

function applyDefaults(object: KubeObject): void {
  const spec = ((object as NetworkPolicy).spec ??= {});
  const { ingress = [], egress = [] } = spec;
  for (const { ports = [] } of [...ingress, ...egress]) for (const port of ports) port.protocol ??= 'TCP';
  if ((spec.policyTypes ?? []).length === 0) {
    spec.policyTypes = egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  }
}

function validate(object: KubeObject): FieldError[] {
  const { podSelector, policyTypes = [] } = (object as NetworkPolicy).spec ?? {};
  const errors = validateLabelSelector(podSelector, 'spec.podSelector');
  if (policyTypes.length > 2) {
    const message = 'may not specify more than two policyTypes';
    errors.push(fieldError.invalid('spec.policyTypes', policyTypes, message));
    return errors;
  }
  policyTypes.forEach((type, index) => {
    if (type === 'Ingress' || type === 'Egress') return;
    errors.push(fieldError.notSupported(`spec.policyTypes[${index}]`, type, ['Ingress', 'Egress']));
  });
  return errors;
}

export const networkPolicies = builtinResource({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  resource: 'networkpolicies',
  shortNames: ['netpol'],
  scope: 'Namespaced',
  table: {
    columns: [nameColumn, stringColumn('Pod-Selector', 'The pods that it is about.'), ageColumn],
    cells: (object, now) => [
      object.metadata.name ?? '',
      selectorText((object as NetworkPolicy).spec?.podSelector ?? {}) || '<none>',
      ageCell(object, now),
    ],
  },
  strategy: { generation: 'spec', allowUnconditionalUpdate: true, applyDefaults, validate },
});
