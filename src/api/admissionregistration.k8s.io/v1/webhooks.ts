import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { deepEqual, type Json } from '../../../apimachinery/json.ts';
import { goStringSlice } from '../../../apimachinery/go-syntax.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, integerColumn, nameColumn } from '../../../apimachinery/table.ts';
import { type LabelSelectorObject, validateLabelSelector } from '../../../apimachinery/validation/label-selector.ts';
import { dns1035Label, dns1123Subdomain } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import type { ResourceDefinition } from '../../resource-definition.ts';
import { type MatchCondition, validateMatchConditions } from './match-conditions.ts';
import { defaultRule, failurePolicies, matchPolicies, type Rule, validateRule } from './rules.ts';
import { defaultWebhookClient, validateWebhookClient, type WebhookClientConfig } from './webhook-client.ts';

type Webhook = {
  name?: string;
  clientConfig?: WebhookClientConfig;
  rules?: Rule[];
  failurePolicy?: string;
  matchPolicy?: string;
  namespaceSelector?: LabelSelectorObject;
  objectSelector?: LabelSelectorObject;
  sideEffects?: string;
  timeoutSeconds?: number;
  admissionReviewVersions?: string[];
  reinvocationPolicy?: string;
  matchConditions?: MatchCondition[];
};
type WebhookConfiguration = KubeObject & { webhooks?: Webhook[] };

const reinvocationPolicies = ['IfNeeded', 'Never'];
const sideEffectClasses = ['None', 'NoneOnDryRun', 'Some', 'Unknown'];
const noSideEffects = ['None', 'NoneOnDryRun'];
const reviewVersions = ['v1', 'v1beta1'];
const maxTimeout = 30;

/** Rules that an old configuration breaks are not held against a new one. */
type Strictness = {
  readonly matchConditions: boolean;
  readonly sideEffects: boolean;
  readonly reviewVersion: boolean;
  readonly uniqueNames: boolean;
};

const strict: Strictness = { matchConditions: true, sideEffects: true, reviewVersion: true, uniqueNames: true };

function strictnessAfter(webhooks: readonly Webhook[], old: readonly Webhook[]): Strictness {
  const isSame =
    webhooks.length === old.length &&
    webhooks.every((hook, index) => deepEqual(hook.matchConditions as Json, old[index]?.matchConditions as Json));
  return {
    matchConditions: !isSame,
    sideEffects: old.every(({ sideEffects = '' }) => noSideEffects.includes(sideEffects)),
    reviewVersion: old.every(
      ({ admissionReviewVersions: versions = [] }) =>
        versions.length === 0 || versions.some((version) => reviewVersions.includes(version)),
    ),
    uniqueNames: new Set(old.map(({ name = '' }) => name)).size === old.length,
  };
}

function applyDefaults(webhook: Webhook, isMutating: boolean): void {
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  if (isMutating) webhook.reinvocationPolicy ??= 'Never';
  webhook.rules?.forEach(defaultRule);
  defaultWebhookClient(webhook.clientConfig);
}

function validateWebhooks(
  webhooks: readonly Webhook[],
  strictness: Strictness,
  old: readonly Webhook[] = [],
): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const accepted = old.flatMap(({ matchConditions = [] }) => matchConditions);
  webhooks.forEach((webhook, index) => {
    const path = `webhooks[${index}]`;
    validateWebhook(webhook, strictness, accepted, path, errors);
    const { name = '', admissionReviewVersions: versions = [] } = webhook;
    validateReviewVersions(versions, strictness.reviewVersion, `${path}.admissionReviewVersions`, errors);
    if (!strictness.uniqueNames || name === '') return;
    if (names.has(name)) errors.push(fieldError.duplicate(`${path}.name`, name));
    names.add(name);
  });
  return errors;
}

