import type { KubeObject } from '../../apimachinery/object.ts';
import type { DefaultResource } from './cluster-defaults.ts';
import { frontProxyNameOf } from './front-proxy-name.ts';

/** By what aggregated API servers know clients and their front proxy. */
export type ExtensionAuthentication = {
  /** What client certificates are verified with. */
  readonly clientCaPem: string;
  /** What the front proxy's client certificate is verified with. */
  readonly frontProxyCaPem: string;
};

const name = 'extension-apiserver-authentication';
const namespace = 'kube-system';

/** What aggregated API servers read to know whom to believe, and the Role that lets them. `clusterUid` stands for the logical cluster's. */
export function extensionAuthentication(
  { clientCaPem, frontProxyCaPem }: ExtensionAuthentication,
  clusterUid: string,
): readonly DefaultResource[] {
  const configMap = {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name, namespace },
    data: {
      'client-ca-file': clientCaPem,
      'requestheader-allowed-names': `["${frontProxyNameOf(clusterUid)}"]`,
      'requestheader-client-ca-file': frontProxyCaPem,
      'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
      'requestheader-group-headers': '["X-Remote-Group"]',
      'requestheader-username-headers': '["X-Remote-User"]',
    },
  } as KubeObject;
  const role = {
    kind: 'Role',
    apiVersion: 'rbac.authorization.k8s.io/v1',
    metadata: {
      name: `${name}-reader`,
      namespace,
      labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
      annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    },
    rules: [{ verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['configmaps'], resourceNames: [name] }],
  } as KubeObject;
  return [
    ['configmaps', [configMap]],
    ['roles.rbac.authorization.k8s.io', [role]],
  ];
}
