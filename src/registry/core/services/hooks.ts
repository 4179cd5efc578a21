import { needsHealthCheck, type Service, type ServiceSpec } from '../../../api/core/v1/service-types.ts';
import { type ApiError, fieldError, goSyntax, internalError, invalid } from '../../../apimachinery/errors.ts';
import { goStringSlice } from '../../../apimachinery/go-syntax.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ipFamily } from '../../../apimachinery/validation/ip.ts';
import type { ClusterName } from '../../../logicalcluster/name.ts';
import type { ObjectStore, WriteItem } from '../../../storage/object-store.ts';
import { refuseWhenTaken, type ResourceHooks } from '../../generic/hooks.ts';
import { type Allocator, createAllocator, Plan } from './allocator.ts';
import { addressClaims, nodePortClaims } from './claims.ts';
import { checkFamilies } from './families.ts';
import { serviceCidrRanges } from './service-cidrs.ts';
import { ipv4Number, ipv4Text, parseIpRange, parsePortRange, type ServiceRanges } from './ranges.ts';

export type ServiceHookOptions = {
  readonly store: Pick<ObjectStore, 'get' | 'getAny' | 'list'>;
  readonly ranges: ServiceRanges;
};

type Context = {
  readonly cluster: ClusterName;
  readonly service: Service;
  readonly spec: ServiceSpec;
  readonly dryRun: boolean;
  readonly items: WriteItem[];
};

/**
 * Cluster addresses and node ports of Services. Each one in use is an object of its own in the logical cluster, made in the commit that makes the
 * Service have it and removed in the commit that ends that: two Services can never have the same, whatever replica they are written through.
 */
