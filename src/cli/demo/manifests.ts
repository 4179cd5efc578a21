import type { JsonObject } from '../../apimachinery/json.ts';

/** What the team applies: configuration, and a Deployment that reads it. */
export function teamManifests(image: string): { configMap: JsonObject; deployment: JsonObject } {
  return {
    configMap: configMapOf('hello from the workspace'),
    deployment: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [
              { name: 'web', image, ports: [{ containerPort: 80 }], envFrom: [{ configMapRef: { name: 'web' } }] },
            ],
          },
        },
      },
    },
  };
}

export function configMapOf(greeting: string): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web', namespace: 'default' }, data: { greeting } };
}

/** Who belongs to the team: one binding inside the team's own workspace lets them in, and edit there. */
export function teamGrant(group: string): JsonObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'team', namespace: 'default' },
    subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: group }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
  };
}

/** How an administrator registers a physical cluster. */
export function registration(
  name: string,
  kubeconfig: string,
): { namespace: JsonObject; secret: JsonObject; cluster: JsonObject } {
  return {
    namespace: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'fleet' } },
    secret: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: 'fleet' },
      data: { kubeconfig: Buffer.from(kubeconfig).toString('base64') },
    },
    cluster: {
      apiVersion: 'placement.atoll.dev/v1alpha1',
      kind: 'PhysicalCluster',
      metadata: { name },
      spec: {
        region: 'local',
        heartbeatSeconds: 2,
        kubeconfigSecretRef: { namespace: 'fleet', name, key: 'kubeconfig' },
      },
    },
  };
}