function validateWebhook(
  webhook: Webhook,
  strictness: Strictness,
  accepted: readonly MatchCondition[],
  path: string,
  errors: FieldError[],
): void {
  const { name = '', rules = [], failurePolicy = '', matchPolicy = '', sideEffects, timeoutSeconds = 0 } = webhook;
  validateQualifiedDomain(name, `${path}.name`, errors);
  rules.forEach((rule, index) => validateRule(rule, `${path}.rules[${index}]`, errors));
  const oneOf = (field: string, value: string, supported: readonly string[]): void => {
    if (!supported.includes(value)) errors.push(fieldError.notSupported(`${path}.${field}`, value, supported));
  };
  oneOf('failurePolicy', failurePolicy, failurePolicies);
  oneOf('matchPolicy', matchPolicy, matchPolicies);
  const allowed = strictness.sideEffects ? noSideEffects : sideEffectClasses;
  if (sideEffects !== undefined) oneOf('sideEffects', sideEffects, allowed);
  else errors.push(fieldError.required(`${path}.sideEffects`, `must specify one of ${allowed.join(', ')}`));
  if (timeoutSeconds < 1 || timeoutSeconds > maxTimeout) {
    const message = `the timeout value must be between 1 and ${maxTimeout} seconds`;
    errors.push(fieldError.invalid(`${path}.timeoutSeconds`, timeoutSeconds, message));
  }
  errors.push(...validateLabelSelector(webhook.namespaceSelector, `${path}.namespaceSelector`));
  errors.push(...validateLabelSelector(webhook.objectSelector, `${path}.objectSelector`));
  const { reinvocationPolicy } = webhook;
  if (reinvocationPolicy !== undefined) oneOf('reinvocationPolicy', reinvocationPolicy, reinvocationPolicies);
  validateWebhookClient(webhook.clientConfig ?? {}, `${path}.clientConfig`, errors);
  if (!strictness.matchConditions) return;
  const conditions = webhook.matchConditions ?? [];
  validateMatchConditions(conditions, { params: false, accepted }, `${path}.matchConditions`, errors);
}

function validateQualifiedDomain(name: string, path: string, errors: FieldError[]): void {
  if (name === '') {
    errors.push(fieldError.required(path));
    return;
  }
  const messages = dns1123Subdomain(name);
  if (messages.length > 0) errors.push(fieldError.invalid(path, name, messages.join(',')));
  else if (name.split('.').length < 3) {
    const message = 'should be a domain with at least three segments separated by dots';
    errors.push(fieldError.invalid(path, name, message));
  }
}

function validateReviewVersions(
  versions: readonly string[],
  needsKnown: boolean,
  path: string,
  errors: FieldError[],
): void {
  const known = reviewVersions.join(', ');
  if (versions.length === 0) {
    errors.push(fieldError.required(path, `must specify one of ${known}`));
    return;
  }
  versions.forEach((version, index) => {
    const at = `${path}[${index}]`;
    if (versions.indexOf(version) < index) errors.push(fieldError.invalid(at, version, 'duplicate version'));
    else for (const message of dns1035Label(version)) errors.push(fieldError.invalid(at, version, message));
  });
  if (!needsKnown || versions.some((version) => reviewVersions.includes(version))) return;
  errors.push(fieldError.invalid(path, goSyntax(goStringSlice(versions)), `must include at least one of ${known}`));
}

function webhookConfigurations(kind: string, isMutating: boolean): ResourceDefinition {
  return builtinResource({
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    kind,
    resource: `${kind.toLowerCase()}s`,
    categories: ['api-extensions'],
    scope: 'Cluster',
    table: {
      columns: [nameColumn, integerColumn('Webhooks', 'How many webhooks it has.'), ageColumn],
      cells: (object, now) => [
        object.metadata.name ?? '',
        (object as WebhookConfiguration).webhooks?.length ?? 0,
        ageCell(object, now),
      ],
    },
    strategy: {
      generation: 'spec',
      applyDefaults(object) {
        for (const webhook of (object as WebhookConfiguration).webhooks ?? []) applyDefaults(webhook, isMutating);
      },
      validateCreate: (object) => validateWebhooks((object as WebhookConfiguration).webhooks ?? [], strict),
      validateUpdate(object, old) {
        const { webhooks = [] } = object as WebhookConfiguration;
        const before = (old as WebhookConfiguration).webhooks ?? [];
        return validateWebhooks(webhooks, strictnessAfter(webhooks, before), before);
      },
    },
  });
}

export const mutatingWebhookConfigurations = webhookConfigurations('MutatingWebhookConfiguration', true);
export const validatingWebhookConfigurations = webhookConfigurations('ValidatingWebhookConfiguration', false);
