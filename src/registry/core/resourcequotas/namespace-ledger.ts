import { setImmediate } from 'node:timers/promises';
import { addAmounts, type Amounts } from '../../../apimachinery/amounts.ts';
import { serviceUnavailable } from '../../../apimachinery/errors.ts';
import { keyText, isObjectItem } from '../../../storage/group.ts';
import {
  type ObjectStore,
  StorageUnavailable,
  type WriteItem,
  type WriteOutcome,
} from '../../../storage/object-store.ts';
import { type Charge, deltaOf, refusalOf } from './charge.ts';
import type { ChargedWrite, View } from './ledger.ts';
import { type Quota, quotaResource, statusItem } from './quota.ts';

export type NamespaceLedgerOptions = {
  readonly store: Pick<ObjectStore, 'commit'>;
  readonly view: (isFresh: boolean) => Promise<View>;
  /** What is used of a quota before these charges. */
  readonly balanceOf: (quota: Quota, charges: readonly Charge[]) => Promise<Amounts>;
  /** Nothing waits any more. */
  readonly onIdle: () => void;
};

type Waiting = ChargedWrite & {
  readonly resolve: (outcomes: readonly WriteOutcome[]) => void;
  readonly reject: (error: unknown) => void;
};

type Draft = { readonly quota: Quota; used: Amounts; isChanged: boolean };

const maxWaiting = 5000;
const maxTogether = 64;
const maxBytesTogether = 1024 * 1024;
/** Other replicas win at most so often before a write gives up; each time at least one write somewhere succeeds. */
const maxLosses = 100;

/** The writes of one namespace that its quotas concern, one batch after the other. */
export class NamespaceLedger {
  readonly #options: NamespaceLedgerOptions;
  #queue: Waiting[] = [];
  #isRunning = false;

  constructor(options: NamespaceLedgerOptions) {
    this.#options = options;
  }

  /** As QuotaLedger.commit. */
  commit(write: ChargedWrite): Promise<readonly WriteOutcome[]> {
    if (this.#queue.length >= maxWaiting)
      return Promise.reject(serviceUnavailable('too many writes wait for the quotas of this namespace, try again'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...write, resolve, reject });
      if (this.#isRunning) return;
      this.#isRunning = true;
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    // What the same turn of the event loop brings is committed together.
    await setImmediate();
    while (this.#queue.length > 0) await this.#settle(this.#take());
    this.#isRunning = false;
    this.#options.onIdle();
  }

  /** The first that fit together: no object twice, and a quota's own changes alone, as the others may have to change it. */
  #take(): readonly Waiting[] {
    const taken: Waiting[] = [];
    const left: Waiting[] = [];
    const keys = new Set<string>();
    let bytes = 0;
    let isFull = false;
    for (const waiting of this.#queue) {
      const own = waiting.items.filter(isObjectItem);
      const size = own.reduce((sum, { text }) => sum + text.length, 0);
      const isAlone = waiting.key.resource === quotaResource;
      isFull ||= taken.length >= maxTogether || (taken.length > 0 && (isAlone || bytes + size > maxBytesTogether));
      const repeats = own.some(({ key }) => keys.has(keyText(key)));
      if (isFull || repeats) left.push(waiting);
      else {
        taken.push(waiting);
        bytes += size;
        isFull = isAlone;
      }
      for (const { key } of own) keys.add(keyText(key));
    }
    this.#queue = left;
    return taken;
  }

  /** Sees every write of a batch through: committed, refused, or failed by itself. Never throws. */
  async #settle(batch: readonly Waiting[]): Promise<void> {
    let open = batch;
    try {
      let isFresh = false;
      for (let losses = 0; open.length > 0; losses++) {
        if (losses > maxLosses) throw serviceUnavailable('too many writes at once, try again');
        open = await this.#round(open, isFresh);
        isFresh = true;
      }
    } catch (error) {
      // One of them may be to blame: the others must not suffer for it.
      if (open.length > 1 && !(error instanceof StorageUnavailable))
        for (const each of open) await this.#settle([each]);
      else for (const each of open) each.reject(error);
    }
  }

  /** Tries to commit a batch. Gives the writes that have to be decided anew. */
  async #round(batch: readonly Waiting[], isFresh: boolean): Promise<readonly Waiting[]> {
    const { guard, quotas } = await this.#options.view(isFresh);
    const drafts = await this.#drafts(quotas, batch);
    const accepted: Waiting[] = [];
    const refused: { readonly write: Waiting; readonly why: string }[] = [];
    for (const write of batch) {
      const own = drafts.filter(({ quota }) => !isOf(write, quota));
      const why = refusalOf(write.charge, own);
      if (why !== undefined) refused.push({ write, why });
      else {
        accepted.push(write);
        for (const draft of own) charge(draft, write.charge);
      }
    }
    // What is refused is refused on the newest balance only.
    if (refused.length > 0 && !isFresh) return this.#round(batch, true);
    const again = await this.#commit(accepted, drafts, guard);
    // Had something else become of the others, there might have been room.
    if (again !== 'done') return [...again, ...refused.map(({ write }) => write)];
    for (const { write, why } of refused) write.reject(write.refuse(why));
    return [];
  }

  async #drafts(quotas: readonly Quota[], batch: readonly Waiting[]): Promise<readonly Draft[]> {
    const drafts: Draft[] = [];
    for (const quota of quotas) {
      const charges = batch
        .filter((write) => !isOf(write, quota) && deltaOf(quota, write.charge) !== undefined)
        .map((write) => write.charge);
      const used = await this.#options.balanceOf(quota, charges);
      // A fresh count is worth keeping, even when it makes everything be refused.
      drafts.push({ quota, used, isChanged: used !== quota.used });
    }
    return drafts;
  }

  /** `done`: all of it is committed. Else the writes that are neither committed nor have failed by themselves. */
  async #commit(
    accepted: readonly Waiting[],
    drafts: readonly Draft[],
    guard: number,
  ): Promise<'done' | readonly Waiting[]> {
    const changed = drafts.filter(({ isChanged }) => isChanged);
    const statuses = changed.map(({ quota, used }) => statusItem(quota, used));
    const items: readonly WriteItem[] = [...statuses, ...accepted.flatMap((write) => write.items)];
    if (items.length === 0) return 'done';
    const outcomes = await this.#options.store.commit(items, { guard });
    const isDone = outcomes.every(({ ok }) => ok);
    const again: Waiting[] = [];
    let at = statuses.length;
    for (const write of accepted) {
      const own = outcomes.slice(at, (at += write.items.length));
      if (isDone || own.some(isOwnFailure)) write.resolve(own);
      else again.push(write);
    }
    // Of a logical cluster that is gone, nothing can be said anew.
    const isGone = outcomes.some((outcome) => !outcome.ok && outcome.why === 'noCluster');
    return isDone || isGone ? 'done' : again;
  }
}

/** A failure of the write itself, which another decision about quotas would not mend. */
function isOwnFailure(outcome: WriteOutcome): boolean {
  return !outcome.ok && outcome.why !== 'aborted' && outcome.why !== 'outdated';
}

/** A quota does not count its own changes: they change it already. Once it is there, it counts itself among the others. */
function isOf({ key }: ChargedWrite, { cached }: Quota): boolean {
  return key.resource === quotaResource && key.name === cached.key.name;
}

function charge(draft: Draft, by: Charge): void {
  const delta = deltaOf(draft.quota, by);
  if (delta === undefined || delta.size === 0) return;
  draft.used = addAmounts(draft.used, delta);
  draft.isChanged = true;
}
