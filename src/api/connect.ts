import type { SubresourceDefinition, Verb } from './resource-definition.ts';

/** An HTTP method as OpenAPI names it. */
export type ConnectMethod = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch';

/** What a subresource takes that is no part of an object but a connection to where the object is. */
export type ConnectDeclaration = {
  readonly methods: readonly ConnectMethod[];
  readonly parameters: readonly { readonly name: string; readonly type: 'string' | 'integer' | 'boolean' }[];
  /** A path may follow, which belongs to the other end. */
  readonly takesPath: boolean;
  /** It reads a text and has the verb get, where others have the action connect. */
  readonly reads: boolean;
};

function parameters(type: 'string' | 'integer' | 'boolean', ...names: string[]): ConnectDeclaration['parameters'] {
  return names.map((name) => ({ name, type }));
}

function subresource(kind: string, verbs: readonly Verb[], connect: ConnectDeclaration): SubresourceDefinition {
  return { kind: { group: '', version: 'v1', kind }, verbs, connect };
}

const streamVerbs: readonly Verb[] = ['create', 'get'];
const streamOptions = [
  ...parameters('string', 'container'),
  ...parameters('boolean', 'stderr', 'stdin', 'stdout', 'tty'),
];
const stream = { methods: ['get', 'post'], takesPath: false, reads: false } as const;

/** HTTP to the object itself, by any method. `owner` is the object's kind. */
export function proxySubresource(owner: 'Pod' | 'Node' | 'Service'): SubresourceDefinition {
  return subresource(`${owner}ProxyOptions`, ['create', 'delete', 'get', 'patch', 'update'], {
    methods: ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'],
    parameters: parameters('string', 'path'),
    takesPath: true,
    reads: false,
  });
}

/** What leads into the containers of a pod. */
export const podConnections: Readonly<Record<string, SubresourceDefinition>> = {
  attach: subresource('PodAttachOptions', streamVerbs, { ...stream, parameters: streamOptions }),
  exec: subresource('PodExecOptions', streamVerbs, {
    ...stream,
    parameters: [...parameters('string', 'command'), ...streamOptions],
  }),
  log: subresource('Pod', ['get'], {
    methods: ['get'],
    parameters: [
      ...parameters('string', 'container', 'stream'),
      ...parameters('boolean', 'follow', 'insecureSkipTLSVerifyBackend', 'previous', 'timestamps'),
      ...parameters('integer', 'limitBytes', 'sinceSeconds', 'tailLines'),
    ],
    takesPath: false,
    reads: true,
  }),
  portforward: subresource('PodPortForwardOptions', streamVerbs, {
    ...stream,
    parameters: parameters('integer', 'ports'),
  }),
  proxy: proxySubresource('Pod'),
};
