import { badRequest, conflict, type FieldError, fieldError, invalid, notFound } from '../../../apimachinery/errors.ts';
import { builtinSchema } from '../../../api/builtin-types.ts';
import { isObject, type Json, type JsonObject } from '../../../apimachinery/json.ts';
import { trackUpdate } from '../../../apimachinery/managedfields/index.ts';
import { formatTime, type KubeObject, parseApiVersion } from '../../../apimachinery/object.ts';
import type { ClusterName } from '../../../logicalcluster/name.ts';
import type { CachedObject } from '../../../storage/object-store.ts';
import type { Engine, RestStorageFactory } from '../../generic/engine.ts';
import { structField, textField } from '../../generic/object-fields.ts';
import { renderObject } from '../../generic/rendered.ts';
import type { RequestContext, Target } from '../../registry.ts';

type ObjectIdentity = { readonly name: string; readonly uid: string };
type BoundKind = 'Pod' | 'Secret' | 'Node';

/** Signs tokens; the server's is authentication/service-account/issuer.ts. */
export interface TokenIssuer {
  issue(grant: {
    readonly cluster: ClusterName;
    readonly namespace: string;
    readonly serviceAccount: ObjectIdentity;
    /** Empty: the API of the cluster itself. */
    readonly audiences: readonly string[];
    readonly expirationSeconds: number;
    readonly boundTo?: ObjectIdentity & { readonly kind: BoundKind };
  }): Promise<{ readonly token: string; readonly expiration: Date; readonly audiences: readonly string[] }>;
}

const serviceAccounts = { group: '', resource: 'serviceaccounts' };
const tokenRequest = { group: 'authentication.k8s.io', kind: 'TokenRequest' };
const tokenRequestVersion = `${tokenRequest.group}/v1`;
const schema = builtinSchema('io.k8s.api.authentication.v1.TokenRequest');
const defaultSeconds = 3600;
const minSeconds = 600;
const maxSeconds = 2 ** 32;
const bindable: Readonly<Record<BoundKind, { resource: string; namespaced: boolean }>> = {
  Pod: { resource: 'pods', namespaced: true },
  Secret: { resource: 'secrets', namespaced: true },
  Node: { resource: 'nodes', namespaced: false },
};

/**
 * POST serviceaccounts/NAME/token (TokenRequest): a signed token for an account that exists, perhaps bound to an object that exists (upstream
 * registry/core/serviceaccount/storage/token.go).
 */
export function serviceAccountTokenStorage(issuer: TokenIssuer): RestStorageFactory {
  return (engine) => ({
    async create(ctx, target, request, options) {
      const manager = options.fieldManager ?? ctx.defaultFieldManager;
      const managedFields = owned(request, manager, engine.now());
      claimName(target, request);
      const account = await find(engine, ctx, 'serviceaccounts', target.namespace, target.name);
      if (account === undefined) throw notFound(serviceAccounts, target.name);
      const spec = structField(request, 'spec') ?? {};
      const seconds = checkSpec(spec);
      const boundTo = await resolveBinding(engine, ctx, target, spec['boundObjectRef']);
      const audiences = Array.isArray(spec['audiences'])
        ? spec['audiences'].filter((each) => typeof each === 'string')
        : [];
      const serviceAccount = { name: target.name, uid: account.object.metadata.uid ?? '' };
      const { cluster } = ctx;
      const grant = { cluster: cluster.name, namespace: target.namespace, serviceAccount, audiences };
      const issued = options.dryRun
        ? { token: '', expiration: engine.now(), audiences }
        : await issuer.issue({
            ...grant,
            expirationSeconds: seconds,
            ...(boundTo === undefined ? {} : { boundTo }),
          });
      return renderObject({
        kind: tokenRequest.kind,
        apiVersion: tokenRequestVersion,
        metadata: {
          name: target.name,
          namespace: target.namespace,
          creationTimestamp: formatTime(engine.now()),
          ...(managedFields === undefined ? {} : { managedFields }),
        },
        spec: {
          audiences: [...issued.audiences],
          expirationSeconds: seconds,
          boundObjectRef: (spec['boundObjectRef'] as Json | undefined) ?? null,
        },
        status: { token: issued.token, expirationTimestamp: formatTime(issued.expiration) },
      });
    },
  });
}

