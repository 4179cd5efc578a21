import type { KubeObject } from '../../apimachinery/object.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { followConfigurations } from '../dynamic/configurations.ts';
import { type Form, matchForm, matchRequest } from '../dynamic/match.ts';
import { type DynamicRequest, dynamicRequest, isOpen } from '../dynamic/request.ts';
import { VersionedObjects } from '../dynamic/versioned-objects.ts';
import { askHook, failedClosed, HookFailure } from './ask.ts';
import { conditionsHold } from './conditions.ts';
import { type Hook, hooksOf } from './configuration.ts';
import type { WebhookOptions } from './options.ts';

const resource = 'validatingwebhookconfigurations.admissionregistration.k8s.io';

/** Asks the validating webhooks of the logical cluster, all at once; the first to refuse decides what the client is told. */
export function validatingWebhooks(options: WebhookOptions): AdmissionPlugin {
  const configurations = followConfigurations(options, resource, hooksOf);
  return {
    name: 'ValidatingAdmissionWebhook',
    handles: (_operation, { definition }) => isOpen(definition),
    validate(attributes) {
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
  return hooks.length === 0 ? undefined : dispatch(options, request, hooks);
}

type Question = {
  readonly hook: Hook;
  readonly form: Form;
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
};

async function dispatch(options: WebhookOptions, request: DynamicRequest, hooks: readonly Hook[]): Promise<void> {
  const { attributes } = request;
  const objects = new VersionedObjects(attributes);
  const questions: Question[] = [];
  for (const hook of hooks) {
    const form = await matchRequest(hook.matcher, request, attributes.object, options);
    if (form === undefined) continue;
    const { object, oldObject } = await objects.in(form);
    if (await conditionsHold(hook, request, form, object, oldObject, options))
      questions.push({ hook, form, object, oldObject });
  }
  const errors: unknown[] = [];
  await Promise.all(
    questions.map((question, index) =>
      ask(options, request, question, index).catch((error: unknown) => {
        errors.push(error);
      }),
    ),
  );
  if (errors.length > 0) throw errors[0];
}

async function ask(
  { webhooks }: WebhookOptions,
  request: DynamicRequest,
  { hook, form, object, oldObject }: Question,
  index: number,
): Promise<void> {
  try {
    await askHook(webhooks, hook, false, request, form, object, oldObject);
  } catch (error) {
    if (!(error instanceof HookFailure)) throw error;
    if (!hook.ignoresFailure) throw failedClosed(error);
    const key = `failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`;
    request.attributes.ctx.annotate?.(key, hook.name);
  }
}
