import { mastersGroup } from '../registry/identities.ts';
import type { Attributes, Decision } from './authorizer.ts';

/** Paths that tell nothing about any tenant and that probes and clients read before they have signed in; single checks too. No dot segments. */
const publicPath = /^\/(version\/?|(healthz|livez|readyz)(\/[\w-]+)*\/?)$/;

const allowed: Decision = { outcome: 'allow', reason: '' };

/**
 * The decision for requests that need no policy to be read: system:masters may do everything, health and version are for everybody. Undefined for all
 * others.
 */
export function decideWithoutPolicy(attributes: Attributes): Decision | undefined {
  if (attributes.user.groups.includes(mastersGroup)) return allowed;
  if (attributes.resource === '' && publicPath.test(attributes.path)) return allowed;
  return undefined;
}