/** Who has asked for what; the lifetime is always asked for, since it has a default. */
function owned(request: KubeObject, manager: string, now: Date): KubeObject['metadata']['managedFields'] {
  const spec = { expirationSeconds: defaultSeconds, ...structField(request, 'spec') };
  const updated = { ...request, spec } as KubeObject;
  return trackUpdate({
    schema,
    apiVersion: tokenRequestVersion,
    manager,
    subresource: 'token',
    now,
    live: undefined,
    updated,
  });
}

/** @throws 422 when the body names another account than the URL. */
function claimName(target: Target, { metadata }: KubeObject): void {
  const errors: FieldError[] = [];
  const match = (field: 'name' | 'namespace', wanted: string): void => {
    const given = metadata[field] ?? '';
    if (given !== '' && given !== wanted)
      errors.push(
        fieldError.invalid(`metadata.${field}`, given, `must match the service account ${field} if specified`),
      );
  };
  match('name', target.name);
  match('namespace', target.namespace);
  if (errors.length > 0) throw invalid(tokenRequest, target.name, errors);
}

/** The wished-for lifetime. Throws 422 when it is not allowed. */
function checkSpec(spec: JsonObject): number {
  const wanted = spec['expirationSeconds'];
  const seconds = typeof wanted === 'number' || typeof wanted === 'bigint' ? Number(wanted) : defaultSeconds;
  const errors: FieldError[] = [];
  const path = 'spec.expirationSeconds';
  if (seconds < minSeconds)
    errors.push(fieldError.invalid(path, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > maxSeconds)
    errors.push(fieldError.invalid(path, seconds, 'may not specify a duration larger than 2^32 seconds'));
  if (errors.length > 0) throw invalid(tokenRequest, '', errors);
  return seconds;
}

async function resolveBinding(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  wanted: Json | undefined,
): Promise<(ObjectIdentity & { kind: BoundKind }) | undefined> {
  if (!isObject(wanted)) return undefined;
  const kind = textField(wanted, 'kind');
  const name = textField(wanted, 'name');
  const uid = textField(wanted, 'uid');
  if (textField(wanted, 'apiVersion') !== 'v1' || !isBindable(kind))
    throw badRequest(`cannot bind token to object of type ${typeText(textField(wanted, 'apiVersion'), kind)}`);
  const { resource, namespaced } = bindable[kind];
  const bound = await find(engine, ctx, resource, namespaced ? target.namespace : '', name);
  if (bound === undefined) throw notFound({ group: '', resource }, name);
  if (kind === 'Pod' && textField(structField(bound.object, 'spec'), 'serviceAccountName') !== target.name)
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(target.name)} to pod running with different serviceaccount name.`,
    );
  const actual = bound.object.metadata.uid ?? '';
  if (uid !== '' && uid !== actual)
    throw conflict(
      { group: '', resource: kind },
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  return { kind, name, uid: actual };
}

/** A GroupVersionKind as Go prints it. */
function typeText(apiVersion: string, kind: string): string {
  const { group, version } = parseApiVersion(apiVersion);
  return `${group}/${version}, Kind=${kind}`;
}

function isBindable(kind: string): kind is BoundKind {
  return Object.hasOwn(bindable, kind);
}

function find(
  engine: Engine,
  ctx: RequestContext,
  resource: string,
  namespace: string,
  name: string,
): Promise<CachedObject | undefined> {
  return engine.store.get({ cluster: ctx.cluster.name, resource, namespace, name });
}
