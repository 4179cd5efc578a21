import { LRUCache } from 'lru-cache';
import {
  type Compiled,
  PolicyCompiler,
  type Variable,
} from '../../api/admissionregistration.k8s.io/expressions/compile.ts';
import type { MatchCondition } from '../../api/admissionregistration.k8s.io/v1/match-conditions.ts';
import type { MatchResources } from '../../api/admissionregistration.k8s.io/v1/rules.ts';
import type { Json } from '../../apimachinery/json.ts';
import { stringify } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { compileMatcher, type Matcher } from '../dynamic/match.ts';

export type ParamKind = { readonly apiVersion: string; readonly kind: string };

/** What policies of both kinds have. */
export type PolicyFrame = {
  readonly name: string;
  readonly matcher: Matcher;
  readonly paramKind: ParamKind | undefined;
  readonly ignoresFailure: boolean;
};

/** A ValidatingAdmissionPolicy, ready to be asked. */
export type ValidatingPolicy = PolicyFrame & { readonly programs: ValidatingPrograms };

export type Validation = {
  readonly expression: string;
  readonly condition: Compiled;
  readonly message: string;
  readonly messageExpression: Compiled | undefined;
  readonly reason: string;
};

/** The compiled expressions of a policy; policies of the same content share them, whoever they belong to. */
export type ValidatingPrograms = {
  readonly variables: ReadonlyMap<string, Compiled>;
  readonly matchConditions: readonly Compiled[];
  readonly validations: readonly Validation[];
  readonly auditAnnotations: readonly {
    readonly key: string;
    readonly expression: string;
    readonly value: Compiled;
  }[];
};

type Spec = {
  readonly paramKind?: { readonly apiVersion?: string; readonly kind?: string };
  readonly matchConstraints?: MatchResources;
  readonly validations?: readonly {
    readonly expression?: string;
    readonly message?: string;
    readonly messageExpression?: string;
    readonly reason?: string;
  }[];
  readonly failurePolicy?: string;
  readonly auditAnnotations?: readonly { readonly key?: string; readonly valueExpression?: string }[];
  readonly matchConditions?: readonly MatchCondition[];
  readonly variables?: readonly Variable[];
};

/** What both kinds of policies have in common. */
export function policyFrame(policy: KubeObject): PolicyFrame {
  const { paramKind, matchConstraints = {}, failurePolicy } = specOf(policy);
  return {
    name: policy.metadata.name ?? '',
    matcher: policyMatcher(matchConstraints),
    paramKind:
      paramKind === undefined ? undefined : { apiVersion: paramKind.apiVersion ?? '', kind: paramKind.kind ?? '' },
    ignoresFailure: failurePolicy === 'Ignore',
  };
}

/** The matcher of a policy or a binding. */
export function policyMatcher(match: MatchResources): Matcher {
  const { resourceRules, excludeResourceRules, matchPolicy, namespaceSelector, objectSelector } = match;
  return compileMatcher({
    rules: resourceRules,
    exclude: excludeResourceRules,
    matchPolicy,
    namespaceSelector,
    objectSelector,
    needsNoRules: true,
  });
}

function specOf(policy: KubeObject): Spec {
  return (policy as KubeObject & { readonly spec?: Spec }).spec ?? {};
}

const maxShared = 2000;
const maxSharedBytes = 16 << 20;
const shared = new LRUCache<string, ValidatingPrograms>({ max: maxShared, maxSize: maxSharedBytes });

/** A policy with its expressions compiled. */
export function validatingPolicy(policy: KubeObject): ValidatingPolicy {
  const { paramKind, validations, auditAnnotations, matchConditions, variables } = specOf(policy);
  const content = [paramKind !== undefined, validations, auditAnnotations, matchConditions, variables];
  const key = stringify(content.map((part) => part ?? null) as Json);
  let programs = shared.get(key);
  if (programs === undefined) {
    programs = compilePrograms(specOf(policy));
    shared.set(key, programs, { size: key.length });
  }
  return { ...policyFrame(policy), programs };
}

function compilePrograms(spec: Spec): ValidatingPrograms {
  const compiler = new PolicyCompiler({ params: spec.paramKind !== undefined, accepted: () => true });
  compiler.composes();
  const variables = new Map((spec.variables ?? []).map((each) => [each.name ?? '', compiler.addVariable(each)]));
  return {
    variables,
    matchConditions: (spec.matchConditions ?? []).map(({ expression = '' }) =>
      compiler.compile(expression, 'condition'),
    ),
    validations: (spec.validations ?? []).map(({ expression = '', message = '', messageExpression = '', reason }) => ({
      expression,
      condition: compiler.compile(expression, 'condition'),
      message,
      messageExpression: messageExpression === '' ? undefined : compiler.compile(messageExpression, 'message'),
      reason: reason ?? 'Invalid',
    })),
    auditAnnotations: (spec.auditAnnotations ?? []).map(({ key = '', valueExpression = '' }) => ({
      key,
      expression: valueExpression,
      value: compiler.compile(valueExpression, 'annotation'),
    })),
  };
}
