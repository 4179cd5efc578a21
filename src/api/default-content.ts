import { hash } from 'node:crypto';
import { stringify } from '../apimachinery/json.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import { localApiServices } from './apiregistration.k8s.io/v1/local-services.ts';
import { apiServiceResource } from './apiregistration.k8s.io/v1/types.ts';
import { clusterDefaults, type ClusterDefaultsOptions } from './cluster-defaults/cluster-defaults.ts';
import { type ExtensionAuthentication, extensionAuthentication } from './cluster-defaults/extension-authentication.ts';
import { systemPriorityClasses } from './scheduling.k8s.io/v1/system-classes.ts';
import { bootstrapClusterRoleBindings, bootstrapClusterRoles } from './rbac.authorization.k8s.io/v1/bootstrap-roles.ts';

/** What the texts depend on: a logical cluster's identity and age (a part of storage's ClusterRecord). */
export type DefaultContentCluster = { readonly uid: string; readonly createdAt: string };

export type DefaultObject = { readonly namespace: string; readonly name: string; readonly text: string };

export type DefaultContentOptions = {
  /** What `kube-root-ca.crt` holds in every namespace: the authority of this server's certificate. */
  readonly caCertificatePem: string;
  /** What the server serves itself: each has an APIService. */
  readonly groupVersions?: readonly { readonly group: string; readonly version: string }[];
  /** Absent: nothing says by what aggregated API servers know their front proxy. */
  readonly extensionAuthentication?: ExtensionAuthentication;
  /** Also what a cluster with nodes shows of itself: the namespace `kube-node-lease`, the Service `kubernetes`, bootstrap flow control and RBAC. */
  readonly clusterDefaults?: ClusterDefaultsOptions;
};

/** The ConfigMap that every namespace has, and what the Kubernetes controller that writes it says of it. */
export const rootCaConfigMap = {
  name: 'kube-root-ca.crt',
  key: 'ca.crt',
  annotations: {
    'kubernetes.io/description':
      'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
  },
} as const;

/** Stands for the creation time wherever an object repeats it. */
const creationTime = '\u0000creationTime';
/** Stands for the day of it. */
const creationDay = '\u0000creationDay';
const creationDayText = JSON.stringify(creationDay).slice(1, -1);
/** Stands for the logical cluster's uid. */
const clusterUid = '\u0000clusterUid';
const clusterUidText = JSON.stringify(clusterUid).slice(1, -1);

/** A stored text with holes: uid and creation time. */
class Template {
  readonly namespace: string;
  readonly name: string;
  readonly #identity: string;
  readonly #head: string;
  /** What stands between the creation times. */
  readonly #tail: readonly string[];

  constructor(resource: string, object: KubeObject) {
    const { kind, apiVersion, metadata, ...rest } = object;
    const { name = '', namespace = '', ...more } = metadata;
    this.name = name;
    this.namespace = namespace;
    this.#identity = `/${resource}/${namespace}/${name}`;
    const start = stringify({ kind, apiVersion, metadata: namespace === '' ? { name } : { name, namespace } });
    this.#head = `${start.slice(0, -2)},"uid":"`;
    const end = stringify({ ...more, end: rest } as never);
    const at = end.lastIndexOf('"end":{');
    const labels = end.slice(1, at);
    const fields = end.slice(at + '"end":{'.length, -2);
    const tail = `"${labels === '' ? '' : `,${labels.slice(0, -1)}`}}${fields === '' ? '' : `,${fields}`}}`;
    this.#tail = ['', ...tail.split(JSON.stringify(creationTime).slice(1, -1))];
  }

  text(cluster: DefaultContentCluster): string {
    const uid = derivedUid(`${cluster.uid}${this.#identity}`);
    const tail = this.#tail.join(cluster.createdAt).replaceAll(clusterUidText, cluster.uid);
    return `${this.#head}${uid}","creationTimestamp":"${tail.replaceAll(creationDayText, cluster.createdAt.slice(0, 10))}`;
  }
}

/** A UUID that depends on `identity` only (version 8: made from a SHA-256). */
function derivedUid(identity: string): string {
  const digest = hash('sha256', identity, 'hex');
  const variant = ((Number.parseInt(digest.charAt(16), 16) & 3) | 8).toString(16);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}

/** An object whose text is made when somebody reads it. */
class LazyObject implements DefaultObject {
  readonly #template: Template;
  readonly #cluster: DefaultContentCluster;

  constructor(template: Template, cluster: DefaultContentCluster) {
    this.#template = template;
    this.#cluster = cluster;
  }

  get namespace(): string {
    return this.#template.namespace;
  }

  get name(): string {
    return this.#template.name;
  }

  get text(): string {
    return this.#template.text(this.#cluster);
  }
}

function byKey(a: Template, b: Template): number {
  const [x, y] = [`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`];
  return x < y ? -1 : x > y ? 1 : 0;
}

const none: readonly DefaultObject[] = [];

/**
 * What every logical cluster has without a row in the database: its namespaces, in each the ServiceAccount `default` and the ConfigMap
 * `kube-root-ca.crt`, the system's PriorityClasses, the bootstrap ClusterRoles and ClusterRoleBindings, APIServices, and what aggregated API servers need to know. Uids derive from the cluster's. Nothing is kept per cluster.
 * It has the form of storage's DefaultContent.
 */
export function createDefaultContent(options: DefaultContentOptions): {
  readonly resources: ReadonlySet<string>;
  objects(cluster: DefaultContentCluster, resource: string): readonly DefaultObject[];
} {
  const namespaces = [
    'default',
    ...(options.clusterDefaults !== undefined ? ['kube-node-lease'] : []),
    'kube-public',
    'kube-system',
  ];
  const templates = new Map<string, readonly Template[]>();
  const add = (resource: string, objects: readonly KubeObject[]): void => {
    const known = templates.get(resource) ?? [];
    const made = objects.map((object) => new Template(resource, object));
    templates.set(resource, [...known, ...made].toSorted(byKey));
  };
  add(
    'namespaces',
    namespaces.map((name) => ({
      kind: 'Namespace',
      apiVersion: 'v1',
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    })),
  );
  add(
    'serviceaccounts',
    namespaces.map((namespace) => ({
      kind: 'ServiceAccount',
      apiVersion: 'v1',
      metadata: { name: 'default', namespace },
    })),
  );
  add(
    'configmaps',
    namespaces.map((namespace) => ({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { name: rootCaConfigMap.name, namespace, annotations: rootCaConfigMap.annotations },
      data: { [rootCaConfigMap.key]: options.caCertificatePem },
    })),
  );
  add('priorityclasses.scheduling.k8s.io', systemPriorityClasses(creationTime));
  add('clusterroles.rbac.authorization.k8s.io', bootstrapClusterRoles);
  add('clusterrolebindings.rbac.authorization.k8s.io', bootstrapClusterRoleBindings);
  if (options.groupVersions !== undefined)
    add(apiServiceResource, localApiServices(options.groupVersions, creationTime));
  if (options.clusterDefaults !== undefined)
    for (const [resource, objects] of clusterDefaults(options.clusterDefaults, creationTime, creationDay))
      add(resource, objects);
  if (options.extensionAuthentication !== undefined)
    for (const [resource, objects] of extensionAuthentication(options.extensionAuthentication, clusterUid))
      add(resource, objects);
  return {
    resources: new Set(templates.keys()),
    objects: (cluster, resource) =>
      templates.get(resource)?.map((template) => new LazyObject(template, cluster)) ?? none,
  };
}
