/** The part of the package that the test uses; it ships no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';
  type Account = { accountId: string; claims: () => Record<string, unknown> };
  export default class Provider {
    constructor(
      issuer: string,
      configuration: Record<string, unknown> & { findAccount: (ctx: unknown, id: string) => Account },
    );
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  }
}
