import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { ApiClient } from '../api-client.ts';
import { kubeconfigLabel } from './issue-token.ts';

const certificates = '/apis/access.atoll.dev/v1alpha1/issuedcertificates';

/** A credential that is good in a logical cluster. */
export type Issued = {
  /** What `revoke` takes: the beginning of a certificate's fingerprint is enough. */
  readonly id: string;
  readonly kind: 'certificate' | 'token';
  readonly user: string;
  readonly expires: string;
};

/** Client certificates of the logical cluster, and tokens that were made for kubeconfigs. */
export async function listIssued(client: ApiClient): Promise<Issued[]> {
  const [signed, secrets] = await Promise.all([
    client.get(certificates),
    client.get(`/api/v1/secrets?labelSelector=${encodeURIComponent(kubeconfigLabel)}`),
  ]);
  return [
    ...itemsOf(signed).map(({ metadata, spec }): Issued => {
      const { name, user, expires } = { name: metadata['name'], user: spec['user'], expires: spec['notAfter'] };
      return { id: text(name), kind: 'certificate', user: text(user), expires: text(expires) };
    }),
    ...itemsOf(secrets).map(({ metadata }): Issued => {
      const annotations = structOf(metadata['annotations']);
      const namespace = text(metadata['namespace']);
      return {
        id: `${namespace}/${text(metadata['name'])}`,
        kind: 'token',
        user: `system:serviceaccount:${namespace}:${text(annotations['access.atoll.dev/service-account'])}`,
        expires: text(annotations['access.atoll.dev/expires']),
      };
    }),
  ];
}

/** Ends the one credential that the id, or a beginning of it of eight characters or more, names. @throws when it names none or several */
export async function revoke(client: ApiClient, id: string): Promise<Issued> {
  const found = (await listIssued(client)).filter(
    (each) => each.id === id || (id.length >= 8 && each.kind === 'certificate' && each.id.startsWith(id)),
  );
  const [issued, ...others] = found;
  if (issued === undefined || others.length > 0)
    throw new Error(issued === undefined ? `no credential is called ${id}` : `several credentials begin with ${id}`);
  const [namespace = '', name = ''] = issued.id.split('/');
  await client.delete(
    issued.kind === 'certificate'
      ? `${certificates}/${issued.id}`
      : `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`,
  );
  return issued;
}

function itemsOf(list: JsonObject): { metadata: JsonObject; spec: JsonObject }[] {
  const { items } = list;
  if (!Array.isArray(items)) return [];
  return items.filter(isObject).map((item) => ({ metadata: structOf(item['metadata']), spec: structOf(item['spec']) }));
}

function structOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
