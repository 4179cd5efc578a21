import type { Json } from '../../../apimachinery/json.ts';
import { ageCell, ageColumn, nameColumn, sinceCell, stringColumn } from '../../../apimachinery/table.ts';
import type { TableConvertor } from '../../resource-definition.ts';
import type { ContainerStatus, Pod, PodStatus } from './pod-status.ts';

type Summary = { ready: number; restarts: number; lastRestart: number; status: string };

/** An absent time, as Go's zero time: before every real one. */
const never = 0;

function lastTermination(container: ContainerStatus): number {
  const at = Date.parse(container.lastState?.terminated?.finishedAt ?? '');
  return Number.isNaN(at) ? never : at;
}

/** How a container ended, when it gave no reason. */
function exitText({ signal = 0, exitCode = 0 }: { signal?: number; exitCode?: number }): string {
  return signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`;
}

type Initialization = { problem: string | undefined; ready: number; all: Restarts; sidecars: Restarts };
type Restarts = { count: number; last: number };

function addRestarts(restarts: Restarts, container: ContainerStatus): void {
  restarts.count += container.restartCount ?? 0;
  restarts.last = Math.max(restarts.last, lastTermination(container));
}

/** How far the init containers are. `problem` is the pod's status while one of them is not done. */
function initialization(pod: Pod, sidecars: ReadonlySet<string>): Initialization {
  const { spec = {}, status = {} } = pod;
  const result: Initialization = {
    problem: undefined,
    ready: 0,
    all: { count: 0, last: never },
    sidecars: { count: 0, last: never },
  };
  for (const [index, container] of (status.initContainerStatuses ?? []).entries()) {
    const isSidecar = sidecars.has(container.name ?? '');
    const { terminated, waiting } = container.state ?? {};
    addRestarts(result.all, container);
    if (isSidecar) addRestarts(result.sidecars, container);
    if (terminated !== undefined && (terminated.exitCode ?? 0) === 0) continue;
    if (isSidecar && container.started === true) {
      if (container.ready === true) result.ready++;
      continue;
    }
    const waits = waiting?.reason ?? '';
    if (terminated !== undefined) result.problem = `Init:${terminated.reason || exitText(terminated)}`;
    else if (waits !== '' && waits !== 'PodInitializing') result.problem = `Init:${waits}`;
    else result.problem = `Init:${index}/${spec.initContainers?.length ?? 0}`;
    break;
  }
  return result;
}

function hasCondition(status: PodStatus, type: string): boolean {
  return status.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;
}

/** isPodInitializedConditionTrue looks at the first condition of the type only. */
function isInitialized(status: PodStatus): boolean {
  return status.conditions?.find((condition) => condition.type === 'Initialized')?.status === 'True';
}

/** What kubectl shows of a pod: how many containers are ready, how often they restarted, and the one word that says how it is. */
function summarize(pod: Pod, sidecars: ReadonlySet<string>): Summary {
  const { status = {} } = pod;
  let word = status.reason || (status.phase ?? '');
  const gated = status.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated');
  if (gated === true) word = 'SchedulingGated';
  const init = initialization(pod, sidecars);
  if (init.problem !== undefined) word = init.problem;
  let { ready } = init;
  let restarts = init.all;
  if (init.problem === undefined || isInitialized(status)) {
    restarts = init.sidecars;
    let running = false;
    for (const container of (status.containerStatuses ?? []).toReversed()) {
      const { waiting, terminated, running: runs } = container.state ?? {};
      addRestarts(restarts, container);
      if ((waiting?.reason ?? '') !== '') word = waiting?.reason ?? '';
      else if (terminated !== undefined) word = terminated.reason || exitText(terminated);
      else if (container.ready === true && runs !== undefined) {
        running = true;
        ready++;
      }
    }
    if (word === 'Completed' && running) word = hasCondition(status, 'Ready') ? 'Running' : 'NotReady';
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') word = 'Unknown';
    else if (status.phase !== 'Failed' && status.phase !== 'Succeeded') word = 'Terminating';
  }
  return { ready, restarts: restarts.count, lastRestart: restarts.last, status: word };
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const conditions = pod.status?.conditions ?? [];
  const met = gates.filter(
    ({ conditionType }) => conditions.find(({ type }) => type === conditionType)?.status === 'True',
  );
  return `${met.length}/${gates.length}`;
}

function cells(pod: Pod, now: Date): Json[] {
  const { spec = {}, status = {} } = pod;
  const sidecars = new Set(
    spec.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name = '' }) => name),
  );
  const { ready, restarts, lastRestart, status: word } = summarize(pod, sidecars);
  const total = (spec.containers?.length ?? 0) + sidecars.size;
  const ago =
    restarts === 0 || lastRestart === never ? '' : ` (${sinceCell(new Date(lastRestart).toISOString(), now)} ago)`;
  return [
    pod.metadata.name ?? '',
    `${ready}/${total}`,
    word,
    `${restarts}${ago}`,
    ageCell(pod, now),
    status.podIPs?.[0]?.ip || '<none>',
    spec.nodeName || '<none>',
    status.nominatedNodeName || '<none>',
    readinessGates(pod),
  ];
}

export const podTable: TableConvertor = {
  columns: [
    nameColumn,
    stringColumn('Ready', 'How many of the containers are ready.'),
    stringColumn('Status', 'How the pod is, in one word.'),
    stringColumn('Restarts', 'How often containers were restarted, and when the last time was.'),
    ageColumn,
    stringColumn('IP', 'The address of the pod.', 1),
    stringColumn('Node', 'The node that runs the pod.', 1),
    stringColumn('Nominated Node', 'The node that makes room for the pod.', 1),
    stringColumn('Readiness Gates', 'How many of the additional conditions are met.', 1),
  ],
  cells: (object, now) => cells(object as Pod, now),
};
