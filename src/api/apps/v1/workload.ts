import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goLabelSelector, goStringMap } from '../../../apimachinery/go-syntax.ts';
import { deepEqual } from '../../../apimachinery/json.ts';
import { formatLabelSelector, labelSelectorFromObject, matchesLabels } from '../../../apimachinery/labels.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { type LabelSelectorObject, validateLabelSelector } from '../../../apimachinery/validation/label-selector.ts';
import { dns1123Label } from '../../../apimachinery/validation/names.ts';
import { immutableMessage, requireNonNegative } from '../../field-path.ts';
import type { ScaleSubresource, StrategyContext } from '../../resource-definition.ts';
import type { PodTemplateSpec } from '../../core/v1/pod-template/types.ts';
import { validatePodTemplate } from '../../core/v1/pod-template/validate-pod-spec.ts';
import { warnOfPodTemplate } from '../../core/v1/pod-template/warnings.ts';

/** What Deployment, ReplicaSet, StatefulSet and DaemonSet have in common. */
export type WorkloadSpec = {
  replicas?: number;
  selector?: LabelSelectorObject;
  template?: PodTemplateSpec;
  minReadySeconds?: number;
  revisionHistoryLimit?: number;
};

export type Workload = KubeObject & { spec?: WorkloadSpec; status?: Record<string, number | undefined> };

/** Errors of spec.selector. Gives whether it can be used to match. `empty` is what upstream says of a selector without conditions. */
export function validateSelector(spec: WorkloadSpec, empty: string, errors: FieldError[]): boolean {
  const { selector } = spec;
  if (selector === undefined) {
    errors.push(fieldError.required('spec.selector'));
    return true;
  }
  const found = validateLabelSelector(selector, 'spec.selector');
  errors.push(...found);
  if (isEmpty(selector)) {
    errors.push(fieldError.invalid('spec.selector', goSyntax(goLabelSelector(selector)), empty));
  }
  return found.length === 0;
}

export function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelectorObject): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

export function invalidSelector(selector: LabelSelectorObject | undefined): FieldError {
  const shown = selector === undefined ? null : goSyntax(goLabelSelector(selector));
  return fieldError.invalid('spec.selector', shown, 'invalid label selector');
}

/** Errors of spec.template: its labels must match the selector, its pods must always be restarted. `kind` is how upstream calls the owner. */
export function validateTemplate(spec: WorkloadSpec, kind: string, errors: FieldError[]): void {
  const { selector, template = {} } = spec;
  if (selector === undefined || !isEmpty(selector)) {
    const labels = template.metadata?.labels;
    if (!matchesLabels(labelSelectorFromObject(selector), labels)) {
      const message = '`selector` does not match template `labels`';
      errors.push(fieldError.invalid('spec.template.metadata.labels', goSyntax(goStringMap(labels)), message));
    }
  }
  validatePodTemplate(template, 'spec.template', errors);
  validateAlwaysRestarts(template, kind, errors);
}

/** Controllers that keep pods running refuse templates whose pods end. */
export function validateAlwaysRestarts(template: PodTemplateSpec, kind: string, errors: FieldError[]): void {
  const { restartPolicy = '', activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== 'Always') {
    errors.push(fieldError.notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']));
  }
  if (activeDeadlineSeconds !== undefined) {
    const message = `activeDeadlineSeconds in ${kind} is not Supported`;
    errors.push(fieldError.forbidden('spec.template.spec.activeDeadlineSeconds', message));
  }
}

export function validateSelectorUnchanged(object: KubeObject, old: KubeObject): FieldError[] {
  const { selector } = (object as Workload).spec ?? {};
  if (deepEqual(selector, (old as Workload).spec?.selector)) return [];
  const shown = selector === undefined ? null : goSyntax(goLabelSelector(selector));
  return [fieldError.invalid('spec.selector', shown, immutableMessage)];
}

/** The counters of a status must not be negative. */
export function validateCounters(status: Workload['status'], names: readonly string[], errors: FieldError[]): void {
  for (const name of names) requireNonNegative(`status.${name}`, status?.[name], errors);
}

/** Each counter in `parts` must not exceed `whole`. */
export function validateWithin(
  status: Workload['status'],
  parts: readonly string[],
  whole: string,
  message: string,
  errors: FieldError[],
): void {
  for (const part of parts) {
    const value = status?.[part] ?? 0;
    if (value > (status?.[whole] ?? 0)) errors.push(fieldError.invalid(`status.${part}`, value, message));
  }
}

/** Errors of a status in which a counter that only grows went back. */
export function validateCollisionCount(object: KubeObject, old: KubeObject): FieldError[] {
  const before = (old as Workload).status?.collisionCount;
  const value = (object as Workload).status?.collisionCount ?? 0;
  return before === undefined || value >= before
    ? []
    : [fieldError.invalid('status.collisionCount', value, 'cannot be decremented')];
}

/** Warns of a workload's template when it is new or has changed, and of a new one's name, which its pods inherit. */
export function warnOfWorkload(object: KubeObject, old: KubeObject | undefined, ctx: StrategyContext): void {
  if (old === undefined) warnOfName(object, 'this is used in Pod names and hostnames', ctx);
  else if (object.metadata.generation === old.metadata.generation) return;
  warnOfPodTemplate((object as Workload).spec?.template, 'spec.template', ctx);
}

/** Warns when a name that becomes part of hostnames is not a DNS label. */
export function warnOfName(object: KubeObject, use: string, ctx: StrategyContext): void {
  const messages = dns1123Label(object.metadata.name ?? '');
  if (messages.length === 0) return;
  ctx.warn(
    `metadata.name: ${use}, which can result in surprising behavior; a DNS label is recommended: [${messages.join(' ')}]`,
  );
}

/** /scale of a workload with replicas and a selector. */
export const workloadScale: ScaleSubresource = {
  specReplicasPath: ['spec', 'replicas'],
  statusReplicasPath: ['status', 'replicas'],
  selector: (object) => selectorText((object as Workload).spec?.selector),
};

/** A label selector in the form of query parameters. */
export function selectorText(selector: LabelSelectorObject | undefined): string {
  return formatLabelSelector(labelSelectorFromObject(selector));
}