export function serviceHooks(options: ServiceHookOptions): ResourceHooks {
  const { network, hosts } = parseIpRange(options.ranges.clusterIps);
  const portNumbers = parsePortRange(options.ranges.nodePorts);
  const moreRanges = (cluster: ClusterName) => serviceCidrRanges(options.store, cluster);
  const ips = createAllocator(options.store, { ...addressClaims, range: hosts, moreRanges });
  const ports = createAllocator(options.store, { ...nodePortClaims, range: portNumbers });

  async function isInMoreRanges(cluster: ClusterName, value: number): Promise<boolean> {
    return (await moreRanges(cluster)).some((range) => range.contains(value));
  }

  async function giveIp(context: Context): Promise<void> {
    const { spec, service, cluster, dryRun, items } = context;
    const [asked = ''] = spec.clusterIPs ?? [];
    if (asked === 'None') return;
    if (asked === '') {
      // A dry run takes nothing: stock shows the network's own address.
      const value = dryRun ? network : await ips.pick(cluster, new Set());
      if (value === undefined) throw internalError(new Error('failed to allocate a serviceIP: range is full'));
      if (!dryRun) items.push(ips.take(cluster, value, service));
      spec.clusterIP = ipv4Text(value);
      spec.clusterIPs = [spec.clusterIP];
      return;
    }
    const value = ipv4Number(asked);
    // Validation has more to say of what is no address.
    if (ipFamily(asked) === undefined) return;
    if (value === undefined || !(hosts.contains(value) || (await isInMoreRanges(cluster, value)))) {
      throw refusedIp(service, asked, 'the provided network does not match the current range');
    }
    if (dryRun) return;
    items.push(
      refuseWhenTaken(ips.take(cluster, value, service), refusedIp(service, asked, 'provided IP is already allocated')),
    );
  }

  /** `own`: node ports that the Service has already. */
  async function givePorts(context: Context, own: ReadonlySet<number>): Promise<void> {
    const { spec, service, cluster } = context;
    const plan = new Plan(ports, cluster, service, portNumbers, context.dryRun, context.items, own);
    const wants =
      spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
    const given = spec.ports ?? [];
    given.forEach(({ nodePort = 0 }, index) => {
      if (nodePort !== 0) plan.ask(nodePort, (why) => refusedPort(service, index, nodePort, why));
    });
    if (wants) {
      for (const port of given) {
        if (port.nodePort) continue;
        // The same port over another protocol shares the number, where both are new.
        const twin = given.find(
          (other) => other.port === port.port && other.protocol !== port.protocol && (other.nodePort ?? 0) !== 0,
        );
        port.nodePort = own.size === 0 && twin?.nodePort ? twin.nodePort : await plan.next('a nodePort');
      }
    }
  }

  async function giveHealthCheck(context: Context, own: ReadonlySet<number>): Promise<void> {
    const { spec, service, cluster } = context;
    const plan = new Plan(ports, cluster, service, portNumbers, context.dryRun, context.items, own);
    for (const { nodePort = 0 } of spec.ports ?? []) if (nodePort !== 0) plan.used.add(nodePort);
    const asked = spec.healthCheckNodePort ?? 0;
    if (asked === 0) {
      spec.healthCheckNodePort = await plan.next('a HealthCheck NodePort');
      return;
    }
    const refuse = (why: string): ApiError =>
      internalError(new Error(`failed to allocate requested HealthCheck NodePort ${asked}: ${why}`));
    if (plan.used.has(asked)) throw refuse('provided port is already allocated');
    plan.ask(asked, refuse);
  }

  async function release(
    allocator: Allocator,
    cluster: ClusterName,
    values: Iterable<number>,
    service: Service,
  ): Promise<WriteItem[]> {
    const items = await Promise.all([...values].map((value) => allocator.release(cluster, value, service)));
    return items.filter((item) => item !== undefined);
  }

  return {
    choosesAnew: true,
    async beforeCreate(ctx, object, dryRun) {
      const service = object as Service;
      const spec = (service.spec ??= {});
      if (!validatesLater(spec)) return [];
      checkFamilies(service);
      const context = { cluster: ctx.cluster.name, service, spec, dryRun, items: [] as WriteItem[] };
      await giveIp(context);
      await givePorts(context, new Set());
      if (needsHealthCheck(spec)) await giveHealthCheck(context, new Set());
      return context.items;
    },
    async beforeUpdate(ctx, object, before, dryRun) {
      const service = object as Service;
      const spec = (service.spec ??= {});
      const old = (before as Service).spec ?? {};
      const cluster = ctx.cluster.name;
      const context = { cluster, service, spec, dryRun, items: [] as WriteItem[] };
      const ownPorts = portsOf(old);
      if (validatesLater(spec)) {
        checkFamilies(service);
        if (old.type === 'ExternalName' || (spec.clusterIPs ?? []).length === 0) await giveIp(context);
        await givePorts(context, ownPorts);
        if (needsHealthCheck(spec) && !needsHealthCheck(old)) await giveHealthCheck(context, ownPorts);
      }
      if (dryRun) return [];
      const keptIps = ipsOf(spec);
      const keptPorts = portsOf(spec);
      const goneIps = [...ipsOf(old)].filter((value) => !keptIps.has(value));
      const gonePorts = [...ownPorts].filter((value) => !keptPorts.has(value));
      return [
        ...context.items,
        ...(await release(ips, cluster, goneIps, before as Service)),
        ...(await release(ports, cluster, gonePorts, before as Service)),
      ];
    },
    async beforeRemove({ object, key }) {
      const service = object as Service;
      return [
        ...(await release(ips, key.cluster, ipsOf(service.spec ?? {}), service)),
        ...(await release(ports, key.cluster, portsOf(service.spec ?? {}), service)),
      ];
    },
  };
}

/** Whether a Service has an address of the cluster; what has no such type is for validation to refuse. */
function validatesLater({ type }: ServiceSpec): boolean {
  return type === 'ClusterIP' || type === 'NodePort' || type === 'LoadBalancer';
}

function ipsOf({ clusterIPs = [], clusterIP = '' }: ServiceSpec): Set<number> {
  const all = clusterIPs.length > 0 ? clusterIPs : [clusterIP];
  return new Set(all.map(ipv4Number).filter((value) => value !== undefined));
}

function portsOf({ ports = [], healthCheckNodePort = 0 }: ServiceSpec): Set<number> {
  const all = [...ports.map(({ nodePort = 0 }) => nodePort), healthCheckNodePort];
  return new Set(all.filter((port) => port !== 0));
}

const kind = { group: '', kind: 'Service' };

function refusedIp(service: KubeObject & { spec?: ServiceSpec }, ip: string, why: string): ApiError {
  const shown = goSyntax(goStringSlice(service.spec?.clusterIPs));
  const error = fieldError.invalid('spec.clusterIPs', shown, `failed to allocate IP ${ip}: ${why}`);
  return invalid(kind, service.metadata.name ?? '', [error]);
}

function refusedPort(service: KubeObject, index: number, port: number, why: string): ApiError {
  return invalid(kind, service.metadata.name ?? '', [fieldError.invalid(`spec.ports[${index}].nodePort`, port, why)]);
}
