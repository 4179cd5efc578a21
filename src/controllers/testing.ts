import assert from 'node:assert/strict';
import { pino } from 'pino';
import { createAdmission } from '../admission/index.ts';
import { createAuthorizer } from '../authorization/chain.ts';
import { builtinDefinitions } from '../api/builtin.ts';
import { createDefaultContent } from '../api/default-content.ts';
import type { Json } from '../apimachinery/json.ts';
import type { KubeObject, ObjectMeta, OwnerReference } from '../apimachinery/object.ts';
import { createLoopbackClient, systemUser } from '../client/loopback.ts';
import type { LoopbackClient } from '../client/client.ts';
import { type ClusterName, rootCluster } from '../logicalcluster/name.ts';
import { createCatalogSource } from '../registry/catalog.ts';
import { createCustomResourceCatalogs } from '../registry/customresources/catalogs.ts';
import { createRegistry } from '../registry/generic/registry.ts';
import { standardStorages } from '../registry/standard.ts';
import { createMemoryStore } from '../storage/memory/store.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { type ControllersOptions, startControllers } from './start.ts';

/** A control plane for tests of controllers: real registry, real admission, over a store in memory unless another is given. */
export class TestPlane {
  readonly store: ObjectStore;
  readonly client: LoopbackClient;
  readonly options: ControllersOptions;
  #stops: (() => Promise<void>)[] = [];

  constructor({ caCertificatePem = 'CA', store }: { caCertificatePem?: string; store?: ObjectStore } = {}) {
    this.store = store ?? createMemoryStore({ defaults: createDefaultContent({ caCertificatePem }) });
    const builtIn = createCatalogSource({ definitions: builtinDefinitions, resources: ['*'] });
    const catalogs = createCustomResourceCatalogs(this.store, builtIn);
    const registry = createRegistry({
      store: this.store,
      catalogs,
      admission: createAdmission({ store: this.store, catalogs, authorizer: createAuthorizer({ store: this.store }) }),
      ...standardStorages({ store: this.store, externalUrl: 'https://atoll.example.com', builtIn }),
    });
    this.client = createLoopbackClient({ registry, catalogs, store: this.store, user: systemUser });
    this.options = {
      store: this.store,
      client: this.client,
      catalogs,
      log: pino({ level: 'silent' }),
      caCertificatePem,
      timing: { checkpointMs: 5, retryMs: 5 },
    };
  }

  startControllers(more: Partial<ControllersOptions> = {}): { stop(): Promise<void> } {
    const running = startControllers({ ...this.options, ...more });
    this.#stops.push(() => running.stop());
    return running;
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) await stop();
    await this.store.close();
  }

  /** Creates an object of a built-in kind; `spec` members are added to it. */
  create(
    resource: string,
    namespace: string,
    name: string,
    more: TestObject = {},
    cluster: ClusterName = rootCluster,
  ): Promise<KubeObject> {
    const definition = builtinDefinitions.find(
      (each) => (each.group === '' ? each.resource : `${each.resource}.${each.group}`) === resource,
    );
    assert.ok(definition, resource);
    const { metadata, ...rest } = more;
    const object: KubeObject = {
      kind: definition.kind,
      apiVersion:
        definition.group === '' ? definition.storageVersion : `${definition.group}/${definition.storageVersion}`,
      metadata: { name, ...(namespace === '' ? {} : { namespace }), ...metadata },
      ...rest,
    };
    return this.client.create({ cluster, resource, namespace }, object);
  }

  find(
    resource: string,
    namespace: string,
    name: string,
    cluster: ClusterName = rootCluster,
  ): Promise<KubeObject | undefined> {
    return this.client.find({ cluster, resource, namespace, name });
  }

  async exists(
    resource: string,
    namespace: string,
    name: string,
    cluster: ClusterName = rootCluster,
  ): Promise<boolean> {
    return (await this.find(resource, namespace, name, cluster)) !== undefined;
  }
}

export type TestObject = { metadata?: Partial<ObjectMeta>; [field: string]: Json | ObjectMeta | undefined };

export function ownerReference(owner: KubeObject, more: Partial<OwnerReference> = {}): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name ?? '',
    uid: owner.metadata.uid ?? '',
    ...more,
  };
}

/** Resolves when `condition` gives true. Fails after five seconds. */
export async function until(condition: () => boolean | Promise<boolean>, what = 'condition'): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!(await condition())) {
    if (Date.now() > deadline) assert.fail(`${what} not reached`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}
