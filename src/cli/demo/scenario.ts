import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import type { HttpClient } from './client.ts';
import { configMapOf, registration, teamGrant, teamManifests } from './manifests.ts';
import { waitFor } from './wait.ts';

/** What a team member does; over HTTP, or with kubectl. */
export type Hands = {
  readonly tool: string;
  apply(objects: readonly JsonObject[]): Promise<void>;
  scale(deployment: string, replicas: number): Promise<void>;
  remove(deployment: string): Promise<void>;
  /** Resolves when the rollout is complete, as the tool sees it. */
  rollout(deployment: string): Promise<void>;
};

export type Scenario = {
  /** The administrator, in `root`. */
  readonly admin: HttpClient;
  /** The administrator, in the team's workspace. */
  readonly adminOf: (workspaceUrl: string) => HttpClient;
  /** Signs a team member in, for the team's workspace. */
  readonly signIn: (workspaceUrl: string) => Promise<{ client: HttpClient; hands: Hands }>;
  readonly group: string;
  /** The physical cluster: how it is registered, and a look into it. */
  readonly physicalName: string;
  readonly physicalKubeconfig: string;
  readonly physical: Pick<HttpClient, 'get' | 'find'>;
  readonly image: string;
  /** Hears what happens. */
  readonly tell: (text: string, details?: readonly string[]) => void;
};

const timeoutMs = 60_000;
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const roleBindings = '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings';
const physicalClusters = '/apis/placement.atoll.dev/v1alpha1/physicalclusters';
const selector = 'labelSelector=app.kubernetes.io%2Fmanaged-by%3Datoll';

/** From a registered physical cluster to a running, scaled, edited and deleted workload. @throws Error at the first step that fails. */
export async function playScenario(scenario: Scenario): Promise<void> {
  const { admin, tell } = scenario;
  await register(scenario);
  const workspace = await admin.post('/apis/tenancy.kcp.io/v1alpha1/workspaces', {
    apiVersion: 'tenancy.kcp.io/v1alpha1',
    kind: 'Workspace',
    metadata: { name: 'team' },
  });
  const url = text(workspace.spec, 'URL');
  tell(`an administrator makes a workspace: ${text(workspace.status, 'phase')} in the reply`, [url]);
  const teamAdmin = scenario.adminOf(url);
  await teamAdmin.post(roleBindings, teamGrant(scenario.group));
  tell(`and lets the group ${scenario.group} in, by one RoleBinding inside that workspace`);
  const { client, hands } = await scenario.signIn(url);
  const inRoot = await client.status(physicalClusters);
  tell(`a team member signs in by OpenID Connect, and sees no physical cluster (HTTP ${inRoot})`);
  if (inRoot < 400) throw new Error('a tenant can see physical clusters');
  const namespace = await rollOut(scenario, client, hands);
  await change(scenario, client, hands, namespace);
  await leave(scenario, client, hands, namespace);
  client.close();
  teamAdmin.close();
}

async function register({ admin, physicalName, physicalKubeconfig, tell }: Scenario): Promise<void> {
  const { namespace, secret, cluster } = registration(physicalName, physicalKubeconfig);
  await admin.post('/api/v1/namespaces', namespace);
  await admin.post('/api/v1/namespaces/fleet/secrets', secret);
  await admin.post(physicalClusters, cluster);
  const version = await waitFor(`PhysicalCluster ${physicalName} to be Ready`, timeoutMs, async () => {
    const { status } = await admin.get(`${physicalClusters}/${physicalName}`);
    return conditionStatus(status, 'Ready') === 'True' ? text(member(status, 'version'), 'kubernetes') : undefined;
  });
  tell(`an administrator registers the physical cluster ${physicalName}: Ready, Kubernetes ${version}`);
}

