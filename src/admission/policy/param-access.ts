import { type ApiError, fieldError, invalid } from '../../apimachinery/errors.ts';
import { deepEqual, type Json } from '../../apimachinery/json.ts';
import { type KubeObject, parseApiVersion } from '../../apimachinery/object.ts';
import type { ReviewAuthorizer } from '../../registry/authorization/reviews.ts';
import { factsOf } from '../../registry/generic/resource-facts.ts';
import type { CatalogSource, UserInfo } from '../../registry/registry.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { ConfigurationError, paramResource } from './params.ts';
import { configuresAdmission } from '../dynamic/request.ts';

type Options = {
  readonly store: Pick<ObjectStore, 'get' | 'getAny' | 'list'>;
  readonly catalogs: CatalogSource;
  readonly authorizer: Pick<ReviewAuthorizer, 'authorize'>;
};

type ParamKind = { readonly apiVersion?: string; readonly kind?: string };
type ParamRef = { readonly name?: string; readonly namespace?: string; readonly selector?: object };
type Configuration = KubeObject & {
  readonly spec?: { readonly paramKind?: ParamKind; readonly paramRef?: ParamRef; readonly policyName?: string };
};

/** Who writes a policy reads the parameters by it: they must be allowed to (upstream's strategies of policies and bindings). */
export function paramAccess(options: Options): AdmissionPlugin {
  return {
    name: 'PolicyParamAccess',
    handles: (operation, { definition, subresource }) =>
      (operation === 'CREATE' || operation === 'UPDATE') &&
      subresource === '' &&
      configuresAdmission(definition) &&
      definition.kind.includes('Policy'),
    validate(attributes) {
      const { groups, name } = attributes.ctx.user;
      if (groups.includes('system:masters') || name === 'system:apiserver') return undefined;
      const { spec = {} } = (attributes.object ?? {}) as Configuration;
      const old = (attributes.oldObject as Configuration | undefined)?.spec;
      if (spec.paramKind !== undefined && !deepEqual(spec.paramKind as Json, (old?.paramKind ?? null) as Json))
        return checkKind(options, attributes, spec.paramKind);
      const isSame =
        deepEqual((spec.paramRef ?? null) as Json, (old?.paramRef ?? null) as Json) &&
        spec.policyName === old?.policyName;
      if (spec.paramRef !== undefined && !isSame)
        return checkReference(options, attributes, spec.paramRef, spec.policyName ?? '');
      return undefined;
    },
  };
}

type Wanted = { group: string; version: string; resource: string };
const anything: Wanted = { group: '*', version: '*', resource: '*' };

async function checkKind(options: Options, attributes: AdmissionAttributes, paramKind: ParamKind): Promise<void> {
  const { apiVersion = '', kind = '' } = paramKind;
  const wanted = (await resolved(options, attributes, paramKind)).wanted;
  if (await allowed(options, attributes, { ...wanted, verb: 'get', namespace: '*', name: '*' })) return;
  const why = `must have "get" permission on all objects of the referenced paramKind (kind=${kind}, apiVersion=${apiVersion})`;
  throw refused(attributes, 'spec.paramKind', `user ${shownUser(attributes.ctx.user)} ${why}`);
}

async function checkReference(
  options: Options,
  attributes: AdmissionAttributes,
  { name = '', namespace = '' }: ParamRef,
  policyName: string,
): Promise<void> {
  const { ctx, target } = attributes;
  const policies = factsOf(target.definition).storage.replace('policybindings.', 'policies.');
  const key = { cluster: ctx.cluster.name, resource: policies, namespace: '', name: policyName };
  const policy = (await options.store.get(key))?.object as Configuration | undefined;
  const { wanted, isKnown } = await resolved(options, attributes, policy?.spec?.paramKind);
  const verb = name === '' ? 'list' : 'get';
  if (await allowed(options, attributes, { ...wanted, verb, namespace, name })) return;
  const user = shownUser(ctx.user);
  const rest = `to determine minimum required permissions and user ${user} does not have "${verb}" permission for all groups, versions and resources`;
  const { apiVersion = '', kind = '' } = policy?.spec?.paramKind ?? {};
  const why =
    policy === undefined
      ? `unable to get policy ${policyName} ${rest}`
      : isKnown
        ? `user ${user} does not have "${verb}" permission on the object referenced by paramRef`
        : `unable to resolve paramKind &ParamKind{APIVersion:${apiVersion},Kind:${kind},} ${rest}`;
  throw refused(attributes, 'spec.paramRef', why);
}

/** The resource of a kind; everything when that is not known. */
async function resolved(
  options: Options,
  { ctx }: AdmissionAttributes,
  paramKind: ParamKind | undefined,
): Promise<{ readonly wanted: Wanted; readonly isKnown: boolean }> {
  if (paramKind === undefined) return { wanted: anything, isKnown: true };
  const { apiVersion = '', kind = '' } = paramKind;
  const { group, version } = parseApiVersion(apiVersion);
  try {
    const { definition } = await paramResource(options, ctx, { apiVersion, kind });
    return { wanted: { group, version, resource: definition.resource }, isKnown: true };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { wanted: { group, version, resource: '*' }, isKnown: false };
  }
}

async function allowed(
  { authorizer }: Options,
  { ctx }: AdmissionAttributes,
  asked: Wanted & { readonly verb: string; readonly namespace: string; readonly name: string },
): Promise<boolean> {
  const { user, cluster } = ctx;
  const { outcome } = await authorizer.authorize({ user, cluster, ...asked, subresource: '', path: '' });
  return outcome === 'allow';
}

function refused({ target, name }: AdmissionAttributes, field: string, why: string): ApiError {
  return invalid(factsOf(target.definition).gk, name, [fieldError.forbidden(field, why)]);
}

/** A user as Go prints the struct. */
function shownUser({ name, uid, groups, extra }: UserInfo): string {
  const more = Object.keys(extra)
    .toSorted()
    .map((key) => `${key}:[${(extra[key] ?? []).join(' ')}]`);
  return `&{${name} ${uid} [${groups.join(' ')}] map[${more.join(' ')}]}`;
}
