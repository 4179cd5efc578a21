import {
  AppsV1Api,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  type KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  V1MicroTime,
} from '@kubernetes/client-node';
import { codeOf, ignoring, namespace } from './checks.ts';

export const group = { group: 'clients.example.com', version: 'v1', namespace, plural: 'widgets' } as const;
const finalizer = 'javascript.example.com/cleanup';

export type Widget = KubernetesObject & {
  readonly spec: { readonly size: number; readonly color?: string };
  readonly status?: { readonly phase?: string; readonly size?: number; readonly observedGeneration?: number };
};

export const mergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
const apply = setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply);

/** Keeps a Deployment beside every Widget, its size in the status, and a ConfigMap that only the finalizer removes; one instance at a time works. */
export class WidgetController {
  readonly #config: KubeConfig;
  readonly #name: string;
  readonly #apps: AppsV1Api;
  readonly #core: CoreV1Api;
  readonly #objects: CustomObjectsApi;
  readonly #leases: CoordinationV1Api;
  readonly #queue = new Set<string>();
  #stopping = false;
  #leads = false;
  #working: Promise<void> = Promise.resolve();

  constructor(config: KubeConfig, name: string) {
    this.#config = config;
    this.#name = name;
    this.#apps = config.makeApiClient(AppsV1Api);
    this.#core = config.makeApiClient(CoreV1Api);
    this.#objects = config.makeApiClient(CustomObjectsApi);
    this.#leases = config.makeApiClient(CoordinationV1Api);
  }

  get leads(): boolean {
    return this.#leads;
  }

  async start(): Promise<void> {
    const widgets = makeInformer<Widget>(
      this.#config,
      `/apis/${group.group}/${group.version}/namespaces/${namespace}/widgets`,
      async () => (await this.#objects.listNamespacedCustomObject(group)) as KubernetesListObject<Widget>,
    );
    const deployments = makeInformer(this.#config, `/apis/apps/v1/namespaces/${namespace}/deployments`, () =>
      this.#apps.listNamespacedDeployment({ namespace }),
    );
    for (const event of ['add', 'update'] as const)
      widgets.on(event, ({ metadata }) => void this.#queue.add(metadata?.name ?? ''));
    for (const event of ['update', 'delete'] as const)
      deployments.on(event, ({ metadata }) => {
        const owner = metadata?.ownerReferences?.find(({ kind }) => kind === 'Widget');
        if (owner !== undefined) this.#queue.add(owner.name);
      });
    await Promise.all([widgets.start(), deployments.start()]);
    this.#working = this.#work(async () => {
      await Promise.all([widgets.stop(), deployments.stop()]);
    });
  }

  /** Gives the leadership up. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#working;
    if (this.#leads) await this.#takeLease('');
    this.#leads = false;
  }

  async #work(atEnd: () => Promise<void>): Promise<void> {
    while (!this.#stopping) {
      this.#leads = await this.#takeLease(this.#name);
      for (const name of this.#leads ? [...this.#queue] : []) {
        this.#queue.delete(name);
        await this.#reconcile(name).catch((error: unknown) => {
          if (codeOf(error) === undefined) throw error;
          this.#queue.add(name);
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await atEnd();
  }

  /** As client-go's leader election: a lease is taken when nobody holds it or its holder has let it expire; the resourceVersion settles races. */
  async #takeLease(holder: string): Promise<boolean> {
    const name = 'javascript-leader';
    const now = new V1MicroTime();
    const spec = { holderIdentity: holder, leaseDurationSeconds: 3, renewTime: now };
    try {
      const lease = await this.#leases.readNamespacedLease({ name, namespace });
      const { holderIdentity, renewTime } = lease.spec ?? {};
      const expired = renewTime === undefined || Date.now() - Date.parse(String(renewTime)) > 3000;
      if (holderIdentity !== undefined && holderIdentity !== '' && holderIdentity !== this.#name && !expired)
        return false;
      lease.spec = spec;
      await this.#leases.replaceNamespacedLease({ name, namespace, body: lease });
    } catch (error) {
      if (codeOf(error) === 409) return false;
      if (codeOf(error) !== 404) throw error;
      await this.#leases.createNamespacedLease({ namespace, body: { metadata: { name }, spec } });
    }
    return holder !== '';
  }

  async #reconcile(name: string): Promise<void> {
    const one = { ...group, name };
    const widget = (await ignoring(404, this.#objects.getNamespacedCustomObject(one))) as Widget | undefined;
    if (widget === undefined) return;
    const { finalizers = [], uid = '', generation } = widget.metadata ?? {};
    const outside = `outside-${name}`;
    if (widget.metadata?.deletionTimestamp !== undefined) {
      await ignoring(404, this.#core.deleteNamespacedConfigMap({ name: outside, namespace }));
      const body = { metadata: { finalizers: finalizers.filter((other) => other !== finalizer) } };
      await ignoring(404, this.#objects.patchNamespacedCustomObject({ ...one, body }, mergePatch));
      return;
    }
    if (!finalizers.includes(finalizer)) {
      const body = { metadata: { finalizers: [...finalizers, finalizer] } };
      await this.#objects.patchNamespacedCustomObject({ ...one, body }, mergePatch);
    }
    await ignoring(409, this.#core.createNamespacedConfigMap({ namespace, body: { metadata: { name: outside } } }));
    const owner = {
      apiVersion: `${group.group}/v1`,
      kind: 'Widget',
      name,
      uid,
      controller: true,
      blockOwnerDeletion: true,
    };
    const labels = { widget: name };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, ownerReferences: [owner] },
      spec: {
        replicas: widget.spec.size,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx' }] } },
      },
    };
    const how = { name, namespace, body: deployment, fieldManager: 'widgets', force: true };
    await this.#apps.patchNamespacedDeployment(how, apply);
    const { status } = widget;
    if (status?.size === widget.spec.size && status.observedGeneration === generation) return;
    const body = { status: { phase: 'Ready', size: widget.spec.size, observedGeneration: generation } };
    await this.#objects.patchNamespacedCustomObjectStatus({ ...one, body }, mergePatch);
  }
}
