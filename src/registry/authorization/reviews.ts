import { badRequest } from '../../apimachinery/errors.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { ClusterRecord } from '../../storage/object-store.ts';
import type { RestStorage, RestStorageFactory } from '../generic/engine.ts';
import { recordManager } from '../generic/field-managers.ts';
import { structField, textField } from '../generic/object-fields.ts';
import { renderObject } from '../generic/rendered.ts';
import { unreadSelectors } from './review-selectors.ts';
import { checkReview } from './validate-review.ts';
import type { RequestContext, Target, UserInfo, WriteOptions } from '../registry.ts';

/** What may be asked: as authorization's attributes. */
export type ReviewAttributes = {
  readonly user: UserInfo;
  readonly cluster: ClusterRecord;
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
};

/** The questions that reviews pass on; the server's authorizer answers them (authorization/chain.ts). */
export interface ReviewAuthorizer {
  authorize(
    attributes: ReviewAttributes,
  ): Promise<{ readonly outcome: 'allow' | 'deny' | 'noOpinion'; readonly reason: string }>;
  rulesFor(
    user: UserInfo,
    cluster: ClusterRecord['name'],
    namespace: string,
  ): Promise<{
    readonly resourceRules: readonly object[];
    readonly nonResourceRules: readonly object[];
    readonly incomplete: boolean;
    readonly evaluationError: string | undefined;
  }>;
}

/** The review APIs of authorization.k8s.io, by storage resource. They store nothing: the answer is the request with its status. */
export function authorizationReviews(authorizer: ReviewAuthorizer): Readonly<Record<string, RestStorageFactory>> {
  const review =
    (subject: Subject): RestStorageFactory =>
    () =>
      accessReview(authorizer, subject);
  return {
    'selfsubjectaccessreviews.authorization.k8s.io': review((ctx) => ctx.user),
    'subjectaccessreviews.authorization.k8s.io': review((_ctx, spec) => namedUser(spec)),
    'localsubjectaccessreviews.authorization.k8s.io': review((_ctx, spec) => namedUser(spec)),
    'selfsubjectrulesreviews.authorization.k8s.io': () => rulesReview(authorizer),
  };
}

/** Whose access a review asks for. */
type Subject = (ctx: RequestContext, spec: JsonObject) => UserInfo;

function accessReview(authorizer: ReviewAuthorizer, subject: Subject): RestStorage {
  return {
    async create(ctx, target, review, options) {
      const spec = structField(review, 'spec') ?? {};
      await noteManager(ctx, target, review, options);
      checkReview(target, review, spec);
      const user = subject(ctx, spec);
      const decision = await authorizer.authorize({ user, cluster: ctx.cluster, ...attributesOf(spec) });
      const status: JsonObject = { allowed: decision.outcome === 'allow' };
      if (decision.outcome === 'deny') status['denied'] = true;
      if (decision.reason !== '') status['reason'] = decision.reason;
      const ignored = unreadSelectors(spec);
      if (ignored !== '') status['evaluationError'] = ignored;
      return renderObject(answer(review, target, status));
    },
  };
}

/** Reviews are not stored, and yet say who sent which of their fields. */
export function noteManager(
  ctx: RequestContext,
  target: Target,
  review: KubeObject,
  options: WriteOptions,
): void | Promise<void> {
  return recordManager(ctx, target, undefined, review, options.fieldManager ?? ctx.defaultFieldManager, new Date());
}

function rulesReview(authorizer: ReviewAuthorizer): RestStorage {
  return {
    async create(ctx, target, review) {
      const namespace = textField(structField(review, 'spec'), 'namespace');
      if (namespace === '') throw badRequest('no namespace on request');
      const rules = await authorizer.rulesFor(ctx.user, ctx.cluster.name, namespace);
      return renderObject(
        answer(review, target, {
          resourceRules: rules.resourceRules as Json[],
          nonResourceRules: rules.nonResourceRules as Json[],
          incomplete: rules.incomplete,
          ...(rules.evaluationError === undefined ? {} : { evaluationError: rules.evaluationError }),
        }),
      );
    },
  };
}

/** The answer to a review: what was asked, and the status. */
export function answer(review: KubeObject, target: Target, status: JsonObject): KubeObject {
  const { kind, group } = target.definition;
  return {
    kind,
    apiVersion: `${group}/${target.version.version}`,
    metadata: {
      ...(review.metadata.namespace === undefined ? {} : { namespace: target.namespace }),
      creationTimestamp: null,
      ...(review.metadata.managedFields === undefined ? {} : { managedFields: review.metadata.managedFields }),
    },
    spec: structField(review, 'spec') ?? {},
    status,
  };
}

/** The user that a spec describes. */
export function namedUser(spec: JsonObject): UserInfo {
  const extra: Record<string, readonly string[]> = {};
  if (isObject(spec['extra']))
    for (const [key, values] of Object.entries(spec['extra'])) extra[key.toLowerCase()] = texts(values);
  return { name: textField(spec, 'user'), uid: textField(spec, 'uid'), groups: texts(spec['groups']), extra };
}

function texts(values: Json | undefined): string[] {
  return Array.isArray(values) ? values.filter((each) => typeof each === 'string') : [];
}

/** What a spec asks about. */
export function attributesOf(spec: JsonObject): Omit<ReviewAttributes, 'user' | 'cluster'> {
  const resource = isObject(spec['resourceAttributes']) ? spec['resourceAttributes'] : undefined;
  const other = isObject(spec['nonResourceAttributes']) ? spec['nonResourceAttributes'] : undefined;
  return {
    verb: textField(resource ?? other, 'verb'),
    group: textField(resource, 'group'),
    version: textField(resource, 'version'),
    resource: textField(resource, 'resource'),
    subresource: textField(resource, 'subresource'),
    namespace: textField(resource, 'namespace'),
    name: textField(resource, 'name'),
    path: textField(other, 'path'),
  };
}
