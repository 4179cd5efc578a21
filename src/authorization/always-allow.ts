import { mastersGroup } from '../registry/identities.ts';
import type { Authorizer, Decision } from './authorizer.ts';

/** Paths that tell nothing about any tenant and that probes and clients read before they have signed in. */
const publicPaths = new Set(['/healthz', '/livez', '/readyz', '/version', '/version/']);

const masters: Decision = { outcome: 'allow', reason: '' };
const publicPath: Decision = { outcome: 'allow', reason: '' };
const noOpinion: Decision = { outcome: 'noOpinion', reason: '' };

/** The decision for requests that need no policy to be read; undefined for all others. */
export function decideWithoutPolicy(attributes: Parameters<Authorizer['authorize']>[0]): Decision | undefined {
  if (attributes.user.groups.includes(mastersGroup)) return masters;
  if (attributes.resource === '' && publicPaths.has(attributes.path)) return publicPath;
  return undefined;
}

/** system:masters may do everything; health and version are for everybody. */
export const alwaysAllowAuthorizer: Authorizer = {
  authorize: (attributes) => Promise.resolve(decideWithoutPolicy(attributes) ?? noOpinion),
};
