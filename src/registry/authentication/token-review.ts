import { ApiError, badRequest } from '../../apimachinery/errors.ts';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { ClusterName } from '../../logicalcluster/name.ts';
import type { RestStorageFactory } from '../generic/engine.ts';
import { noteManager } from '../authorization/reviews.ts';
import { structField, textField } from '../generic/object-fields.ts';
import { renderObject } from '../generic/rendered.ts';
import type { UserInfo } from '../registry.ts';

/** Who a bearer token belongs to; the server's authenticator answers (authentication/union.ts). Throws 401 for a token that is not valid. */
export interface TokenReviewer {
  authenticate(credentials: {
    readonly headers: { readonly authorization: string };
    readonly cluster: ClusterName;
  }): Promise<UserInfo | undefined>;
}

/**
 * POST tokenreviews: whose token is this, in this logical cluster. A token that is not valid is an answer, not an error. `audience` is what this server
 * calls itself; a review for other audiences only finds no valid token.
 */
export function tokenReviewStorage(
  reviewer: TokenReviewer,
  audience: (cluster: ClusterName) => string,
): RestStorageFactory {
  return () => ({
    async create(ctx, target, review, options) {
      await noteManager(ctx, target, review, options);
      const spec = structField(review, 'spec') ?? {};
      const token = textField(spec, 'token');
      if (token === '') throw badRequest('token is required for TokenReview in authentication');
      const own = audience(ctx.cluster.name);
      const wanted = spec['audiences'];
      const isMeant = !Array.isArray(wanted) || wanted.length === 0 || wanted.includes(own);
      const user = isMeant && !/\s/.test(token) ? await userOf(reviewer, token, ctx.cluster.name) : undefined;
      const status: JsonObject =
        user === undefined
          ? { user: {}, error: 'invalid bearer token' }
          : { authenticated: true, user: userInfo(user), audiences: [own] };
      return renderObject(answer(review, target.definition.group, target.version.version, spec, status));
    },
  });
}

async function userOf(reviewer: TokenReviewer, token: string, cluster: ClusterName): Promise<UserInfo | undefined> {
  try {
    return await reviewer.authenticate({ headers: { authorization: `Bearer ${token}` }, cluster });
  } catch (error) {
    if (error instanceof ApiError && error.code === 401) return undefined;
    throw error;
  }
}

function userInfo({ name, uid, groups, extra }: UserInfo): JsonObject {
  const entries = Object.entries(extra).map(([key, values]): [string, string[]] => [key, [...values]]);
  return {
    username: name,
    ...(uid === '' ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups: [...groups] }),
    ...(entries.length === 0 ? {} : { extra: Object.fromEntries(entries) }),
  };
}

function answer(review: KubeObject, group: string, version: string, spec: JsonObject, status: JsonObject): KubeObject {
  const { managedFields, ...metadata } = review.metadata;
  return {
    kind: review.kind,
    apiVersion: `${group}/${version}`,
    metadata: {
      ...metadata,
      creationTimestamp: null,
      ...(managedFields === undefined ? {} : { managedFields }),
    } as KubeObject['metadata'],
    spec,
    status,
  };
}
