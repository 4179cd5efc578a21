import { ApiError, forbidden, notFound } from '../apimachinery/errors.ts';
import { factsOf } from '../registry/generic/resource-facts.ts';
import type { CachedObject, ObjectStore } from '../storage/object-store.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';
import { findInCluster } from './cluster-objects.ts';

const namespaces = { group: '', resource: 'namespaces' };
const immortal: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

/** Resources that may be created in a namespace that does not exist: reviews about it. */
const exempt: ReadonlySet<string> = new Set(['localsubjectaccessreviews.authorization.k8s.io']);

/**
 * Keeps namespaces and their content together (upstream's NamespaceLifecycle): nothing is made in a namespace that is missing (404) or being deleted
 * (403), and the three basic namespaces cannot be deleted.
 */
export function namespaceLifecycle(options: { readonly store: ObjectStore }): AdmissionPlugin {
  const { store } = options;
  return {
    name: 'NamespaceLifecycle',
    handles: (operation, target) =>
      operation === 'CREATE'
        ? factsOf(target.definition).namespaced
        : operation === 'DELETE' && factsOf(target.definition).storage === 'namespaces',
    admit(attributes) {
      if (attributes.operation === 'DELETE') return refuseImmortal(attributes);
      if (exempt.has(factsOf(attributes.target.definition).storage)) return undefined;
      return requireNamespace(store, attributes);
    },
  };
}

function refuseImmortal({ name }: AdmissionAttributes): undefined {
  if (immortal.has(name)) throw forbidden(namespaces, name, 'this namespace may not be deleted');
}

async function requireNamespace(store: ObjectStore, attributes: AdmissionAttributes): Promise<void> {
  const { target } = attributes;
  const namespace = await findInCluster(store, attributes, 'namespaces', target.namespace, '', isStaying);
  if (namespace === undefined) throw notFound(namespaces, target.namespace);
  if (isTerminating(namespace)) throw terminating(attributes);
}

function isStaying(namespace: CachedObject): boolean {
  return !isTerminating(namespace);
}

function isTerminating(namespace: CachedObject): boolean {
  return namespace.object.metadata.deletionTimestamp !== undefined;
}

function terminating({ target, name }: AdmissionAttributes): ApiError {
  const message = `namespace ${target.namespace} is being terminated`;
  return forbidden(
    factsOf(target.definition).gr,
    name,
    `unable to create new content in namespace ${target.namespace} because it is being terminated`,
    [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }],
  );
}
