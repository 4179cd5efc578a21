import { type Command, Option } from 'commander';
import { StartError } from '../server/prepare.ts';
import { formatKubeconfig, type KubeconfigOptions, writeKubeconfig } from '../server/kubeconfig.ts';
import { parseDuration } from '../config/values.ts';
import type { Endpoint } from '../sync/transport/kubeconfig.ts';
import { type ApiClient, createApiClient, endpointOf } from './api-client.ts';
import { issueCertificate } from './kubeconfig/issue-certificate.ts';
import { issueToken } from './kubeconfig/issue-token.ts';
import { listIssued, revoke } from './kubeconfig/issued.ts';
import { execOf, oidcFlags, type OidcChoice } from './kubeconfig/oidc.ts';

type Options = OidcChoice & {
  readonly user?: string;
  readonly group?: readonly string[];
  readonly serviceAccount?: string;
  readonly oidc?: true | 'kubelogin';
  readonly role?: string;
  readonly namespace?: string;
  readonly expires: string;
  readonly out?: string;
  readonly list?: true;
  readonly revoke?: string;
  readonly kubeconfig?: string;
  readonly dataDir?: string;
};

/**
 * `atoll kubeconfig WORKSPACE`: writes a kubeconfig that is good in that workspace only, for a user (client certificate), a ServiceAccount (token) or for whoever
 * signs in (OpenID Connect); lists and revokes what was issued.
 */
export function define(command: Command): void {
  command
    .argument('<workspace>', 'root, root:team, …')
    .option('--user <NAME>', 'a client certificate for this user')
    .option('--group <NAME...>', 'group of the user; may be repeated')
    .option('--service-account <NAMESPACE/NAME>', 'a token of this ServiceAccount')
    .addOption(
      new Option('--oidc [PLUGIN]', 'sign in with OpenID Connect: atoll login, or kubelogin').choices(['kubelogin']),
    )
    .option('--role <CLUSTERROLE>', 'bind the user to this ClusterRole, in --namespace or everywhere in the workspace')
    .option('-n, --namespace <NAME>', 'namespace of the context, and of --role')
    .option('--expires <DURATION>', 'how long the credential is good', '24h')
    .option('-o, --out <FILE>', 'write it there, for its owner only (default: standard output)')
    .option('--list', 'show what is issued')
    .option('--revoke <ID>', 'end a credential that --list shows')
    .option('--kubeconfig <FILE>', "as whom to ask (default: $KUBECONFIG, then the administrator's)")
    .option('--data-dir <DIR>', "where the administrator's kubeconfig is", './.atoll');
  for (const flag of oidcFlags) command.addOption(flag);
  command.action(async (workspace: string, options: Options) => {
    const endpoint = endpointOf(options, workspace);
    const client = createApiClient(endpoint, 'atoll');
    try {
      if (options.list === true) await showIssued(client);
      else if (options.revoke === undefined) await write(workspace, options, endpoint, client);
      else {
        const { kind, user } = await revoke(client, options.revoke);
        console.log(`revoked: ${kind} of ${user}`);
      }
    } finally {
      client.close();
    }
  });
}

async function showIssued(client: ApiClient): Promise<void> {
  for (const { id, kind, user, expires } of await listIssued(client))
    console.log([kind, kind === 'certificate' ? id.slice(0, 16) : id, user, expires].join('\t'));
}

async function write(workspace: string, options: Options, endpoint: Endpoint, client: ApiClient): Promise<void> {
  const ways = [options.user, options.serviceAccount, options.oidc].filter((way) => way !== undefined);
  if (ways.length !== 1) throw new StartError('give one of --user, --service-account, --oidc, --list and --revoke');
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  const config: Omit<KubeconfigOptions, 'file'> = {
    server: `https://${host}:${endpoint.port}${endpoint.basePath}`,
    caCertificatePem: endpoint.ca ?? '',
    contextName: workspace,
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    ...(await credential(workspace, options, client)),
  };
  if (options.out === undefined) process.stdout.write(formatKubeconfig({ ...config, file: '' }));
  else {
    await writeKubeconfig({ ...config, file: options.out });
    console.error(`written: ${options.out}`);
  }
}

type Credential = Pick<KubeconfigOptions, 'token' | 'clientCert' | 'exec' | 'userName' | 'namespace'>;

async function credential(workspace: string, options: Options, client: ApiClient): Promise<Credential> {
  const seconds = Math.floor(parseDuration('expires', options.expires) / 1000);
  if (options.user !== undefined) {
    const { user, group: groups = [] } = options;
    const clientCert = await issueCertificate(client, { user, groups, seconds });
    if (options.role !== undefined) await bind(client, options, { kind: 'User', name: user });
    return { clientCert, userName: user };
  }
  if (options.serviceAccount !== undefined) {
    const [namespace = '', account = '', ...rest] = options.serviceAccount.split('/');
    if (account === '' || rest.length > 0) throw new StartError('--service-account: NAMESPACE/NAME');
    const { token } = await issueToken(client, { namespace, account, seconds });
    if (options.role !== undefined) await bind(client, options, { kind: 'ServiceAccount', name: account, namespace });
    return { token, userName: account, namespace: options.namespace ?? namespace };
  }
  return { exec: execOf(options, options.oidc === 'kubelogin'), userName: `${workspace}-oidc` };
}

type Subject = { readonly kind: 'User' | 'ServiceAccount'; readonly name: string; readonly namespace?: string };

/** Gives the subject a ClusterRole, in one namespace or everywhere in the workspace. The same call again changes nothing. */
async function bind(client: ApiClient, { role = '', namespace }: Options, subject: Subject): Promise<void> {
  const group = 'rbac.authorization.k8s.io';
  const kind = namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding';
  const scope = namespace === undefined ? '' : `namespaces/${encodeURIComponent(namespace)}/`;
  const name = `kubeconfig:${role}:${subject.kind}:${subject.namespace ?? ''}:${subject.name}`;
  await client.apply(`/apis/${group}/v1/${scope}${kind.toLowerCase()}s/${encodeURIComponent(name)}`, {
    apiVersion: `${group}/v1`,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: role },
    subjects: [{ ...(subject.kind === 'User' ? { apiGroup: group } : {}), ...subject }],
  });
}
