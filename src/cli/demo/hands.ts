import type { JsonObject } from '../../apimachinery/json.ts';
import { isObject, type Json } from '../../apimachinery/json.ts';
import type { HttpClient } from './client.ts';
import { runKubectl } from './kubectl.ts';
import type { Hands } from './scenario.ts';
import { waitFor } from './wait.ts';

const timeoutMs = 60_000;
const deployments = '/apis/apps/v1/namespaces/default/deployments';

/** A team member with nothing but HTTP. */
export function httpHands(client: HttpClient): Hands {
  return {
    tool: 'plain HTTP (server-side apply)',
    async apply(objects) {
      for (const object of objects) await client.apply(pathOf(object), object);
    },
    async scale(deployment, replicas) {
      await client.merge(`${deployments}/${deployment}/scale`, { spec: { replicas } });
    },
    async remove(deployment) {
      await client.delete(`${deployments}/${deployment}`);
    },
    async rollout(deployment) {
      await waitFor(`the rollout of ${deployment}`, timeoutMs, async () => {
        const { metadata, spec, status } = await client.get(`${deployments}/${deployment}`);
        const wanted = number(spec, 'replicas');
        const observed = number(status, 'observedGeneration') >= number(metadata, 'generation');
        const updated = number(status, 'updatedReplicas') === wanted && number(status, 'replicas') === wanted;
        return observed && updated && number(status, 'availableReplicas') === wanted ? true : undefined;
      });
    },
  };
}

/** A team member with kubectl and a kubeconfig. */
export function kubectlHands(binary: string, kubeconfig: string): Hands {
  const run = (...args: string[]): Promise<string> => runKubectl(binary, kubeconfig, args);
  return {
    tool: 'kubectl',
    async apply(objects) {
      const list = { apiVersion: 'v1', kind: 'List', items: [...objects] };
      await runKubectl(binary, kubeconfig, ['apply', '-f', '-'], JSON.stringify(list));
    },
    async scale(deployment, replicas) {
      await run('scale', 'deployment', deployment, `--replicas=${replicas}`);
    },
    async remove(deployment) {
      await run('delete', 'deployment', deployment, '--wait=false');
    },
    async rollout(deployment) {
      await run('rollout', 'status', `deployment/${deployment}`, `--timeout=${timeoutMs / 1000}s`);
    },
  };
}

function pathOf(object: JsonObject): string {
  const { name } = object.metadata as { name: string };
  return object.kind === 'Deployment' ? `${deployments}/${name}` : `/api/v1/namespaces/default/configmaps/${name}`;
}

function number(value: Json | undefined, key: string): number {
  const found = isObject(value) ? value[key] : undefined;
  return typeof found === 'number' ? found : 0;
}
