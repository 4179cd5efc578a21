import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { type Crd, setCrdCondition } from './types.ts';

const annotation = 'api-approved.kubernetes.io';
const field = `metadata.annotations[${annotation}]`;
const enhancement = 'see https://github.com/kubernetes/enhancements/pull/1111';

/** Groups of Kubernetes itself are for kinds that its community has reviewed. */
function isProtectedGroup(group: string): boolean {
  return ['k8s.io', 'kubernetes.io'].some((suffix) => group === suffix || group.endsWith(`.${suffix}`));
}

/** How a definition in a protected group may be served. */
export type Approval = { readonly state: 'missing' | 'bypassed' | 'approved' | 'invalid'; readonly reason: string };

/** The approval of a definition; undefined when its group needs none. */
export function approvalOf(crd: Crd): Approval | undefined {
  if (!isProtectedGroup(crd.spec?.group ?? '')) return undefined;
  const text = crd.metadata.annotations?.[annotation] ?? '';
  const rule = `protected groups must have approval annotation ${JSON.stringify(annotation)}`;
  if (text === '') return { state: 'missing', reason: `${rule}, ${enhancement}` };
  if (text.startsWith('unapproved')) return { state: 'bypassed', reason: `not approved: ${JSON.stringify(text)}` };
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+/i.test(text)) return { state: 'approved', reason: `approved in ${text}` };
  return {
    state: 'invalid',
    reason: `${rule} with either a URL or a reason starting with "unapproved", ${enhancement}`,
  };
}

/** What is wrong with the approval of a definition; one that stays as bad as it was is let be. */
export function validateApproval(crd: Crd, old: Crd | undefined): FieldError[] {
  const approval = approvalOf(crd);
  if (approval === undefined) return [];
  if (old !== undefined && approvalOf(old)?.state === approval.state) return [];
  if (approval.state === 'missing') return [fieldError.required(field, approval.reason)];
  if (approval.state !== 'invalid') return [];
  return [fieldError.invalid(field, crd.metadata.annotations?.[annotation] ?? '', approval.reason)];
}

const conditionOf: Readonly<Record<Approval['state'], { status: string; reason: string }>> = {
  missing: { status: 'False', reason: 'MissingAnnotation' },
  bypassed: { status: 'False', reason: 'UnapprovedAnnotation' },
  approved: { status: 'True', reason: 'ApprovedAnnotation' },
  invalid: { status: 'False', reason: 'InvalidAnnotation' },
};

/**
 * Tells in the condition KubernetesAPIApprovalPolicyConformant how a definition in a protected group came to be, in place.
 * @returns whether anything changed.
 */
export function setApprovalCondition(crd: Crd, now: string): boolean {
  const approval = approvalOf(crd);
  if (approval === undefined) return false;
  const type = 'KubernetesAPIApprovalPolicyConformant';
  return setCrdCondition(crd, { type, ...conditionOf[approval.state], message: approval.reason }, now);
}
