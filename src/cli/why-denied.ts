import type { Command } from 'commander';
import { isObject, type Json, type JsonObject } from '../apimachinery/json.ts';
import { createApiClient, endpointOf } from './api-client.ts';

type Options = {
  readonly workspace?: string;
  readonly namespace?: string;
  readonly group?: readonly string[];
  readonly kubeconfig?: string;
  readonly dataDir?: string;
  readonly output?: string;
};

const path = '/apis/access.atoll.dev/v1alpha1/accessexplanations';

/**
 * `atoll why-denied USER VERB RESOURCE [NAME]`: which authorizer decides, which binding and rule allow it, or what is missing. Exit code 0 when it is allowed,
 * 2 when not.
 */
export function define(command: Command): void {
  command
    .argument('<user>', 'user name, or serviceaccount:NAMESPACE:NAME')
    .argument('<verb>', 'get, list, watch, create, update, patch, delete …')
    .argument('<resource>', 'pods, deployments.apps, pods/log, or a path such as /metrics')
    .argument('[name]', 'name of the object')
    .option('--workspace <PATH>', "logical cluster (default: the kubeconfig's)")
    .option('-n, --namespace <NAME>', 'namespace (default: cluster-wide)')
    .option('--group <NAME...>', 'group of the user; may be repeated')
    .option('--kubeconfig <FILE>', "as whom to ask (default: $KUBECONFIG, then the administrator's)")
    .option('--data-dir <DIR>', "where the administrator's kubeconfig is", './.atoll')
    .option('-o, --output <FORMAT>', 'json: the answer as it is');
  command.action(async (user: string, verb: string, resource: string, name: string | undefined, options: Options) => {
    const client = createApiClient(endpointOf(options, options.workspace), 'atoll');
    try {
      const review = await client.post(path, {
        apiVersion: 'access.atoll.dev/v1alpha1',
        kind: 'AccessExplanation',
        spec: { ...subjectOf(user, options.group ?? []), ...questionOf(verb, resource, name, options.namespace) },
      });
      const status = isObject(review['status']) ? review['status'] : {};
      console.log(options.output === 'json' ? JSON.stringify(status, undefined, 2) : describeExplanation(status));
      process.exitCode = status['allowed'] === true ? 0 : 2;
    } finally {
      client.close();
    }
  });
}

/** ServiceAccounts have their groups by themselves, everybody has signed in. */
function subjectOf(user: string, groups: readonly string[]): JsonObject {
  const [kind, namespace, name, ...rest] = user.replace(/^system:/, '').split(':');
  if (kind !== 'serviceaccount' || !namespace || !name || rest.length > 0)
    return { user, groups: [...groups, 'system:authenticated'] };
  const own = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  return { user: `system:serviceaccount:${namespace}:${name}`, groups: [...own, ...groups, 'system:authenticated'] };
}

function questionOf(verb: string, resource: string, name = '', namespace = ''): JsonObject {
  if (resource.startsWith('/')) return { nonResourceAttributes: { verb, path: resource } };
  const [whole = '', subresource = ''] = resource.split('/', 2);
  const [plural = '', ...group] = whole.split('.');
  return {
    resourceAttributes: { verb, resource: plural, group: group.join('.'), subresource, name, namespace },
  };
}

/** An explanation as lines for people. */
export function describeExplanation(status: JsonObject): string {
  const lines = [`${status['allowed'] === true ? 'allowed' : 'denied'} by ${text(status['authorizer'])}`];
  const say = (what: string, value: string): void => {
    if (value !== '') lines.push(`  ${what}: ${value}`);
  };
  say('reason', text(status['reason']));
  say('binding', text(status['binding']));
  say('rule', compact(status['rule']));
  say('missing rule', compact(status['missing']));
  for (const near of list(status['near']))
    if (isObject(near)) say('near', `${text(near['binding'])} ${text(near['problem'])}`);
  say('roles that have it', list(status['roles']).map(text).join(', '));
  return lines.join('\n');
}

function compact(rule: Json | undefined): string {
  return rule === undefined ? '' : JSON.stringify(rule);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
