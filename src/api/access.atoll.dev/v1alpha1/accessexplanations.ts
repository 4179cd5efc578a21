import { defineResource } from '../../define-resource.ts';
import { type } from '../../own-types.ts';
import { accessGroup, accessVersion } from './group.ts';

export const accessExplanationsResource = `accessexplanations.${accessGroup}`;

const rule = type.builtin('io.k8s.api.rbac.v1.PolicyRule');

/** Posted like a SubjectAccessReview (or about the caller, without user and groups); the answer says who decided, by what, or what is missing. */
export const accessExplanations = defineResource({
  group: accessGroup,
  version: accessVersion,
  kind: 'AccessExplanation',
  resource: 'accessexplanations',
  scope: 'Cluster',
  verbs: ['create'],
  fields: {
    spec: { schema: type.builtin('io.k8s.api.authorization.v1.SubjectAccessReviewSpec'), required: true },
    status: type.struct({
      allowed: type.boolean,
      authorizer: type.string,
      reason: type.string,
      binding: type.string,
      rule,
      missing: rule,
      near: type.list(type.struct({ binding: type.string, problem: type.string })),
      roles: type.list(type.string),
    }),
  },
  table: { columns: [], cells: () => [] },
  strategy: { generation: 'none' },
});
