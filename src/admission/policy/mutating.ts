import { ApiError } from '../../apimachinery/errors.ts';
import { deepCopy, deepEqual, type Json } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { Decisions } from '../cel/decisions.ts';
import { requestVariables } from '../cel/variables.ts';
import { ChangingObject } from '../dynamic/changing-object.ts';
import { protectManagedFields } from '../dynamic/managed-fields.ts';
import { type Form, matchForm, matchRequest } from '../dynamic/match.ts';
import { reinvocationNotes, reinvocationRound, wantReinvocation } from '../dynamic/reinvocation.ts';
import { dynamicRequest, isOpen } from '../dynamic/request.ts';
import { refusal } from '../refusal.ts';
import type { Binding } from './binding.ts';
import { type Bound, BoundPolicies } from './bound-policies.ts';
import { mutated, MutationFailure, mutationValue, policyMatches } from './mutate.ts';
import { mutatingPolicy, type MutatingPolicy } from './mutation.ts';
import type { PolicyOptions } from './options.ts';
import { collectParams, ConfigurationError, paramResource } from './params.ts';
import { requestNamespace } from './request-namespace.ts';

const name = 'MutatingAdmissionPolicy';
const policies = 'mutatingadmissionpolicies.admissionregistration.k8s.io';
const bindings = 'mutatingadmissionpolicybindings.admissionregistration.k8s.io';

/** Changes what is written as the MutatingAdmissionPolicies of its logical cluster say. */
export function mutatingPolicies(options: PolicyOptions): AdmissionPlugin {
  const bound = new BoundPolicies(options, policies, bindings, mutatingPolicy);
  return {
    name,
    handles: (operation, { definition }) =>
      options.mutatingPolicies === true && (operation === 'CREATE' || operation === 'UPDATE') && isOpen(definition),
    admit(attributes) {
      const found = bound.of(attributes.ctx.cluster);
      if (!(found instanceof Promise)) return begin(options, attributes, found);
      return found.then((list) => begin(options, attributes, list));
    },
  };
}

function begin(
  options: PolicyOptions,
  attributes: AdmissionAttributes,
  bound: readonly Bound<MutatingPolicy>[],
): Promise<void> | undefined {
  if (bound.length === 0) return undefined;
  const request = dynamicRequest(attributes);
  const concerned = bound.filter(({ policy }) => matchForm(policy.matcher, request, options) !== undefined);
  return concerned.length === 0 ? undefined : new Round(options, attributes).run(concerned);
}

/** A policy at work: with a binding and one set of parameters. */
type Invocation = {
  readonly key: string;
  readonly policy: MutatingPolicy;
  readonly binding: Binding;
  readonly form: Form;
  readonly param: KubeObject | undefined;
};

/** What is remembered from the first round to the second: invocations by their keys. */
type Notes = { invoked: Set<string>; readonly again: Set<string>; output: KubeObject | undefined };

type Failure = {
  readonly policy: MutatingPolicy;
  readonly binding: Binding | undefined;
  readonly message: string;
  readonly reason: string;
};

class Round {
  readonly #options: PolicyOptions;
  readonly #attributes: AdmissionAttributes;
  readonly #object: ChangingObject;
  readonly #decisions: Decisions;
  readonly #notes: Notes;
  readonly #isSecond: boolean;
  readonly #failures: Failure[] = [];

  constructor(options: PolicyOptions, attributes: AdmissionAttributes) {
    this.#options = options;
    this.#attributes = attributes;
    this.#object = new ChangingObject(attributes);
    this.#decisions = new Decisions(options.authorizer, dynamicRequest(attributes));
    const make = (): Notes => ({ invoked: new Set(), again: new Set(), output: undefined });
    this.#notes = reinvocationNotes(attributes, name, make);
    this.#isSecond = reinvocationRound(attributes) > 0;
  }