async function rollOut({ physical, tell, image }: Scenario, client: HttpClient, hands: Hands): Promise<string> {
  const { configMap, deployment } = teamManifests(image);
  await hands.apply([configMap, deployment]);
  tell(`the team member applies a ConfigMap and a Deployment with ${hands.tool}`);
  await hands.rollout('web');
  tell('the rollout is complete in the workspace', [describe(await settled(client, 2))]);
  const below = await findCopy(physical);
  const metadata = member(below, 'metadata');
  const namespace = text(metadata, 'namespace');
  const labels = member(metadata, 'labels');
  tell('the physical cluster runs it, in a namespace named after immutable uids', [
    `namespace ${namespace}`,
    ...(isObject(labels) ? Object.keys(labels).map((key) => `${key}=${String(labels[key] as string)}`) : []),
    ...(await podLines(physical, namespace)),
  ]);
  return namespace;
}

async function change(
  { physical, tell }: Scenario,
  client: HttpClient,
  hands: Hands,
  namespace: string,
): Promise<void> {
  await hands.scale('web', 4);
  await hands.rollout('web');
  tell('scaled to four', [describe(await settled(client, 4)), ...(await podLines(physical, namespace))]);
  await hands.apply([configMapOf('edited in the workspace')]);
  await waitFor('the edited ConfigMap', timeoutMs, async () => {
    const copy = await physical.find(`/api/v1/namespaces/${namespace}/configmaps/web`);
    return text(copy?.data, 'greeting') === 'edited in the workspace' ? true : undefined;
  });
  tell('the ConfigMap is edited, the physical cluster has it');
}

async function leave({ physical, tell }: Scenario, client: HttpClient, hands: Hands, namespace: string): Promise<void> {
  await hands.remove('web');
  await waitFor('the Deployment to be gone', timeoutMs, async () =>
    (await client.find(`${deployments}/web`)) === undefined ? true : undefined,
  );
  const copy = await physical.find(`/apis/apps/v1/namespaces/${namespace}/deployments/web`);
  if (copy !== undefined) throw new Error('the Deployment is gone, but its copy is not');
  await waitFor('the ConfigMap to be carried no more, and the pods to end', timeoutMs, async () => {
    const configMap = await physical.find(`/api/v1/namespaces/${namespace}/configmaps/web`);
    const pods = await podLines(physical, namespace);
    return configMap === undefined && pods.length === 0 ? true : undefined;
  });
  tell('the Deployment is deleted: gone from the workspace once its copy was gone from the physical cluster');
}

/** The Deployment once its status speaks of all replicas. */
function settled(client: HttpClient, replicas: number): Promise<JsonObject> {
  return waitFor(`${replicas} available replicas`, timeoutMs, async () => {
    const deployment = await client.get(`${deployments}/web`);
    const status = member(deployment, 'status');
    const seen = member(status, 'observedGeneration') === member(member(deployment, 'metadata'), 'generation');
    return seen && member(status, 'availableReplicas') === replicas ? deployment : undefined;
  });
}

async function findCopy(physical: Scenario['physical']): Promise<JsonObject> {
  const { items } = await physical.get(`/apis/apps/v1/deployments?${selector}`);
  const copy = Array.isArray(items)
    ? items.find((item) => text(member(item, 'metadata'), 'name') === 'web')
    : undefined;
  if (!isObject(copy)) throw new Error('the physical cluster has no copy of the Deployment');
  return copy;
}

async function podLines(physical: Scenario['physical'], namespace: string): Promise<string[]> {
  const { items } = await physical.get(`/api/v1/namespaces/${namespace}/pods`);
  if (!Array.isArray(items)) return [];
  return items.map((pod) => `pod ${text(member(pod, 'metadata'), 'name')} ${text(member(pod, 'status'), 'phase')}`);
}

function describe(deployment: JsonObject): string {
  const status = member(deployment, 'status');
  const available = Number(member(status, 'availableReplicas') ?? 0);
  const replicas = Number(member(deployment.spec, 'replicas') ?? 0);
  return `deployment.apps/web ${available}/${replicas} available, Available=${conditionStatus(status, 'Available')}`;
}

function conditionStatus(status: Json | undefined, type: string): string {
  const conditions = member(status, 'conditions');
  const found = Array.isArray(conditions) ? conditions.find((item) => member(item, 'type') === type) : undefined;
  return text(found, 'status');
}

function member(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) ? value[key] : undefined;
}

function text(value: Json | undefined, key: string): string {
  const found = member(value, key);
  return typeof found === 'string' ? found : '';
}
