import { ApiError } from '../../apimachinery/errors.ts';
import { stringify } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { Decisions } from '../cel/decisions.ts';
import { requestVariables } from '../cel/variables.ts';
import { matchForm, matchRequest } from '../dynamic/match.ts';
import { dynamicRequest, isOpen } from '../dynamic/request.ts';
import { VersionedObjects } from '../dynamic/versioned-objects.ts';
import { refusal } from '../refusal.ts';
import type { Binding } from './binding.ts';
import { BoundPolicies } from './bound-policies.ts';
import { evaluatePolicy, type Opinion } from './evaluate-policy.ts';
import type { PolicyOptions } from './options.ts';
import { collectParams, ConfigurationError, paramResource } from './params.ts';
import { type ValidatingPolicy, validatingPolicy } from './policy.ts';
import { requestNamespace } from './request-namespace.ts';

const policies = 'validatingadmissionpolicies.admissionregistration.k8s.io';
const bindings = 'validatingadmissionpolicybindings.admissionregistration.k8s.io';
const maxAnnotationBytes = 10 * 1024;

/** Holds writes to the ValidatingAdmissionPolicies of their logical cluster. */
export function validatingPolicies(options: PolicyOptions): AdmissionPlugin {
  const bound = new BoundPolicies(options, policies, bindings, validatingPolicy);
  return {
    name: 'ValidatingAdmissionPolicy',
    handles: (_operation, { definition }) => isOpen(definition),
    validate(attributes) {
      const found = bound.of(attributes.ctx.cluster);
      if (!(found instanceof Promise)) return begin(options, attributes, found);
      return found.then((list) => begin(options, attributes, list));
    },
  };
}

type Bound = { readonly policy: ValidatingPolicy; readonly bindings: readonly Binding[] };

function begin(
  options: PolicyOptions,
  attributes: AdmissionAttributes,
  bound: readonly Bound[],
): Promise<void> | undefined {
  if (bound.length === 0) return undefined;
  const request = dynamicRequest(attributes);
  const concerned = bound.filter(({ policy }) => matchForm(policy.matcher, request, options) !== undefined);
  return concerned.length === 0 ? undefined : new Hearing(options, attributes).hear(concerned);
}

type Denial = {
  readonly policy: ValidatingPolicy;
  readonly binding: Binding | undefined;
  readonly message: string;
  readonly reason: string;
};

/** What the policies say about one request. */
class Hearing {
  readonly #options: PolicyOptions;
  readonly #attributes: AdmissionAttributes;
  readonly #objects: VersionedObjects;
  readonly #decisions: Decisions;
  readonly #denials: Denial[] = [];
  #namespace: Promise<KubeObject | undefined> | undefined;

  constructor(options: PolicyOptions, attributes: AdmissionAttributes) {
    this.#options = options;
    this.#attributes = attributes;
    this.#objects = new VersionedObjects(attributes);
    this.#decisions = new Decisions(options.authorizer, dynamicRequest(attributes));
  }

  /** @throws the first denial. */
  async hear(bound: readonly Bound[]): Promise<void> {
    for (const { policy, bindings: list } of bound) await this.#consider(policy, list);
    const [first] = this.#denials;
    if (first !== undefined) throw denied(this.#attributes, first);
  }

  async #consider(policy: ValidatingPolicy, list: readonly Binding[]): Promise<void> {
    const request = dynamicRequest(this.#attributes);
    const { object } = this.#attributes;
    const annotations = new Map<string, string[]>();
    await this.#configuring(policy, undefined, async () => {
      const form = await matchRequest(policy.matcher, request, object, this.#options);
      if (form === undefined) return;
      const resource = policy.paramKind && (await paramResource(this.#options, this.#attributes.ctx, policy.paramKind));
      for (const binding of list) {
        await this.#configuring(policy, binding, async () => {
          const { matcher, paramRef } = binding;
          if (matcher !== undefined && !(await matchRequest(matcher, request, object, this.#options))) return;
          const params = await collectParams(this.#options, request, resource, paramRef);
          if (params.length === 0) return;
          const shown = await this.#objects.in(form).catch((error: unknown) => {
            throw new ConfigurationError(`failed to convert object version: ${(error as Error).message}`);
          });
          this.#namespace ??= requestNamespace(this.#options, request);
          const namespace = await this.#namespace;
          const variables = requestVariables(request, form, shown.object, shown.oldObject, namespace);
          for (const param of params) {
            const activation = { ...variables, ...this.#decisions.variables(), params: param ?? null };
            const opinion = await this.#decisions.settle(() => evaluatePolicy(policy, activation));
            this.#act(policy, binding, opinion, annotations);
          }
        });
      }
    });
    const { ctx } = this.#attributes;
    for (const [key, values] of annotations) ctx.annotate?.(`${policy.name}/${key}`, values.join(', '));
  }

  /** A configuration that cannot be used refuses, or is ignored, as the policy's failurePolicy says. */
  async #configuring(policy: ValidatingPolicy, binding: Binding | undefined, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isOurs = error instanceof ConfigurationError || (error instanceof ApiError && error.code === 404);
      if (!isOurs) throw error;
      if (policy.ignoresFailure) return;
      const what = binding === undefined ? 'policy' : 'binding';
      this.#denials.push({ policy, binding, message: `failed to configure ${what}: ${error.message}`, reason: '' });
    }
  }

  #act(policy: ValidatingPolicy, binding: Binding, opinion: Opinion, annotations: Map<string, string[]>): void {
    const { ctx } = this.#attributes;
    opinion.decisions.forEach((decision, index) => {
      if (decision.admits) return;
      const { message, reason } = decision;
      for (const action of binding.actions) {
        if (action === 'Deny') this.#denials.push({ policy, binding, message, reason });
        else if (action === 'Warn')
          ctx.warn(
            `Validation failed for ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}': ${message}`,
          );
        else if (action === 'Audit')
          ctx.annotate?.('validation.policy.admission.k8s.io/validation_failure', failureNote(binding, index, message));
      }
    });
    for (const { key, value } of opinion.annotations) {
      const shown = value.slice(0, maxAnnotationBytes);
      const known = annotations.get(key);
      if (known === undefined) annotations.set(key, [shown]);
      else if (!known.includes(shown)) known.push(shown);
    }
    for (const message of opinion.annotationErrors) this.#denials.push({ policy, binding, message, reason: '' });
  }
}

function failureNote({ name, policyName, actions }: Binding, expressionIndex: number, message: string): string {
  return stringify([{ message, policy: policyName, binding: name, expressionIndex, validationActions: [...actions] }]);
}

const codes: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
  Invalid: 422,
};

function denied(attributes: AdmissionAttributes, { policy, binding, message, reason: given }: Denial): ApiError {
  const by = binding === undefined ? '' : ` with binding '${binding.name}'`;
  const why = `ValidatingAdmissionPolicy '${policy.name}'${by} denied request: ${message}`;
  const plain = refusal(attributes, why);
  const reason = given === '' ? 'Invalid' : given;
  return new ApiError(codes[reason] ?? 422, reason, plain.message, {
    details: { ...plain.details, causes: [{ message: why }] },
  });
}