  /** @throws 403 with the failures that count. */
  async run(bound: readonly Bound<MutatingPolicy>[]): Promise<void> {
    const { object } = this.#attributes;
    if (this.#isSecond && !deepEqual(this.#notes.output as Json | undefined, object as Json | undefined))
      this.#callAgain();
    const invocations: Invocation[] = [];
    for (const each of bound) await this.#prepare(each, invocations);
    if (invocations.length > 0) {
      const namespace = await requestNamespace(this.#options, dynamicRequest(this.#attributes));
      for (const invocation of invocations) await this.#invoke(invocation, namespace);
      const before = object?.metadata.managedFields;
      await this.#object.settle();
      protectManagedFields(this.#attributes, before);
    }
    this.#notes.output = deepCopy(object as Json | undefined) as KubeObject | undefined;
    const counting = this.#failures.filter(({ policy }) => !policy.ignoresFailure);
    if (counting.length > 0) throw refused(this.#attributes, counting);
  }

  async #prepare({ policy, bindings: list }: Bound<MutatingPolicy>, invocations: Invocation[]): Promise<void> {
    const request = dynamicRequest(this.#attributes);
    const { object, ctx } = this.#attributes;
    await this.#configuring(policy, undefined, async () => {
      const form = await matchRequest(policy.matcher, request, object, this.#options);
      if (form === undefined) return;
      const resource = policy.paramKind && (await paramResource(this.#options, ctx, policy.paramKind));
      for (const binding of list)
        await this.#configuring(policy, binding, async () => {
          const { matcher, paramRef } = binding;
          if (matcher !== undefined && !(await matchRequest(matcher, request, object, this.#options))) return;
          for (const param of await collectParams(this.#options, request, resource, paramRef)) {
            const { namespace = '', name: named = '' } = param?.metadata ?? {};
            const key = JSON.stringify([policy.name, binding.name, namespace, named]);
            invocations.push({ key, policy, binding, form, param });
          }
        });
    });
  }

  async #configuring(policy: MutatingPolicy, binding: Binding | undefined, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isOurs = error instanceof ConfigurationError || (error instanceof ApiError && error.code === 404);
      if (!isOurs) throw error;
      const what = binding === undefined ? 'policy' : 'binding';
      this.#failures.push({ policy, binding, message: `failed to configure ${what}: ${error.message}`, reason: '' });
    }
  }

  async #invoke({ key, policy, binding, form, param }: Invocation, namespace: KubeObject | undefined): Promise<void> {
    const matching = await this.#activation(form, param, namespace);
    const match = await this.#decisions.settle(() => policyMatches(policy, matching));
    if (match.error !== undefined) this.#fail(policy, binding, match.error);
    if (!match.matches) return;
    // What was not at work the first time is not the second time either.
    if (this.#isSecond && !this.#notes.again.has(key)) return;
    let changed = false;
    for (const mutation of policy.programs.mutations) {
      const { object } = await this.#object.in(form);
      if (object === undefined) continue;
      const activation = await this.#activation(form, param, namespace);
      try {
        const value = await this.#decisions.settle(() => mutationValue(policy.programs, mutation, activation));
        const next = mutated(this.#attributes, mutation.applies, value, object, form);
        if (next !== undefined) changed = this.#object.change(next) || changed;
      } catch (error) {
        if (!(error instanceof MutationFailure)) throw error;
        this.#fail(policy, binding, error.message);
      }
    }
    if (changed) {
      this.#callAgain();
      wantReinvocation(this.#attributes);
    }
    if (policy.reinvokes) this.#notes.invoked.add(key);
  }

  async #activation(
    form: Form,
    param: KubeObject | undefined,
    namespace: KubeObject | undefined,
  ): Promise<Record<string, unknown>> {
    const { object, oldObject } = await this.#object.in(form);
    const request = dynamicRequest(this.#attributes);
    return {
      ...requestVariables(request, form, object, oldObject, namespace),
      ...this.#decisions.variables(),
      params: param ?? null,
    };
  }

  #fail(policy: MutatingPolicy, binding: Binding, message: string): void {
    this.#failures.push({ policy, binding, message, reason: 'Invalid' });
  }

  #callAgain(): void {
    for (const key of this.#notes.invoked) this.#notes.again.add(key);
    this.#notes.invoked = new Set();
  }
}

/** The first failure is the message; all are causes. */
function refused(attributes: AdmissionAttributes, failures: readonly Failure[]): ApiError {
  const messages = failures.map(({ policy, binding, message }) =>
    binding === undefined
      ? `policy ${JSON.stringify(policy.name)} denied request: ${message}`
      : `policy '${policy.name}' with binding '${binding.name}' denied request: ${message}`,
  );
  const plain = refusal(attributes, '');
  return new ApiError(403, failures[0]?.reason || 'Forbidden', messages[0] ?? '', {
    details: { ...plain.details, causes: messages.map((message) => ({ message })) },
  });
}
