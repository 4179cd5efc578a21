import type { Rule } from '../../api/admissionregistration.k8s.io/v1/rules.ts';
import type { MatchCondition } from '../../api/admissionregistration.k8s.io/v1/match-conditions.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { WebhookClientConfig } from '../../registry/webhooks.ts';
import { compileMatcher, type Matcher } from '../dynamic/match.ts';

/** A webhook of a configuration, ready to be asked. */
export type Hook = {
  readonly name: string;
  /** Of the configuration. */
  readonly configuration: string;
  readonly clientConfig: WebhookClientConfig;
  readonly matcher: Matcher;
  readonly matchConditions: readonly MatchCondition[];
  readonly ignoresFailure: boolean;
  /** None, NoneOnDryRun, Some, Unknown; undefined only in objects that were never defaulted. */
  readonly sideEffects: string | undefined;
  readonly timeoutMs: number;
  /** The first version of AdmissionReview that both sides know. */
  readonly reviewVersion: 'v1' | 'v1beta1' | undefined;
  readonly reinvokes: boolean;
};

type StoredHook = {
  readonly name?: string;
  readonly clientConfig?: WebhookClientConfig;
  readonly rules?: readonly Rule[];
  readonly failurePolicy?: string;
  readonly matchPolicy?: string;
  readonly namespaceSelector?: object;
  readonly objectSelector?: object;
  readonly sideEffects?: string;
  readonly timeoutSeconds?: number;
  readonly admissionReviewVersions?: readonly string[];
  readonly reinvocationPolicy?: string;
  readonly matchConditions?: readonly MatchCondition[];
};

const defaultTimeoutSeconds = 10;

/** The webhooks of a Mutating- or ValidatingWebhookConfiguration. */
export function hooksOf(configuration: KubeObject): readonly Hook[] {
  const { webhooks = [] } = configuration as KubeObject & { readonly webhooks?: readonly StoredHook[] };
  return webhooks.map((hook) => ({
    name: hook.name ?? '',
    configuration: configuration.metadata.name ?? '',
    clientConfig: hook.clientConfig ?? {},
    matcher: compileMatcher(hook),
    matchConditions: hook.matchConditions ?? [],
    ignoresFailure: hook.failurePolicy === 'Ignore',
    sideEffects: hook.sideEffects,
    timeoutMs: (hook.timeoutSeconds ?? defaultTimeoutSeconds) * 1000,
    reviewVersion: (hook.admissionReviewVersions ?? []).find((each) => each === 'v1' || each === 'v1beta1'),
    reinvokes: hook.reinvocationPolicy === 'IfNeeded',
  }));
}
