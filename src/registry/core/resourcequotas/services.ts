import type { Service } from '../../../api/core/v1/service-types.ts';
import { addAmounts, noAmounts, onesOf, zerosOf } from '../../../apimachinery/amounts.ts';
import type { Amounts } from '../../../apimachinery/amounts.ts';
import type { Evaluator } from './evaluator.ts';

const nodePorts = 'services.nodeports';
const loadBalancers = 'services.loadbalancers';
const counts = ['count/services', 'services'];
const names: ReadonlySet<string> = new Set([...counts, nodePorts, loadBalancers]);
const plain = addAmounts(onesOf(counts), zerosOf([nodePorts, loadBalancers]));

/** Services count once, their node ports each, and load balancers (upstream's evaluator/core/services.go). */
export const serviceEvaluator: Evaluator = {
  tracks: (name) => names.has(name),
  usage(object) {
    const { type, ports = [], allocateLoadBalancerNodePorts } = (object as Service).spec ?? {};
    if (type === 'NodePort') return addAmounts(plain, ofNodePorts(ports.length));
    if (type !== 'LoadBalancer') return plain;
    // Node ports are not chosen yet where they are to be; where they are not, those that are named still count.
    const chosen = allocateLoadBalancerNodePorts === false ? ports.filter((port) => (port.nodePort ?? 0) !== 0) : ports;
    return addAmounts(addAmounts(plain, ofNodePorts(chosen.length)), onesOf([loadBalancers]));
  },
  matchesScope: () => false,
  changes: true,
  checksUpdate: (subresource) => subresource === '',
};

function ofNodePorts(count: number): Amounts {
  if (count === 0) return noAmounts;
  return new Map([[nodePorts, { nano: BigInt(count) * 1_000_000_000n, format: 'DecimalSI' }]]);
}
