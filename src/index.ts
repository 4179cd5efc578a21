/**
 * Atoll as a library: a Kubernetes-compliant API server with any subset of the built-in kinds, and kinds of one's own.
 *
 * ```ts
 * import { defineResource, loadConfig, startServer, structSchema, type } from 'atoll';
 *
 * const greetings = defineResource({
 *   group: 'example.com', version: 'v1', kind: 'Greeting', resource: 'greetings', scope: 'Namespaced',
 *   fields: { spec: type.struct({ text: type.string }) },
 * });
 * const server = await startServer(loadConfig({ flags: { processes: '1' }, env: process.env }), { definitions: [greetings] });
 * console.log(server.url);
 * ```
 */
export { defineResource, type DefineResourceOptions } from './api/define-resource.ts';
export { structSchema, type } from './api/own-types.ts';
export type {
  ResourceDefinition,
  ScaleSubresource,
  StatusSubresource,
  Strategy,
  StrategyContext,
  TableColumn,
  TableConvertor,
  Verb,
  VersionDefinition,
} from './api/resource-definition.ts';
export { allVerbs } from './api/resource-definition.ts';
export { builtinDefinitions } from './api/builtin.ts';
export * from './apimachinery/errors.ts';
export type { KubeObject, ObjectMeta, OwnerReference } from './apimachinery/object.ts';
export type { AdmissionPlugin } from './admission/admission.ts';
export type { Authenticator, Credentials } from './authentication/authenticator.ts';
export type { Attributes, Authorizer, Decision } from './authorization/authorizer.ts';
export type { Config } from './config/config.ts';
export { ConfigError, loadConfig } from './config/load.ts';
export { type Extensions, serve, type Serving, type StartedServer, startServer } from './main.ts';
export { prepare, type Prepared, StartError } from './server/prepare.ts';
export { createMemoryStore } from './storage/memory/store.ts';
export { openPostgresStore } from './storage/postgres/store.ts';
export type { ObjectStore } from './storage/object-store.ts';
export { version } from './version.ts';
