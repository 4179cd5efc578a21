import { readdirSync, readFileSync } from 'node:fs';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';

export type BenchServer = ServerProcess;

/** A server in a process of its own, as a user starts it. */
export function startBenchServer(dataDir: string, flags: readonly string[] = []): Promise<BenchServer> {
  return startServerProcess({ dataDir, flags });
}

export type Memory = { readonly node: number; readonly postgres: number; readonly processes: number };

/** Proportional set size (shared pages divided by their users), in MiB, of a process and its descendants, by program. */
export function memoryOf(root: number): Memory {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = readProc(entry, 'stat');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  let node = 0;
  let postgres = 0;
  let processes = 0;
  const visit = (pid: number): void => {
    const kilobytes = Number(/^Pss:\s+(\d+)/m.exec(readProc(String(pid), 'smaps_rollup'))?.[1] ?? 0);
    const program = readProc(String(pid), 'comm');
    if (program.startsWith('postgres')) postgres += kilobytes;
    else if (program.startsWith('atoll')) {
      node += kilobytes;
      processes++;
    }
    for (const child of children.get(pid) ?? []) visit(child);
  };
  visit(root);
  return { node: node / 1024, postgres: postgres / 1024, processes };
}

/** Milliseconds of CPU that the Node processes of a server have used so far, Postgres not counted. */
export function cpuOf(root: number): number {
  let ticks = 0;
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = readProc(entry, 'stat');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(entry) !== root && Number(fields[1]) !== root) continue;
    if (readProc(entry, 'comm').startsWith('atoll')) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * 10;
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
