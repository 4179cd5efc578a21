import { compileFor, type Compiled } from '../../api/admissionregistration.k8s.io/expressions/compile.ts';
import { admissionEnvironment } from '../../api/admissionregistration.k8s.io/expressions/environment.ts';
import { BOOL } from '../../apimachinery/cel/index.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { conditionsMatch } from '../cel/conditions.ts';
import { Decisions } from '../cel/decisions.ts';
import { requestVariables } from '../cel/variables.ts';
import type { Form } from '../dynamic/match.ts';
import type { DynamicRequest } from '../dynamic/request.ts';
import { refusal } from '../refusal.ts';
import type { Hook } from './configuration.ts';
import type { WebhookOptions } from './options.ts';

const programs = new WeakMap<Hook, readonly Compiled[]>();

function programsOf(hook: Hook): readonly Compiled[] {
  let known = programs.get(hook);
  if (known === undefined) {
    const environment = admissionEnvironment({ params: false, authorizer: true, stored: true });
    known = hook.matchConditions.map(({ expression = '' }) => compileFor(environment, expression, [BOOL]));
    programs.set(hook, known);
  }
  return known;
}

/** Whether a webhook's conditions hold for a request. @throws 403 with every error, unless failures are ignored */
export async function conditionsHold(
  hook: Hook,
  request: DynamicRequest,
  form: Form,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
  { authorizer }: Pick<WebhookOptions, 'authorizer'>,
): Promise<boolean> {
  if (hook.matchConditions.length === 0) return true;
  const decisions = new Decisions(authorizer, request);
  const variables = { ...requestVariables(request, form, object, oldObject), ...decisions.variables() };
  const match = await decisions.settle(() => conditionsMatch(programsOf(hook), variables, hook.ignoresFailure));
  if (match.error !== undefined) throw refusal(request.attributes, match.error);
  return match.matches;
}
