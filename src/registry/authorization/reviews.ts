import { type ApiError, badRequest, type FieldError, fieldError, invalid } from '../../apimachinery/errors.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { ClusterRecord } from '../../storage/object-store.ts';
import type { RestStorage, RestStorageFactory } from '../generic/engine.ts';
import { recordManager } from '../generic/field-managers.ts';
import { structField, textField } from '../generic/object-fields.ts';
import { renderObject } from '../generic/rendered.ts';
import type { RequestContext, Target, UserInfo, WriteOptions } from '../registry.ts';

/** The questions that reviews pass on; the server's authorizer answers them (authorization/chain.ts). */
export interface ReviewAuthorizer {
  authorize(attributes: {
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
  }): Promise<{ readonly outcome: 'allow' | 'deny' | 'noOpinion'; readonly reason: string }>;
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
    'localsubjectaccessreviews.authorization.k8s.io': review((_ctx, spec, target) => {
      checkLocal(spec, target);
      return namedUser(spec);
    }),
    'selfsubjectrulesreviews.authorization.k8s.io': () => rulesReview(authorizer),
  };
}

/** Whose access a review asks for. */
type Subject = (ctx: RequestContext, spec: JsonObject, target: Target) => UserInfo;

function accessReview(authorizer: ReviewAuthorizer, subject: Subject): RestStorage {
  return {
    async create(ctx, target, review, options) {
      const spec = structField(review, 'spec') ?? {};
      await noteManager(ctx, target, review, options);
      checkAccessSpec(target, spec);
      const user = subject(ctx, spec, target);
      const decision = await authorizer.authorize({ user, cluster: ctx.cluster, ...attributesOf(spec) });
      const status: JsonObject = { allowed: decision.outcome === 'allow' };
      if (decision.outcome === 'deny') status['denied'] = true;
      if (decision.reason !== '') status['reason'] = decision.reason;
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

function answer(review: KubeObject, target: Target, status: JsonObject): KubeObject {
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

/** @throws 422 unless exactly one question is asked (and, where it is not the caller's, about somebody). */
function checkAccessSpec(target: Target, spec: JsonObject): void {
  const errors: FieldError[] = [];
  const hasResource = isObject(spec['resourceAttributes']);
  const hasPath = isObject(spec['nonResourceAttributes']);
  if (hasResource && hasPath)
    errors.push(
      fieldError.invalid(
        'spec.nonResourceAttributes',
        spec['nonResourceAttributes'],
        'cannot be specified in combination with resourceAttributes',
      ),
    );
  if (!hasResource && !hasPath)
    errors.push(
      fieldError.invalid(
        'spec.resourceAttributes',
        spec['resourceAttributes'] ?? null,
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    );
  const groups = spec['groups'];
  if (
    !target.definition.resource.startsWith('self') &&
    textField(spec, 'user') === '' &&
    !(Array.isArray(groups) && groups.length > 0)
  )
    errors.push(
      fieldError.invalid('spec.user', textField(spec, 'user'), 'at least one of user or group must be specified'),
    );
  if (errors.length > 0) throw invalidReview(target, errors);
}

/** Upstream has lost the kind where it says what is wrong with a review. */
function invalidReview(target: Target, errors: readonly FieldError[]): ApiError {
  return invalid({ group: target.definition.group, kind: '' }, '', errors);
}

/** @throws 422 when a LocalSubjectAccessReview asks about another namespace than its own. */
function checkLocal(spec: JsonObject, target: Target): void {
  const resource = spec['resourceAttributes'];
  const namespace = isObject(resource) ? textField(resource, 'namespace') : '';
  if (namespace === target.namespace) return;
  const path = 'spec.resourceAttributes.namespace';
  throw invalidReview(target, [fieldError.invalid(path, namespace, 'must match metadata.namespace')]);
}

function namedUser(spec: JsonObject): UserInfo {
  const extra: Record<string, readonly string[]> = {};
  if (isObject(spec['extra']))
    for (const [key, values] of Object.entries(spec['extra'])) extra[key.toLowerCase()] = texts(values);
  return { name: textField(spec, 'user'), uid: textField(spec, 'uid'), groups: texts(spec['groups']), extra };
}

function texts(values: Json | undefined): string[] {
  return Array.isArray(values) ? values.filter((each) => typeof each === 'string') : [];
}

function attributesOf(spec: JsonObject): Omit<Parameters<ReviewAuthorizer['authorize']>[0], 'user' | 'cluster'> {
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
