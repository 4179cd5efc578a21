import { ApiError, timeoutError } from '../../apimachinery/errors.ts';
import { deepCopy, deepEqual, type Json } from '../../apimachinery/json.ts';
import { managedFieldsProblem } from '../../apimachinery/managedfields/index.ts';
import type { KubeObject, ManagedFieldsEntry } from '../../apimachinery/object.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { followConfigurations } from '../dynamic/configurations.ts';
import { type Form, matchForm, matchRequest } from '../dynamic/match.ts';
import { reinvocationNotes, reinvocationRound, wantReinvocation } from '../dynamic/reinvocation.ts';
import { type DynamicRequest, dynamicRequest, isOpen } from '../dynamic/request.ts';
import { asServed, inForm, replaceObject } from '../dynamic/versioned.ts';
import { askHook, failedClosed, HookFailure } from './ask.ts';
import { type Hook, hooksOf } from './configuration.ts';
import { conditionsHold } from './conditions.ts';
import { operationsOf, patchedObject } from './patched.ts';
import type { WebhookOptions } from './options.ts';

const name = 'MutatingAdmissionWebhook';
const resource = 'mutatingwebhookconfigurations.admissionregistration.k8s.io';

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

function begin(
  options: WebhookOptions,
  attributes: AdmissionAttributes,
  configurations: readonly (readonly Hook[])[],
): Promise<void> | undefined {
  if (configurations.length === 0) return undefined;
  const request = dynamicRequest(attributes);
  const hooks = configurations.flat().filter(({ matcher }) => matchForm(matcher, request, options) !== undefined);
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
  #shown: { readonly form: Form; object: KubeObject | undefined; oldObject: KubeObject | undefined } | undefined;
  /** The object as a patch has made it, not yet in `attributes.object`. */
  #patched: KubeObject | undefined;

  constructor(options: WebhookOptions, request: DynamicRequest) {
    this.#options = options;
    this.#request = request;
    const make = (): Notes => ({ invoked: new Set(), again: new Set(), output: undefined });
    this.#notes = reinvocationNotes(request.attributes, name, make);
  }

  async run(hooks: readonly Hook[]): Promise<void> {
    const { attributes } = this.#request;
    const again = reinvocationRound(attributes) > 0;
    if (again && !deepEqual(this.#notes.output as Json | undefined, attributes.object as Json | undefined))
      this.#callAgain();
    const before = attributes.object?.metadata.managedFields;
    for (const hook of hooks) await this.#consider(hook, again);
    await this.#settle();
    this.#protectManagedFields(before);
    this.#notes.output = deepCopy(attributes.object as Json | undefined) as KubeObject | undefined;
  }

  async #consider(hook: Hook, again: boolean): Promise<void> {
    const { attributes } = this.#request;
    const object = this.#patched ?? attributes.object;
    const form = await matchRequest(hook.matcher, this.#request, object, this.#options);
    if (form === undefined) return;
    if (hook.matchConditions.length > 0) {
      const shown = await this.#show(form);
      const { object: now, oldObject } = shown;
      if (!(await conditionsHold(hook, this.#request, form, now, oldObject, this.#options))) return;
    }
    if (again && !this.#notes.again.has(hook)) return;
    try {
      const shown = await this.#show(form);
      if (await this.#ask(hook, form, shown.object, shown.oldObject)) {
        this.#callAgain();
        wantReinvocation(attributes);
      }
    } catch (error) {
      if (!(error instanceof HookFailure)) throw error;
      if (!hook.ignoresFailure) throw failedClosed(error);
      if (attributes.ctx.signal.aborted) throw timeoutError('request did not complete within requested timeout');
    } finally {
      if (hook.reinvokes) this.#notes.invoked.add(hook);
    }
  }

  #callAgain(): void {
    for (const hook of this.#notes.invoked) this.#notes.again.add(hook);
    this.#notes.invoked = new Set();
  }

  /** The objects in a form; what earlier webhooks changed in another form is converted on the way. */
  async #show(
    form: Form,
  ): Promise<{ readonly object: KubeObject | undefined; readonly oldObject: KubeObject | undefined }> {
    const { attributes } = this.#request;
    if (this.#shown?.form.version === form.version && this.#shown.form.definition === form.definition)
      return this.#shown;
    await this.#settle();
    this.#shown = {
      form,
      object: attributes.object && (await inForm(attributes, attributes.object, form)),
      oldObject: attributes.oldObject && (await inForm(attributes, attributes.oldObject, form)),
    };
    return this.#shown;
  }

  /** Whether the webhook changed the object. */
  async #ask(
    hook: Hook,
    form: Form,
    object: KubeObject | undefined,
    oldObject: KubeObject | undefined,
  ): Promise<boolean> {
    const { attributes } = this.#request;
    const verdict = await askHook(this.#options.webhooks, hook, true, this.#request, form, object, oldObject);
    if (verdict.patch.length === 0) return false;
    const operations = operationsOf(verdict.patch);
    if (operations.length === 0) return false;
    if (object === undefined) throw nothingToModify(hook.name);
    const patched = patchedObject(hook.name, verdict, operations, attributes, object, form);
    this.#patched = patched;
    const shown = asServed(attributes, deepCopy(patched as Json) as KubeObject, form);
    if (this.#shown !== undefined) this.#shown.object = shown;
    return !deepEqual(object as Json, shown as Json);
  }

  /** Takes what patches have made into the object that goes on. */
  async #settle(): Promise<void> {
    if (this.#patched === undefined || this.#shown === undefined) return;
    await replaceObject(this.#request.attributes, this.#patched, this.#shown.form);
    this.#patched = undefined;
    this.#shown = undefined;
  }

  #protectManagedFields(before: ManagedFieldsEntry[] | undefined): void {
    const { object, ctx } = this.#request.attributes;
    if (object === undefined) return;
    const problem = managedFieldsProblem(object.metadata.managedFields ?? []);
    if (problem === undefined) return;
    if (before === undefined) delete object.metadata.managedFields;
    else object.metadata.managedFields = before;
    ctx.warn(
      `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${problem}`,
    );
  }
}

function nothingToModify(hook: string): ApiError {
  const message = `admission webhook ${JSON.stringify(hook)} attempted to modify the object, which is not supported for this operation`;
  return new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, {
    details: { causes: [{ message }] },
  });
}
