import { randomUUID } from 'node:crypto';
import { type ApiError, badRequest, internalError } from '../../apimachinery/errors.ts';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { WebhookCallError, type WebhookCaller } from '../../registry/webhooks.ts';
import type { Form } from '../dynamic/match.ts';
import type { DynamicRequest } from '../dynamic/request.ts';
import type { Hook } from './configuration.ts';
import { admissionReview } from './review.ts';
import { InvalidAnswer, readVerdict, refusalOf, UnreadableAnswer, type Verdict } from './verdict.ts';

/** A webhook gave no answer that counts: `failurePolicy` decides what that means. */
export class HookFailure extends Error {
  override readonly name = 'HookFailure';
  constructor(hook: string, why: string) {
    super(`failed calling webhook ${JSON.stringify(hook)}: ${why}`);
  }
}

/**
 * Asks one webhook about a request whose objects are in its form. Its warnings go to the client, also when it refuses.
 * @throws HookFailure; ApiError when it refuses, or when it has side effects and this is a dry run.
 */
export async function askHook(
  webhooks: WebhookCaller | undefined,
  hook: Hook,
  mutating: boolean,
  request: DynamicRequest,
  form: Form,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
): Promise<Verdict> {
  const { ctx, dryRun } = request.attributes;
  if (dryRun) checkDryRun(hook);
  const { reviewVersion: version } = hook;
  if (version === undefined)
    throw new HookFailure(
      hook.name,
      'could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)',
    );
  const uid = randomUUID();
  let answer: JsonObject;
  let verdict: Verdict;
  try {
    if (webhooks === undefined) throw new WebhookCallError('this server calls no webhooks');
    answer = await webhooks.call({
      cluster: ctx.cluster.name,
      clientConfig: hook.clientConfig,
      body: admissionReview(version, uid, request, form, object, oldObject),
      timeoutMs: hook.timeoutMs,
      signal: ctx.signal,
    });
    verdict = readVerdict(version, uid, mutating, answer);
  } catch (error) {
    if (error instanceof InvalidAnswer)
      throw new HookFailure(hook.name, `received invalid webhook response: ${error.message}`);
    if (error instanceof WebhookCallError || error instanceof UnreadableAnswer)
      throw new HookFailure(hook.name, `failed to call webhook: ${error.message}`);
    throw error;
  }
  for (const [key, value] of verdict.auditAnnotations) ctx.annotate?.(`${hook.name}/${key}`, value);
  // As in stock, what cannot stand in a header is not told.
  for (const warning of verdict.warnings) if (!/\p{Cc}/u.test(warning)) ctx.warn(warning);
  if (!verdict.allowed) throw refusalOf(hook.name, verdict.status);
  return verdict;
}

function checkDryRun({ name, sideEffects }: Hook): void {
  if (sideEffects === undefined) throw new HookFailure(name, 'Webhook SideEffects is nil');
  if (sideEffects === 'None' || sideEffects === 'NoneOnDryRun') return;
  throw badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`);
}

/** What the client is told of a failure that is not ignored. */
export function failedClosed(failure: HookFailure): ApiError {
  return internalError(failure);
}
