import { LRUCache } from 'lru-cache';
import {
  type Compiled,
  PolicyCompiler,
  type Variable,
} from '../../api/admissionregistration.k8s.io/expressions/compile.ts';
import type { MatchCondition } from '../../api/admissionregistration.k8s.io/v1/match-conditions.ts';
import type { Mutation } from '../../api/admissionregistration.k8s.io/v1alpha1/mutatingadmissionpolicies.ts';
import { type Json, stringify } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { type PolicyFrame, policyFrame } from './policy.ts';

/** A MutatingAdmissionPolicy, ready to be asked. */
export type MutatingPolicy = PolicyFrame & { readonly reinvokes: boolean; readonly programs: MutatingPrograms };

/** The compiled expressions of a policy; policies of the same content share them, whoever they belong to. */
export type MutatingPrograms = {
  readonly variables: ReadonlyMap<string, Compiled>;
  readonly matchConditions: readonly Compiled[];
  readonly mutations: readonly { readonly applies: boolean; readonly program: Compiled }[];
};

type Spec = {
  readonly paramKind?: object;
  readonly mutations?: readonly Mutation[];
  readonly matchConditions?: readonly MatchCondition[];
  readonly variables?: readonly Variable[];
  readonly reinvocationPolicy?: string;
};

const shared = new LRUCache<string, MutatingPrograms>({ max: 2000, maxSize: 16 << 20 });

/** A policy with its expressions compiled. */
export function mutatingPolicy(policy: KubeObject): MutatingPolicy {
  const { spec = {} } = policy as KubeObject & { readonly spec?: Spec };
  const { paramKind, mutations, matchConditions, variables, reinvocationPolicy } = spec;
  const content = [paramKind !== undefined, mutations, matchConditions, variables];
  const key = stringify(content.map((part) => part ?? null) as Json);
  let programs = shared.get(key);
  if (programs === undefined) {
    programs = compilePrograms(spec);
    shared.set(key, programs, { size: key.length });
  }
  return { ...policyFrame(policy), reinvokes: reinvocationPolicy === 'IfNeeded', programs };
}

function compilePrograms(spec: Spec): MutatingPrograms {
  const compiler = new PolicyCompiler({ params: spec.paramKind !== undefined, accepted: () => true });
  compiler.composes();
  const variables = new Map((spec.variables ?? []).map((each) => [each.name ?? '', compiler.addVariable(each)]));
  return {
    variables,
    matchConditions: (spec.matchConditions ?? []).map(({ expression = '' }) =>
      compiler.compile(expression, 'condition'),
    ),
    mutations: (spec.mutations ?? []).map(({ patchType, applyConfiguration, jsonPatch }) => {
      const applies = patchType === 'ApplyConfiguration';
      const { expression = '' } = (applies ? applyConfiguration : jsonPatch) ?? {};
      return { applies, program: compiler.compile(expression, applies ? 'apply' : 'patch') };
    }),
  };
}
