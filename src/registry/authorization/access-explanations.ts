import { accessExplanationsResource } from '../../api/access.atoll.dev/v1alpha1/accessexplanations.ts';
import type { PolicyRule } from '../../api/rbac.authorization.k8s.io/v1/rules.ts';
import type { RestStorageFactory } from '../generic/engine.ts';
import { structField } from '../generic/object-fields.ts';
import { renderObject } from '../generic/rendered.ts';
import { answer, attributesOf, namedUser, noteManager, type ReviewAttributes } from './reviews.ts';
import { checkAccessSpec } from './validate-review.ts';

/** Why somebody may do something or may not. */
export type Explanation = {
  readonly allowed: boolean;
  /** Which authorizer decided: `system:masters`, `public path`, `workspace access`, `webhook` or `RBAC`. */
  readonly authorizer: string;
  readonly reason: string;
  /** What allowed it. */
  readonly binding?: string;
  readonly rule?: PolicyRule;
  /** The smallest rule that would allow it. */
  readonly missing?: PolicyRule;
  /** Bindings of the user that would allow it but for one thing. */
  readonly near?: { readonly binding: string; readonly problem: string }[];
  /** Roles with a rule that allows it, for a binding to refer to. */
  readonly roles?: string[];
};

/** Explains decisions; the server's authorizer does (authorization/chain.ts). */
export interface AccessExplainer {
  explain(attributes: ReviewAttributes): Promise<Explanation>;
}

/**
 * The storage of accessexplanations: why the named user (or, when none is named, the caller) may or may not; nothing where nobody explains. Throws 422 unless
 * exactly one thing is asked.
 */
export function accessExplanations(explainer: Partial<AccessExplainer>): Readonly<Record<string, RestStorageFactory>> {
  const explain = explainer.explain?.bind(explainer);
  if (explain === undefined) return {};
  const storage: RestStorageFactory = () => ({
    async create(ctx, target, review, options) {
      await noteManager(ctx, target, review, options);
      const spec = structField(review, 'spec') ?? {};
      checkAccessSpec(target, spec, true);
      const named = namedUser(spec);
      const user = named.name === '' && named.groups.length === 0 ? ctx.user : named;
      const explanation = await explain({ user, cluster: ctx.cluster, ...attributesOf(spec) });
      return renderObject(answer(review, target, { ...explanation }));
    },
  });
  return { [accessExplanationsResource]: storage };
}
