import type { StrategyContext } from '../../../resource-definition.ts';
import type { ContainerPort, PodSpec } from './types.ts';

type Placed = { readonly port: ContainerPort; readonly at: string };

/** Warns of ports of one pod that contradict or repeat each other. `path` is the pod spec's. */
export function warnOfPorts(spec: PodSpec, path: string, ctx: StrategyContext): void {
  const placed: Placed[] = [];
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const)
    spec[list]?.forEach(({ ports }, container) =>
      ports?.forEach((port, index) => placed.push({ port, at: `${path}.${list}[${container}].ports[${index}]` })),
    );
  if (placed.length === 0) return;
  const byNumber = new Map<string, Placed[]>();
  for (const { port, at } of placed) {
    const { hostIP = '', hostPort = 0, containerPort = 0, protocol = '', name = '' } = port;
    if (hostIP !== '' && hostPort === 0) {
      const shown = `{Name:${name} HostPort:0 ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
      ctx.warn(`${at}: hostIP set without hostPort: ${shown}`);
    }
    const key = `${containerPort}/${protocol}`;
    const others = byNumber.get(key);
    if (others === undefined) {
      byNumber.set(key, [{ port, at }]);
      continue;
    }
    for (const other of others) {
      const problem = overlap(port, other.port);
      if (problem !== undefined) ctx.warn(`${at}: ${problem} port definition with ${other.at}`);
    }
    others.push({ port, at });
  }
  warnOfPortNames(placed, ctx);
}

function overlap(a: ContainerPort, b: ContainerPort): string | undefined {
  const [ip, otherIp] = [a.hostIP ?? '', b.hostIP ?? ''];
  const [port, otherPort] = [a.hostPort ?? 0, b.hostPort ?? 0];
  if (ip === otherIp && port === otherPort) return 'duplicate';
  if (port === 0 || otherPort === 0) return 'overlapping';
  return port === otherPort && (ip === '') !== (otherIp === '') ? 'dangerously ambiguous' : undefined;
}

function warnOfPortNames(placed: readonly Placed[], ctx: StrategyContext): void {
  const first = new Map<string, string>();
  for (const { port, at } of placed) {
    const { name = '' } = port;
    if (name === '') continue;
    const other = first.get(name);
    if (other === undefined) first.set(name, at);
    else
      ctx.warn(
        `${at}: duplicate port name "${name}" with ${other}, services and probes that select ports by name will use ${other}`,
      );
  }
}
