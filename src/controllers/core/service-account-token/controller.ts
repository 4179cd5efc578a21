import { ApiError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { LoopbackClient } from '../../../client/client.ts';
import type { ClusterName } from '../../../logicalcluster/name.ts';
import type { CachedObject, ObjectStore } from '../../../storage/object-store.ts';
import { type Controller, visitEverywhere } from '../../framework/controller.ts';
import { formatObjectKey, parseObjectKey } from '../../framework/object-keys.ts';

const secrets = 'secrets';
const accounts = 'serviceaccounts';
const tokenType = 'kubernetes.io/service-account-token';
const nameAnnotation = 'kubernetes.io/service-account.name';
const uidAnnotation = 'kubernetes.io/service-account.uid';

type Secret = KubeObject & { type?: string; data?: Record<string, string> };

export type ServiceAccountTokenControllerOptions = {
  readonly store: Pick<ObjectStore, 'get' | 'list' | 'cluster' | 'listEverywhere'>;
  readonly client: Pick<LoopbackClient, 'update' | 'delete'>;
  readonly caCertificatePem: string;
  /** Makes the token that a Secret holds. */
  readonly issueToken: (grant: {
    readonly cluster: ClusterName;
    readonly namespace: string;
    readonly serviceAccount: { readonly name: string; readonly uid: string };
    readonly secretName: string;
  }) => Promise<string>;
};

/**
 * Fills Secrets of type kubernetes.io/service-account-token with a token, the CA and the namespace, and deletes those whose account is not there (upstream's
 * serviceaccount-token controller).
 */
export function createServiceAccountTokenController(options: ServiceAccountTokenControllerOptions): Controller {
  const { store, client } = options;
  return {
    name: 'serviceaccount-token',
    concurrency: 2,
    notice({ type, key, object }, enqueue) {
      if (key.resource === accounts) {
        if (type === 'DELETED') enqueue(formatObjectKey(key));
      } else if (key.resource === secrets && type !== 'DELETED' && isUnfilled(object)) enqueue(formatObjectKey(key));
    },
    async sweep(context) {
      await visitEverywhere(store, secrets, context, (object) => {
        if (isTokenSecret(object)) context.enqueue(formatObjectKey(object.key));
      });
    },
    async reconcile(text) {
      const key = parseObjectKey(text);
      if ((await store.cluster(key.cluster))?.state !== 'Active') return;
      const found =
        key.resource === secrets
          ? [await store.get(key)]
          : (await store.list({ ...key, resource: secrets, at: { mode: 'fresh' } })).items;
      for (const secret of found) {
        if (secret === undefined || !isTokenSecret(secret)) continue;
        if (key.resource === secrets || accountOf(secret) === key.name) await ignoreRaces(fill(options, secret));
      }
    },
  };

  async function fill(
    { issueToken, caCertificatePem }: ServiceAccountTokenControllerOptions,
    { key, object }: CachedObject,
  ): Promise<void> {
    const { cluster, namespace, name } = key;
    const { metadata, data } = object as Secret;
    const { uid } = metadata;
    if (metadata.deletionTimestamp !== undefined || uid === undefined) return;
    const account = await store.get({
      cluster,
      resource: accounts,
      namespace,
      name: metadata.annotations?.[nameAnnotation] ?? '',
    });
    const wantedUid = metadata.annotations?.[uidAnnotation] ?? '';
    const accountUid = account?.object.metadata.uid;
    if (account === undefined || accountUid === undefined || (wantedUid !== '' && wantedUid !== accountUid)) {
      await client.delete({ cluster, resource: secrets, namespace, name }, { preconditions: { uid } });
      return;
    }
    const encode = (text: string): string => Buffer.from(text).toString('base64');
    const identity = { name: account.key.name, uid: accountUid };
    const token =
      data?.['token'] || encode(await issueToken({ cluster, namespace, serviceAccount: identity, secretName: name }));
    const filled: Record<string, string> = {
      ...data,
      'ca.crt': encode(caCertificatePem),
      namespace: encode(namespace),
      token,
    };
    const isFilled = Object.entries(filled).every(([field, value]) => data?.[field] === value);
    if (isFilled && wantedUid === accountUid) return;
    await client.update({ cluster, resource: secrets, namespace, name }, {
      ...object,
      metadata: { ...metadata, annotations: { ...metadata.annotations, [uidAnnotation]: accountUid } },
      data: filled,
    } as KubeObject);
  }
}

function isTokenSecret({ object }: CachedObject): boolean {
  return (object as Secret).type === tokenType;
}

function accountOf({ object }: CachedObject): string {
  return object.metadata.annotations?.[nameAnnotation] ?? '';
}

function isUnfilled(secret: CachedObject): boolean {
  if (!isTokenSecret(secret)) return false;
  const { data = {}, metadata } = secret.object as Secret;
  return ['token', 'ca.crt', 'namespace'].some((field) => !data[field]) || !metadata.annotations?.[uidAnnotation];
}

/** Somebody else changed or deleted it: that rings again. */
async function ignoreRaces(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ApiError && [404, 409].includes(error.code))) throw error;
  }
}
