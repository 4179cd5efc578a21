import { timingSafeEqual } from 'node:crypto';
import type { ClusterName } from '../logicalcluster/name.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { TokenAuthenticator } from './bearer-token.ts';

const tokenPattern = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const secretType = 'bootstrap.kubernetes.io/token';
const namespace = 'kube-system';
const defaultGroup = 'system:bootstrappers';
/** Groups that a token may give beside the default one. */
const groupPattern = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

export type BootstrapTokenOptions = {
  readonly store: Pick<ObjectStore, 'get'>;
  readonly now?: () => number;
  /** Told why a token that has the form of one is none. */
  readonly onFailure?: (error: Error) => void;
};

/**
 * Bootstrap tokens, `<id>.<secret>`: those of a Secret `bootstrap-token-<id>` in the namespace kube-system of the logical cluster that is asked, as
 * k8s.io/kubernetes/plugin/pkg/auth/authenticator/token/bootstrap reads it. The Secret is read on each use: a token ends with it.
 */
export function createBootstrapTokenAuthenticator(options: BootstrapTokenOptions): TokenAuthenticator {
  const now = options.now ?? Date.now;
  return {
    async authenticateToken(token, cluster) {
      const match = tokenPattern.exec(token);
      if (match === null) return undefined;
      const [, id = '', secret = ''] = match;
      const found = await read(options.store, cluster, `bootstrap-token-${id}`);
      const refused = found === undefined ? 'there is no such Secret' : refusal(found, id, secret, now());
      if (refused === undefined && found !== undefined) return userOf(found, id, options.onFailure);
      options.onFailure?.(new Error(`bootstrap token ${id}: ${refused}`));
      return undefined;
    },
  };
}

type BootstrapSecret = {
  readonly type: string;
  readonly isDeleted: boolean;
  readonly field: (name: string) => string;
};

async function read(
  store: BootstrapTokenOptions['store'],
  cluster: ClusterName,
  name: string,
): Promise<BootstrapSecret | undefined> {
  const object = (await store.get({ cluster, resource: 'secrets', namespace, name }))?.object;
  if (object === undefined) return undefined;
  const { type, data, metadata } = object as typeof object & { type?: string; data?: Record<string, string> | null };
  const fields = new Map(Object.entries(data ?? {}));
  return {
    type: type ?? '',
    isDeleted: metadata.deletionTimestamp !== undefined,
    field: (field) => Buffer.from(fields.get(field) ?? '', 'base64').toString('utf8'),
  };
}

/** Why the Secret does not vouch for the token; undefined: it does. */
function refusal(found: BootstrapSecret, id: string, secret: string, now: number): string | undefined {
  if (found.isDeleted) return 'the Secret is being deleted';
  if (found.type !== secretType) return `the Secret is not of type ${secretType}`;
  if (!isEqual(found.field('token-secret'), secret)) return 'the secret is another';
  if (found.field('token-id') !== id) return 'the Secret is of another id';
  const expiration = found.field('expiration');
  if (expiration !== '') {
    const time = Date.parse(expiration);
    if (Number.isNaN(time)) return 'its expiration is no time';
    if (time <= now) return 'it has expired';
  }
  if (found.field('usage-bootstrap-authentication') !== 'true') return 'it is not for authentication';
  return undefined;
}

function isEqual(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function userOf(
  found: BootstrapSecret,
  id: string,
  onFailure: BootstrapTokenOptions['onFailure'],
): UserInfo | undefined {
  const groups = new Set([defaultGroup]);
  for (const group of found.field('auth-extra-groups').split(',')) {
    const name = group.trim();
    if (name === '') continue;
    if (!groupPattern.test(name)) {
      onFailure?.(new Error(`bootstrap token ${id}: a group that it may not give`));
      return undefined;
    }
    groups.add(name);
  }
  return { name: `system:bootstrap:${id}`, uid: '', groups: [...groups].toSorted(), extra: {} };
}
