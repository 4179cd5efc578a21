import { ApiError, badRequest, notFound } from '../../apimachinery/errors.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import { keyOf } from '../generic/engine.ts';
import { structField, textField } from '../generic/object-fields.ts';
import type { RequestContext, Target } from '../registry.ts';
import { isGlobalUnicast, joinHostPort, refused, splitSchemeNamePort, unreachable } from './addresses.ts';
import type { ConnectBackend, ConnectCall, ConnectClient, ProxyTarget } from './backend.ts';
import { checkLogOptions } from './log-options.ts';
import { kubeletOf, requireProxyable } from './nodes.ts';
import { containerOf, firstPort, podAddress } from './pod-containers.ts';
import { podBehindService } from './services.ts';

/** What a request to a subresource that connects says beside its target. */
export type ConnectRequest = {
  readonly parameters: URLSearchParams;
  /** Behind the subresource, with its leading slash, or ''. */
  readonly path: string;
};

/** Serves the subresources that are connections: logs, exec, attach, port-forward and the proxies. */
export interface Connector {
  /** Carries the request, or throws the ApiError that stock answers when it cannot. `false`: there is nothing to say (204). */
  connect(ctx: RequestContext, target: Target, request: ConnectRequest, client: ConnectClient): Promise<boolean>;
}

/** Without a backend no pod runs anywhere, and no address is ever dialed: tenants choose those of nodes and pods. */
export function createConnector(options: {
  readonly store: ObjectStore;
  readonly backend?: ConnectBackend;
}): Connector {
  return new StoredConnector(options.store, options.backend);
}

class StoredConnector implements Connector {
  readonly #store: ObjectStore;
  readonly #backend: ConnectBackend | undefined;

  constructor(store: ObjectStore, backend: ConnectBackend | undefined) {
    this.#store = store;
    this.#backend = backend;
  }

  connect(ctx: RequestContext, target: Target, request: ConnectRequest, client: ConnectClient): Promise<boolean> {
    switch (target.definition.resource) {
      case 'nodes':
        return this.#node(ctx, target);
      case 'services':
        return this.#service(ctx, target, request, client);
    }
    switch (target.subresource) {
      case 'log':
        return this.#log(ctx, target, request, client);
      case 'proxy':
        return this.#proxy(ctx, target, request, client);
      default:
        return this.#stream(ctx, target, request, client);
    }
  }

  async #pod(ctx: RequestContext, target: Target, name = target.name): Promise<KubeObject> {
    const stored = await this.#store.get(keyOf(ctx, { ...target, name }));
    if (stored === undefined) throw notFound({ group: '', resource: 'pods' }, name);
    return stored.object;
  }

  async #carried(ctx: RequestContext, call: ConnectCall, client: ConnectClient): Promise<boolean> {
    return this.#backend !== undefined && (await this.#backend.connect(ctx, call, client));
  }

  async #log(ctx: RequestContext, target: Target, { parameters }: ConnectRequest, client: ConnectClient) {
    checkLogOptions(target.name, parameters);
    const pod = await this.#pod(ctx, target);
    const container = containerOf(pod, parameters.get('container') ?? '');
    if (await this.#carried(ctx, { to: 'log', pod, container, parameters }, client)) return true;
    const node = nodeOf(pod);
    if (node === '') return false;
    const { host, port } = await kubeletOf(this.#store, ctx, node, 'pods');
    const address = joinHostPort(host, port);
    const url = `https://${address}/containerLogs/${target.namespace}/${target.name}/${container}${logQuery(parameters)}`;
    throw new ApiError(500, '', `Get "${url}": ${refused(address)}`);
  }

  async #stream(ctx: RequestContext, target: Target, { parameters }: ConnectRequest, client: ConnectClient) {
    const pod = await this.#pod(ctx, target);
    const to = target.subresource === 'exec' || target.subresource === 'attach' ? target.subresource : 'portforward';
    const container = to === 'portforward' ? '' : containerOf(pod, parameters.get('container') ?? '');
    if (await this.#carried(ctx, { to, pod, container, parameters }, client)) return true;
    const node = nodeOf(pod);
    if (node === '') throw badRequest(`pod ${target.name} does not have a host assigned`);
    const { host, port } = await kubeletOf(this.#store, ctx, node, 'pods');
    if (client.upgrade === undefined) throw badRequest('Upgrade request required');
    throw new ApiError(500, '', `error dialing backend: ${refused(joinHostPort(host, port))}`);
  }

  async #proxy(ctx: RequestContext, target: Target, request: ConnectRequest, client: ConnectClient) {
    const { scheme, name, port } = splitSchemeNamePort(target.name, 'pod');
    const pod = await this.#pod(ctx, target, name);
    const proxy = proxyTarget(scheme, port === '' ? firstPort(pod) : port, request.path);
    return this.#proxied(ctx, pod, podAddress(pod), proxy, request, client);
  }

  async #service(ctx: RequestContext, target: Target, request: ConnectRequest, client: ConnectClient) {
    const asked = splitSchemeNamePort(target.name, 'service');
    const { pod, address, port } = await podBehindService(this.#store, ctx, target.namespace, asked, target.name);
    return this.#proxied(ctx, pod, address, proxyTarget(asked.scheme, port, request.path), request, client);
  }

  async #proxied(
    ctx: RequestContext,
    pod: KubeObject,
    address: string,
    proxy: ProxyTarget,
    { parameters }: ConnectRequest,
    client: ConnectClient,
  ): Promise<boolean> {
    if (await this.#carried(ctx, { to: 'proxy', pod, container: '', parameters, proxy }, client)) return true;
    if (!isGlobalUnicast(address)) throw badRequest('address not allowed');
    throw unreachable(refused(joinHostPort(address, proxy.port === '' ? '80' : proxy.port)));
  }

  async #node(ctx: RequestContext, target: Target): Promise<boolean> {
    const { name, port } = splitSchemeNamePort(target.name, 'node');
    const kubelet = await kubeletOf(this.#store, ctx, name, 'nodes');
    requireProxyable(kubelet);
    throw unreachable(refused(joinHostPort(kubelet.host, port === '' ? kubelet.port : port)));
  }
}

function nodeOf(pod: KubeObject): string {
  return textField(structField(pod, 'spec'), 'nodeName');
}

function proxyTarget(scheme: string, port: string, path: string): ProxyTarget {
  return { scheme: scheme === 'https' ? 'https' : 'http', port, path };
}

const logParameters = ['follow', 'limitBytes', 'previous', 'sinceSeconds', 'sinceTime', 'tailLines', 'timestamps'];

/** What of the options a kubelet is asked with. */
function logQuery(parameters: URLSearchParams): string {
  const asked = new URLSearchParams();
  for (const name of logParameters) {
    const value = parameters.get(name);
    if (value !== null && value !== '' && value !== 'false' && value !== '0') asked.set(name, value);
  }
  return asked.size === 0 ? '' : `?${asked.toString()}`;
}
