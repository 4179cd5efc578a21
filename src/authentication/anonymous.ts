import type { Authenticator } from './authenticator.ts';
import { anonymousUser } from '../registry/identities.ts';

/** Whoever shows nothing is system:anonymous. Last in the union. */
export const anonymousAuthenticator: Authenticator = {
  authenticate: () => Promise.resolve(anonymousUser),
};
