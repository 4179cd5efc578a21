import { randomUUID } from 'node:crypto';
import { formatTime } from '../../apimachinery/object.ts';
import { rootCluster, type ClusterName } from '../../logicalcluster/name.ts';
import { compareText } from '../cache/order.ts';
import type { ClusterRecord } from '../object-store.ts';

/** The tree of logical clusters in memory. */
export class MemoryClusters {
  readonly #records = new Map<ClusterName, ClusterRecord>();

  constructor(rootShard: string, revision: number) {
    this.put({
      name: rootCluster,
      shard: rootShard,
      parent: '',
      workspace: 'root',
      uid: randomUUID(),
      revision,
      createdAt: formatTime(new Date()),
      state: 'Active',
    });
  }

  get(name: ClusterName): ClusterRecord | undefined {
    return this.#records.get(name);
  }

  put(record: ClusterRecord): void {
    this.#records.set(record.name, record);
  }

  remove(name: ClusterName): void {
    this.#records.delete(name);
  }

  /** Children sorted by workspace name; a live one hides a deleted one of the same name. */
  children(parent: ClusterName): readonly ClusterRecord[] {
    const byWorkspace = new Map<string, ClusterRecord>();
    for (const record of this.#records.values()) {
      if (record.parent !== parent) continue;
      if (byWorkspace.get(record.workspace)?.state !== 'Active') byWorkspace.set(record.workspace, record);
    }
    return [...byWorkspace.values()].toSorted((a, b) => compareText(a.workspace, b.workspace));
  }

  /** `name` and every live cluster below it. */
  subtree(name: ClusterName): readonly ClusterRecord[] {
    const record = this.#records.get(name);
    const found = record?.state === 'Active' ? [record] : [];
    for (let i = 0; i < found.length; i++) {
      for (const child of this.#records.values()) {
        if (child.parent === found[i]?.name && child.state === 'Active') found.push(child);
      }
    }
    return found;
  }

  deleting(): readonly ClusterRecord[] {
    return [...this.#records.values()].filter((record) => record.state === 'Deleting');
  }
}
