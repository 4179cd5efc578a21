import { ApiError, forbidden } from '../../apimachinery/errors.ts';
import { type Attributes, type Authorizer, workspaceAccessNotPermitted } from '../../authorization/authorizer.ts';
import type { UserInfo } from '../../registry/registry.ts';
import type { Exchange } from '../exchange.ts';

/** Paths that the server itself serves to anybody. */
const publicPath = /^\/(version\/?|(healthz|livez|readyz)(\/.*)?)$/;

/** Throws 403 unless the authorizer allows the request. */
export async function authorize(x: Exchange, authorizer: Authorizer): Promise<void> {
  const attributes = attributesOf(x);
  if (x.info.clusterText !== '' && publicPath.test(attributes.path)) return requireAccess(x, attributes, authorizer);
  const decision = await authorizer.authorize(attributes);
  x.annotate('authorization.k8s.io/decision', decision.outcome === 'allow' ? 'allow' : 'forbid');
  x.annotate('authorization.k8s.io/reason', decision.reason);
  if (decision.outcome === 'allow') return;
  if (decision.reason === workspaceAccessNotPermitted)
    throw accessNotPermitted(x.user, x.info.fullPath, x.request.method);
  throw denied(attributes, decision.reason);
}

/** Inside a logical cluster even a public path would tell that it exists: whoever may not enter hears the same as where there is none. */
async function requireAccess(x: Exchange, attributes: Attributes, authorizer: Authorizer): Promise<void> {
  const decision = await authorizer.authorize({ ...attributes, verb: 'access', path: '/' });
  if (decision.outcome === 'deny') throw accessNotPermitted(x.user, x.info.fullPath, x.request.method);
}

function attributesOf(x: Exchange): Attributes {
  const { info } = x;
  return {
    user: x.user,
    cluster: x.cluster,
    verb: info.verb,
    group: info.group,
    version: info.version,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    path: info.isResourceRequest ? '' : info.path,
  };
}

/** The 403 for an action, as the stock server words it. */
export function denied(attributes: Attributes, reason: string): ApiError {
  const { user, verb, group, namespace, name, path } = attributes;
  const why = reason === '' ? '' : `: ${reason}`;
  const who = `User "${user.name}" cannot ${verb}`;
  if (path !== '') return forbidden({ group: '', resource: '' }, '', `${who} path "${path}"${why}`);
  const resource =
    attributes.subresource === '' ? attributes.resource : `${attributes.resource}/${attributes.subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return forbidden(
    { group, resource: attributes.resource },
    name,
    `${who} resource "${resource}" in API group "${group}" ${where}${why}`,
  );
}

/** kcp's answer for a logical cluster that does not exist or that the caller may not enter: nobody can tell which. */
export function accessNotPermitted(user: UserInfo, path: string, method: string | undefined): ApiError {
  const verb = (method ?? 'GET').toLowerCase();
  return new ApiError(
    403,
    'Forbidden',
    `forbidden: User "${user.name}" cannot ${verb} path "${path}": ${workspaceAccessNotPermitted}`,
    { details: {} },
  );
}
