import { ApiError, timeoutError } from '../../apimachinery/errors.ts';
import { deepCopy, deepEqual, type Json, stringify } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { ChangingObject } from '../dynamic/changing-object.ts';
import { followConfigurations } from '../dynamic/configurations.ts';
import { protectManagedFields } from '../dynamic/managed-fields.ts';
import { type Form, matchForm, matchRequest } from '../dynamic/match.ts';
import { reinvocationNotes, reinvocationRound, wantReinvocation } from '../dynamic/reinvocation.ts';
import { type DynamicRequest, dynamicRequest, isOpen } from '../dynamic/request.ts';
import type { Versioned } from '../dynamic/versioned-objects.ts';
import { askHook, failedClosed, HookFailure } from './ask.ts';
import { conditionsHold } from './conditions.ts';
import { type Hook, hooksOf } from './configuration.ts';
import type { WebhookOptions } from './options.ts';
import { operationsOf, patchedObject } from './patched.ts';

const name = 'MutatingAdmissionWebhook';
const resource = 'mutatingwebhookconfigurations.admissionregistration.k8s.io';
const mutationNote = 'mutation.webhook.admission.k8s.io';

/** Asks the mutating webhooks of the logical cluster, one after the other in order of their names, each about what those before it have made. */
export function mutatingWebhooks(options: WebhookOptions): AdmissionPlugin {
  const configurations = followConfigurations(options, resource, hooksOf);
  return {
    name,
    handles: (_operation, { definition }) => isOpen(definition),
    admit(attributes) {
      const found = configurations(attributes.ctx.cluster);
      if (!(found instanceof Promise)) return begin(options, attributes, found);
      return found.then((hooks) => begin(options, attributes, hooks));
    },
  };
}

/** A webhook, and its place among all of the logical cluster. */
type Placed = { readonly hook: Hook; readonly index: number };

function begin(
  options: WebhookOptions,
  attributes: AdmissionAttributes,
  configurations: readonly (readonly Hook[])[],
): Promise<void> | undefined {
  if (configurations.length === 0) return undefined;
  const request = dynamicRequest(attributes);
  const hooks = configurations
    .flat()
    .map((hook, index) => ({ hook, index }))
    .filter(({ hook }) => matchForm(hook.matcher, request, options) !== undefined);
  return hooks.length === 0 ? undefined : new Dispatch(options, request).run(hooks);
}

/** What is remembered from the first round to the second. */
type Notes = {
  /** Webhooks that were asked and would be asked again. */
  invoked: Set<Hook>;
  /** Those of them after which something has changed. */
  readonly again: Set<Hook>;
  output: KubeObject | undefined;
};

/** One round of questions about one request. */
class Dispatch {
  readonly #options: WebhookOptions;
  readonly #request: DynamicRequest;
  readonly #notes: Notes;
  readonly #object: ChangingObject;
  readonly #round: number;

  constructor(options: WebhookOptions, request: DynamicRequest) {
    this.#options = options;
    this.#request = request;
    this.#object = new ChangingObject(request.attributes);
    this.#round = reinvocationRound(request.attributes);
    const make = (): Notes => ({ invoked: new Set(), again: new Set(), output: undefined });
    this.#notes = reinvocationNotes(request.attributes, name, make);
  }

  async run(hooks: readonly Placed[]): Promise<void> {
    const { attributes } = this.#request;
    const wasChanged = !deepEqual(this.#notes.output as Json | undefined, attributes.object as Json | undefined);
    if (this.#round > 0 && wasChanged) this.#callAgain();
    const before = attributes.object?.metadata.managedFields;
    for (const placed of hooks) await this.#consider(placed);
    await this.#object.settle();
    protectManagedFields(attributes, before);
    this.#notes.output = deepCopy(attributes.object as Json | undefined) as KubeObject | undefined;
  }

  async #consider({ hook, index }: Placed): Promise<void> {
    const { attributes } = this.#request;
    const form = await matchRequest(hook.matcher, this.#request, this.#object.current, this.#options);
    if (form === undefined) return;
    if (hook.matchConditions.length > 0) {
      const { object, oldObject } = await this.#object.in(form);
      if (!(await conditionsHold(hook, this.#request, form, object, oldObject, this.#options))) return;
    }
    // Who was not asked the first time is not asked the second time either.
    if (this.#round > 0 && !this.#notes.again.has(hook)) return;
    let mutated = false;
    try {
      mutated = await this.#ask(hook, form, await this.#object.in(form));
      if (mutated) {
        this.#callAgain();
        wantReinvocation(attributes);
      }
    } catch (error) {
      if (!(error instanceof HookFailure)) throw error;
      if (!hook.ignoresFailure) throw failedClosed(error);
      attributes.ctx.annotate?.(`failed-open.${mutationNote}/round_${this.#round}_index_${index}`, hook.name);
      if (attributes.ctx.signal.aborted) throw timeoutError('request did not complete within requested timeout');
    } finally {
      if (hook.reinvokes) this.#notes.invoked.add(hook);
      const note = { configuration: hook.configuration, webhook: hook.name, mutated };
      attributes.ctx.annotate?.(`${mutationNote}/round_${this.#round}_index_${index}`, stringify(note));
    }
  }

  #callAgain(): void {
    for (const hook of this.#notes.invoked) this.#notes.again.add(hook);
    this.#notes.invoked = new Set();
  }

  /** Whether the webhook changed the object. */
  async #ask(hook: Hook, form: Form, { object, oldObject }: Versioned): Promise<boolean> {
    const { attributes } = this.#request;
    const verdict = await askHook(this.#options.webhooks, hook, true, this.#request, form, object, oldObject);
    if (verdict.patch.length === 0) return false;
    const operations = operationsOf(verdict.patch);
    if (operations.length === 0) return false;
    if (object === undefined) throw nothingToModify(hook.name);
    return this.#object.change(patchedObject(hook.name, verdict, operations, attributes, object, form));
  }
}

function nothingToModify(hook: string): ApiError {
  const message = `admission webhook ${JSON.stringify(hook)} attempted to modify the object, which is not supported for this operation`;
  return new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, {
    details: { causes: [{ message }] },
  });
}
