import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { builtinDefinitions } from '../../src/api/builtin.ts';
import { createDefaultContent } from '../../src/api/default-content.ts';
import { createLoopbackClient, systemUser } from '../../src/client/loopback.ts';
import { manifestFieldManager, startManifests } from '../../src/controllers/manifests/manifests.ts';
import { createCatalogSource } from '../../src/registry/catalog.ts';
import { createCustomResourceCatalogs } from '../../src/registry/customresources/catalogs.ts';
import { createMemoryStore } from '../../src/storage/memory/store.ts';
import { makeCluster, startStack, type Stack } from '../support/http-stack.ts';
import { http } from '../support/http.ts';
import { eventually } from '../support/wait.ts';

const directory = mkdtempSync(join(tmpdir(), 'atoll-manifests-'));
const store = createMemoryStore({ defaults: createDefaultContent({ caCertificatePem: 'ca' }) });
const warnings: string[] = [];
const team = 'aaaabbbbccccdddd';
let stack: Stack;
let manifests: { stop(): Promise<void> };

const configMap = (name: string, value: string, more = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more}data:\n  x: "${value}"\n`;
const widgetDefinition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`;
const widget = 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: first}\nspec: {size: 3}\n';

type Found = {
  data?: { x: string };
  spec?: object;
  metadata: { managedFields: { manager: string; operation: string }[] };
};

async function find(path: string, cluster = 'root'): Promise<Found | undefined> {
  const answer = await http(stack.admin, 'GET', `/clusters/${cluster}${path}`);
  return answer.status === 200 ? answer.json<Found>() : undefined;
}
const configMapPath = (name: string) => `/api/v1/namespaces/default/configmaps/${name}`;
const put = (path: string, text: string): void => writeFileSync(join(directory, path), text);

before(async () => {
  stack = await startStack({ store });
  for (const name of ['root', 'root:team', 'root:later']) mkdirSync(join(directory, name));
  mkdirSync(join(directory, 'root', 'nested'));
  put('root/a.yaml', configMap('early', '1'));
  put('root/b.yml', `# the use comes before the definition\n---\n${widget}---\n${widgetDefinition}`);
  put('root/nested/list.json', JSON.stringify({ kind: 'List', apiVersion: 'v1', items: [asJson('listed')] }));
  put('root/broken.yaml', 'a: [');
  put('root/.hidden.yaml', configMap('hidden', '1'));
  put('root:team/a.yaml', configMap('ours', '1'));
  put('root:later/a.yaml', configMap('late', '1'));
  await makeCluster(store, 'root', 'team', team);
  const builtIn = createCatalogSource({ definitions: builtinDefinitions, resources: ['*'] });
  const catalogs = createCustomResourceCatalogs(store, builtIn);
  manifests = startManifests({
    directory,
    store,
    catalogs,
    client: createLoopbackClient({ registry: stack.registry, catalogs, store, user: systemUser }),
    log: { info: () => undefined, warn: (fields: { manifest: string }) => void warnings.push(fields.manifest) },
    timing: { settle: 10, retryFirst: 20, retryMost: 50, reread: 1000 },
  });
});
after(async () => {
  await manifests.stop();
  await stack.stop();
  await store.close();
  rmSync(directory, { recursive: true });
});

function asJson(name: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { x: 'j' } };
}

describe('manifests', () => {
  test('are applied to the workspace that their directory names, in the order that they need', async () => {
    const early = await eventually('the first object', () => find(configMapPath('early')));
    assert.deepEqual(
      early.metadata.managedFields.map(({ manager, operation }) => [manager, operation]),
      [[manifestFieldManager, 'Apply']],
    );
    await eventually('the list', () => find(configMapPath('listed')));
    const found = await eventually('the custom resource', () =>
      find('/apis/example.com/v1/namespaces/default/widgets/first'),
    );
    assert.deepEqual(found.spec, { size: 3 });
    await eventually('the object of the team', () => find(configMapPath('ours'), team));
    assert.equal(await find(configMapPath('ours')), undefined);
    assert.equal(await find(configMapPath('hidden')), undefined);
  });

  test('are applied again when a file changes, and take their fields back', async () => {
    const merge = { 'content-type': 'application/merge-patch+json' };
    await http(stack.admin, 'PATCH', configMapPath('early'), { data: { x: 'theirs', y: 'kept' } }, merge);
    put('root/a.yaml', configMap('early', '2'));
    const changed = await eventually('the change', async () => {
      const found = await find(configMapPath('early'));
      return found?.data?.x === '2' ? found : undefined;
    });
    assert.deepEqual(changed.data, { x: '2', y: 'kept' });
  });

  test('that fail are told once, and tried again', async () => {
    put('root/broken.yaml', configMap('mended', '1'));
    await eventually('the mended file', () => find(configMapPath('mended')));
    assert.equal(warnings.filter((each) => each.endsWith('broken.yaml')).length, 1);
    assert.equal(await find(configMapPath('late'), 'bbbbccccddddeeee'), undefined);
    await makeCluster(store, 'root', 'later', 'bbbbccccddddeeee');
    await eventually('the object of the workspace that came later', () =>
      find(configMapPath('late'), 'bbbbccccddddeeee'),
    );
  });

  test('that go away leave their objects, but for those that ask to be pruned', async () => {
    put('root/kept.yaml', configMap('kept', '1'));
    put('root/pruned.yaml', configMap('pruned', '1', '  annotations: {manifests.atoll.dev/prune: "true"}\n'));
    await eventually('both', async () => (await find(configMapPath('kept'))) && (await find(configMapPath('pruned'))));
    rmSync(join(directory, 'root/kept.yaml'));
    rmSync(join(directory, 'root/pruned.yaml'));
    await eventually('the end of one', async () => (await find(configMapPath('pruned'))) === undefined);
    assert.ok(await find(configMapPath('kept')));
  });
});
