import { isObject } from '../../apimachinery/json.ts';
import { textField } from '../../registry/generic/object-fields.ts';
import type { ApiClient } from '../api-client.ts';

/** The label of Secrets that tokens of kubeconfigs are bound to: deleting one ends its token. */
export const kubeconfigLabel = 'access.atoll.dev/kubeconfig';

export type IssuedToken = { readonly token: string; readonly secret: string; readonly expires: string };

/** A token of a ServiceAccount that exists, bound to a Secret of its own, by which it is listed and revoked. @throws as the server refuses */
export async function issueToken(
  client: ApiClient,
  wanted: { readonly namespace: string; readonly account: string; readonly seconds: number },
): Promise<IssuedToken> {
  const { namespace, account, seconds } = wanted;
  const namespaced = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  const path = `${namespaced}/serviceaccounts/${encodeURIComponent(account)}`;
  await client.get(path);
  const secret = await client.post(`${namespaced}/secrets`, {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: {
      generateName: 'kubeconfig-',
      labels: { [kubeconfigLabel]: 'true' },
      annotations: { 'access.atoll.dev/service-account': account },
    },
  });
  const metadata = isObject(secret['metadata']) ? secret['metadata'] : {};
  const [name, uid] = [textField(metadata, 'name'), textField(metadata, 'uid')];
  const answer = await client
    .post(`${path}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: seconds, boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name, uid } },
    })
    .catch(async (error: unknown) => {
      await client.delete(`${namespaced}/secrets/${name}`);
      throw error;
    });
  const status = isObject(answer['status']) ? answer['status'] : {};
  const expires = textField(status, 'expirationTimestamp');
  await client.merge(`${namespaced}/secrets/${name}`, {
    metadata: { annotations: { 'access.atoll.dev/expires': expires } },
  });
  return { token: textField(status, 'token'), secret: `${namespace}/${name}`, expires };
}
