import { randomUUID } from 'node:crypto';
import { fieldError, forbidden, invalid } from '../../apimachinery/errors.ts';
import { type Json, type JsonObject, stringify } from '../../apimachinery/json.ts';
import { formatTime, type KubeObject } from '../../apimachinery/object.ts';
import { type ClusterName, parseClusterName, parseClusterPath } from '../../logicalcluster/name.ts';
import type { WriteItem } from '../../storage/object-store.ts';
import { storedText } from '../../storage/serialized-object.ts';
import type { ResourceHooks } from '../generic/hooks.ts';
import { structField, textField } from '../generic/object-fields.ts';
import type { RequestContext, UserInfo } from '../registry.ts';
import { newClusterName } from './cluster-names.ts';
import { pathOf } from './resolve.ts';
import { shardHash } from './shard-hash.ts';
import { resolveWorkspaceType, type WorkspaceTypeOptions } from './workspace-types.ts';

const resource = { group: 'tenancy.kcp.io', resource: 'workspaces' };
const kind = { group: 'tenancy.kcp.io', kind: 'Workspace' };
const ownerAnnotation = 'experimental.tenancy.kcp.io/owner';
const systemMasters = 'system:masters';
/** Who would be `system:serviceaccount:…` in the new cluster is somebody else there. */
const serviceAccountPrefix = 'system:serviceaccount:';

/** What holds a Workspace until its logical cluster is gone; removing both is one commit, so it never makes a deletion wait. */
export const logicalClusterFinalizer = 'core.kcp.io/logicalcluster';

export type WorkspaceOptions = {
  readonly store: WorkspaceTypeOptions['store'];
  /** Says who may use which type; absent: only the built-in ones are there. */
  readonly authorizer?: WorkspaceTypeOptions['authorizer'];
  /** Base URL of spec.URL. */
  readonly externalUrl: string;
  readonly now?: () => Date;
};

/**
 * A Workspace and its logical cluster come and go in one commit. The reply to the create already says Ready; a creator who is not system:masters gets
 * cluster-admin inside. Deleting marks the whole subtree, which requests see at once.
 */
export function workspaceHooks(options: WorkspaceOptions): ResourceHooks {
  return {
    fulfilledFinalizers: [logicalClusterFinalizer],
    beforeCreate: (ctx, object) => createTogether(options, ctx, object),
    beforeRemove(current) {
      const cluster = parseClusterName(textField(structField(current.object, 'spec'), 'cluster'));
      return cluster === undefined ? [] : [{ op: 'deleteCluster', cluster }];
    },
  };
}

async function createTogether(
  options: WorkspaceOptions,
  ctx: RequestContext,
  workspace: KubeObject,
): Promise<readonly WriteItem[]> {
  const name = workspace.metadata.name ?? '';
  const spec = structField(workspace, 'spec') ?? {};
  refuseServerFields(name, spec);
  const path = `${await pathOf(options.store, ctx.cluster)}:${name}`;
  const cluster = newClusterName();
  const now = formatTime((options.now ?? (() => new Date()))());
  const wanted = spec['type'] as { name?: string; path?: string } | undefined;
  const type = await resolveWorkspaceType(
    options,
    ctx,
    name,
    wanted && { name: wanted.name ?? '', path: wanted.path ?? '' },
  );
  workspace['spec'] = { ...spec, type, cluster, URL: `${options.externalUrl}/clusters/${path}` };
  workspace['status'] = readyStatus(now);
  describe(workspace, ctx, cluster);
  if (parseClusterPath(name) !== undefined && parseClusterPath(path) === undefined)
    throw forbidden(resource, name, `the path ${path.slice(0, 128)} would be too long or too deep`);
  const created: WriteItem = {
    op: 'createCluster',
    cluster: {
      name: cluster,
      shard: ctx.cluster.shard,
      parent: ctx.cluster.name,
      workspace: name,
      uid: randomUUID(),
      createdAt: now,
    },
  };
  const admin = ownersBinding(ctx.user, cluster, now);
  return admin === undefined ? [created] : [created, admin];
}

/** What only the server decides, and what another kind of workspace would need. */
function refuseServerFields(name: string, spec: JsonObject): void {
  for (const field of ['cluster', 'URL'])
    if (textField(spec, field) !== '')
      throw forbidden(resource, name, `spec.${field} can only be set by system privileged users`);
  if (spec['mount'] !== undefined)
    throw invalid(kind, name, [fieldError.forbidden('spec.mount', 'workspace mounts are not enabled')]);
}

function readyStatus(now: string): JsonObject {
  const condition = (type: string): JsonObject => ({ type, status: 'True', lastTransitionTime: now });
  return { phase: 'Ready', conditions: [condition('WorkspaceInitialized'), condition('WorkspaceScheduled')] };
}

function describe(workspace: KubeObject, ctx: RequestContext, cluster: ClusterName): void {
  const { metadata } = workspace;
  const annotations: Record<string, string> = { ...metadata.annotations };
  if (!ctx.user.groups.includes(systemMasters) || annotations[ownerAnnotation] === undefined)
    annotations[ownerAnnotation] = ownerText(ctx.user);
  annotations['internal.tenancy.kcp.io/cluster'] = cluster;
  annotations['internal.tenancy.kcp.io/shard'] = shardHash(ctx.cluster.shard);
  annotations['core.kcp.io/shard'] = ctx.cluster.shard;
  metadata.annotations = annotations;
  metadata.labels = { ...metadata.labels, 'tenancy.kcp.io/phase': 'Ready' };
  metadata.finalizers = [...new Set([...(metadata.finalizers ?? []), logicalClusterFinalizer])];
}

/** The creator as authentication.k8s.io UserInfo. */
function ownerText({ name, uid, groups, extra }: UserInfo): string {
  return stringify({
    username: name,
    ...(uid === '' ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups: [...groups] }),
    ...(Object.keys(extra).length === 0 ? {} : { extra: extra as unknown as Json }),
  });
}

function ownersBinding(user: UserInfo, cluster: ClusterName, now: string): WriteItem | undefined {
  if (user.groups.includes(systemMasters) || user.name.startsWith(serviceAccountPrefix)) return undefined;
  const name = 'workspace-admin';
  const rbac = 'rbac.authorization.k8s.io';
  const text = storedText({
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name, uid: randomUUID(), creationTimestamp: now },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: rbac, kind: 'User', name: user.name }],
  });
  return { op: 'create', key: { cluster, resource: `clusterrolebindings.${rbac}`, namespace: '', name }, text };
}
