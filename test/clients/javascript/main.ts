// Uses an API server the way programs with @kubernetes/client-node do, and runs a controller written with it. KUBECONFIG says where; test/clients/run starts it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  ApiextensionsV1Api,
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  KubernetesObjectApi,
  loadYaml,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1CustomResourceDefinition,
  Watch,
} from '@kubernetes/client-node';
import { ignoring, namespace, refused, until } from './checks.ts';
import { group, mergePatch, type Widget, WidgetController } from './controller.ts';

const config = new KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(CoreV1Api);
const apps = config.makeApiClient(AppsV1Api);
const objects = config.makeApiClient(CustomObjectsApi);
const { version } = JSON.parse(
  readFileSync(new URL('../../../node_modules/@kubernetes/client-node/package.json', import.meta.url), 'utf8'),
) as { version: string };

async function typed(): Promise<void> {
  const made = await core.createNamespacedConfigMap({
    namespace,
    body: { metadata: { name: 'typed' }, data: { a: '1' } },
  });
  made.data = { a: '2' };
  await core.replaceNamespacedConfigMap({ name: 'typed', namespace, body: made });
  await refused(409, core.replaceNamespacedConfigMap({ name: 'typed', namespace, body: made }));
  await refused(404, core.readNamespacedConfigMap({ name: 'nobody', namespace }));
  await refused(422, core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'Bad_Name' } } }));
  await core.deleteNamespacedConfigMap({ name: 'typed', namespace });
  await refused(404, core.readNamespacedConfigMap({ name: 'typed', namespace }));
}

async function generic(): Promise<void> {
  const client = KubernetesObjectApi.makeApiClient(config);
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'generic', namespace }, data: { a: '1' } };
  await client.create(object);
  const patched = await client.patch(
    { ...object, data: { b: '2' } },
    undefined,
    undefined,
    'generic',
    true,
    PatchStrategy.ServerSideApply,
  );
  assert.deepEqual(patched.data, { a: '1', b: '2' });
  const dry = await client.patch(
    { ...object, data: { c: '3' } },
    undefined,
    'All',
    undefined,
    undefined,
    PatchStrategy.MergePatch,
  );
  assert.deepEqual(dry.data, { a: '1', b: '2', c: '3' });
  const json = setHeaderOptions('Content-Type', PatchStrategy.JsonPatch);
  const body = [{ op: 'test', path: '/data/a', value: 'other' }];
  await refused(422, core.patchNamespacedConfigMap({ name: 'generic', namespace, body }, json));
  await client.delete(object);
}

async function informs(): Promise<void> {
  const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/secrets`, () =>
    core.listNamespacedSecret({ namespace }),
  );
  const events: string[] = [];
  for (const event of ['add', 'update', 'delete'] as const)
    informer.on(event, ({ metadata }) => void events.push(`${event} ${metadata?.name ?? ''}`));
  await informer.start();
  await core.createNamespacedSecret({ namespace, body: { metadata: { name: 'informed' }, stringData: { a: 'b' } } });
  await until('the add', () => events.includes('add informed'));
  await core.patchNamespacedSecret(
    { name: 'informed', namespace, body: { metadata: { labels: { x: 'y' } } } },
    mergePatch,
  );
  await until('the update', () => events.includes('update informed'));
  assert.equal(informer.get('informed', namespace)?.metadata?.labels?.['x'], 'y');
  await core.deleteNamespacedSecret({ name: 'informed', namespace });
  await until('the delete', () => events.includes('delete informed'));
  await informer.stop();
  assert.deepEqual(events, ['add informed', 'update informed', 'delete informed']);
}

async function watchesOldRevision(): Promise<void> {
  const codes: unknown[] = [];
  const end = new Promise<void>((resolve) => {
    void new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { resourceVersion: '999999999', timeoutSeconds: 5 },
      (type, object: { code?: number }) => codes.push(type, object.code),
      () => resolve(),
    );
  });
  await end;
  assert.ok(codes.length === 0 || codes[0] === 'ERROR', `events of a revision to come: ${codes.join(' ')}`);
}

async function define(): Promise<void> {
  const client = config.makeApiClient(ApiextensionsV1Api);
  const body = loadYaml<V1CustomResourceDefinition>(readFileSync(process.env['WIDGET_DEFINITION'] ?? '', 'utf8'));
  await ignoring(409, client.createCustomResourceDefinition({ body }));
  await until('the definition is established', async () => {
    const { status } = await client.readCustomResourceDefinition({ name: 'widgets.clients.example.com' });
    return status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True') === true;
  });
}

const widget = (name: string, size: number): Widget => ({
  apiVersion: 'clients.example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec: { size },
});

async function custom(): Promise<void> {
  await define();
  const made = (await objects.createNamespacedCustomObject({ ...group, body: widget('custom', 2) })) as Widget;
  assert.equal(made.spec.color, 'blue');
  await refused(422, objects.createNamespacedCustomObject({ ...group, body: widget('too-large', 1000) }));
  const one = { ...group, name: 'custom' };
  await objects.patchNamespacedCustomObjectStatus({ ...one, body: { status: { phase: 'Ready' } } }, mergePatch);
  const scale = (await objects.getNamespacedCustomObjectScale(one)) as { spec: { replicas: number } };
  assert.equal(scale.spec.replicas, 2);
  await objects.deleteNamespacedCustomObject(one);
}

async function controls(): Promise<void> {
  await define();
  const [first, second] = [new WidgetController(config, 'first'), new WidgetController(config, 'second')];
  await first.start();
  await until('the first leads', () => first.leads);
  await second.start();
  await objects.createNamespacedCustomObject({ ...group, body: widget('controlled', 2) });
  const one = { ...group, name: 'controlled' };
  const where = { name: 'controlled', namespace };
  const shows = (size: number): Promise<void> =>
    until(`everything says ${size}`, async () => {
      const now = (await objects.getNamespacedCustomObject(one)) as Widget;
      const owned = await ignoring(404, apps.readNamespacedDeployment(where));
      const seen = now.status?.observedGeneration === now.metadata?.generation;
      return seen && now.status?.size === size && owned?.spec?.replicas === size;
    });
  await shows(2);
  await apps.deleteNamespacedDeployment(where);
  await shows(2);
  await first.stop();
  await until('the second leads', () => second.leads);
  await objects.patchNamespacedCustomObject({ ...one, body: { spec: { size: 7 } } }, mergePatch);
  await shows(7);
  await objects.deleteNamespacedCustomObject({ ...one, body: { propagationPolicy: 'Foreground' } });
  await until('everything goes with the Widget', async () => {
    const left = await Promise.all([
      ignoring(404, objects.getNamespacedCustomObject(one)),
      ignoring(404, apps.readNamespacedDeployment(where)),
      ignoring(404, core.readNamespacedConfigMap({ name: 'outside-controlled', namespace })),
    ]);
    return left.every((object) => object === undefined);
  });
  await second.stop();
}

const checks: Readonly<Record<string, () => Promise<void>>> = {
  'typed objects and their errors': typed,
  'objects of any kind, applied, patched, dry': generic,
  'an informer': informs,
  'a watch of a revision to come': watchesOldRevision,
  'a definition and its custom resources': custom,
  'a controller with finalizer, status and owned Deployments, led by one of two': controls,
};

console.log('VERSION @kubernetes/client-node', version);
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`PASS ${name}`);
  } catch (error) {
    process.exitCode = 1;
    console.log(`FAIL ${name}: ${String(error).replaceAll('\n', ' ').slice(0, 600)}`);
  }
}
process.exit();
