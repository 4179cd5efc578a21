import type { LabelSelectorObject } from '../../../apimachinery/validation/label-selector.ts';
import type { StrategyContext } from '../../resource-definition.ts';

/** Labels of nodes that have got other names, and what stock says of them (pkg/api/node). */
const deprecatedLabels: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ['app.kubernetes.io/created-by', 'deprecated since v1.9'],
  ['scheduler.alpha.kubernetes.io/preferAvoidPods', 'deprecated since v1.22; use Taints and Tolerations instead'],
  ['node-role.kubernetes.io/master', 'use "node-role.kubernetes.io/control-plane" instead'],
]);

/** Warns when a label of nodes at `path` is known under another name by now. */
export function warnOfNodeLabel(key: string, path: string, ctx: StrategyContext, before = ''): void {
  const message = deprecatedLabels.get(key);
  if (message !== undefined) ctx.warn(`${path}: ${before}${message}`);
}

/** The same for a selector of nodes. */
export function warnOfNodeSelector(
  selector: LabelSelectorObject | undefined,
  path: string,
  ctx: StrategyContext,
): void {
  selector?.matchExpressions?.forEach(({ key = '' }, index) => {
    const message = deprecatedLabels.get(key);
    if (message !== undefined) ctx.warn(`${path}.matchExpressions[${index}].key: ${key} is ${message}`);
  });
  for (const key of Object.keys(selector?.matchLabels ?? {})) warnOfNodeLabel(key, `${path}.matchLabels.${key}`, ctx);
}
