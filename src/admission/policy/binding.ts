import type { MatchResources } from '../../api/admissionregistration.k8s.io/v1/rules.ts';
import { labelSelectorFromObject, type LabelSelector } from '../../apimachinery/labels.ts';
import type { Json } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { Matcher } from '../dynamic/match.ts';
import { policyMatcher } from './policy.ts';

export type ParamRef = {
  readonly name: string;
  readonly namespace: string;
  readonly selector: LabelSelector | undefined;
  readonly deniesMissing: boolean;
};

/** What puts a policy to work. */
export type Binding = {
  readonly name: string;
  readonly policyName: string;
  readonly paramRef: ParamRef | undefined;
  /** Undefined: whatever the policy is about. */
  readonly matcher: Matcher | undefined;
  /** Deny, Warn, Audit. Mutating policies have none. */
  readonly actions: readonly string[];
};

type Spec = {
  readonly policyName?: string;
  readonly paramRef?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly selector?: object;
    readonly parameterNotFoundAction?: string;
  };
  readonly matchResources?: MatchResources;
  readonly validationActions?: readonly string[];
};

/** A ValidatingAdmissionPolicyBinding or MutatingAdmissionPolicyBinding. */
export function policyBinding(object: KubeObject): Binding {
  const {
    policyName = '',
    paramRef,
    matchResources,
    validationActions = [],
  } = (object as KubeObject & { readonly spec?: Spec }).spec ?? {};
  return {
    name: object.metadata.name ?? '',
    policyName,
    paramRef: paramRef && {
      name: paramRef.name ?? '',
      namespace: paramRef.namespace ?? '',
      selector: paramRef.selector && labelSelectorFromObject(paramRef.selector as Json),
      deniesMissing: paramRef.parameterNotFoundAction === 'Deny',
    },
    matcher: matchResources && policyMatcher(matchResources),
    actions: validationActions,
  };
}
