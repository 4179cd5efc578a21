import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goTypedSlice } from '../../../apimachinery/go-syntax.ts';
import { cidrWarnings } from '../../../apimachinery/validation/ip.ts';
import type { StrategyContext } from '../../resource-definition.ts';
import {
  type NetworkPeer,
  type NetworkPort,
  validatePolicyPeer,
  validatePolicyPort,
} from './validate-network-policy.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { type LabelSelectorObject, validateLabelSelector } from '../../../apimachinery/validation/label-selector.ts';
import { selectorText } from '../../apps/v1/workload.ts';
import { builtinResource } from '../../builtin-resource.ts';

type NetworkRule = { ports?: NetworkPort[]; from?: NetworkPeer[]; to?: NetworkPeer[] };
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
  const { podSelector, policyTypes = [], ingress, egress } = (object as NetworkPolicy).spec ?? {};
  const errors = validateLabelSelector(podSelector, 'spec.podSelector');
  ingress?.forEach(({ ports, from }, index) => validateRule(ports, from, `spec.ingress[${index}]`, 'from', errors));
  egress?.forEach(({ ports, to }, index) => validateRule(ports, to, `spec.egress[${index}]`, 'to', errors));
  if (policyTypes.length > 2) {
    const message = 'may not specify more than two policyTypes';
    errors.push(
      fieldError.invalid('spec.policyTypes', goSyntax(goTypedSlice('networking.PolicyType', policyTypes)), message),
    );
    return errors;
  }
  policyTypes.forEach((type, index) => {
    if (type === 'Ingress' || type === 'Egress') return;
    errors.push(fieldError.notSupported(`spec.policyTypes[${index}]`, type, ['Ingress', 'Egress']));
  });
  return errors;
}

function validateRule(
  ports: readonly NetworkPort[] | undefined,
  peers: readonly NetworkPeer[] | undefined,
  path: string,
  side: 'from' | 'to',
  errors: FieldError[],
): void {
  ports?.forEach((port, index) => validatePolicyPort(port, `${path}.ports[${index}]`, errors));
  peers?.forEach((peer, index) => validatePolicyPeer(peer, `${path}.${side}[${index}]`, errors));
}

function warn(object: KubeObject, _old: KubeObject | undefined, ctx: StrategyContext): void {
  const { ingress, egress } = (object as NetworkPolicy).spec ?? {};
  const warnOf = (peers: readonly NetworkPeer[] | undefined, path: string): void => {
    peers?.forEach(({ ipBlock }, index) => {
      if (ipBlock === undefined) return;
      const at = `${path}[${index}].ipBlock`;
      for (const warning of cidrWarnings(ipBlock.cidr ?? '')) ctx.warn(`${at}.cidr: ${warning}`);
      ipBlock.except?.forEach((hole, hollow) => {
        for (const warning of cidrWarnings(hole)) ctx.warn(`${at}.except[${hollow}]: ${warning}`);
      });
    });
  };
  ingress?.forEach(({ from }, index) => warnOf(from, `spec.ingress[${index}].from`));
  egress?.forEach(({ to }, index) => warnOf(to, `spec.egress[${index}].to`));
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
  strategy: { generation: 'spec', allowUnconditionalUpdate: true, repeatsErrors: true, applyDefaults, validate, warn },
});
