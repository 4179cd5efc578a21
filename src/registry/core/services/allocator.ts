import type { Service } from '../../../api/core/v1/service-types.ts';
import { type ApiError, internalError } from '../../../apimachinery/errors.ts';
import { formatTime, type KubeObject } from '../../../apimachinery/object.ts';
import type { ClusterName } from '../../../logicalcluster/name.ts';
import type { ObjectKey, ObjectStore, WriteItem } from '../../../storage/object-store.ts';
import { storedText } from '../../../storage/serialized-object.ts';
import { refuseWhenTaken } from '../../generic/hooks.ts';
import type { NumberRange } from './ranges.ts';

export type AllocatorOptions = {
  /** Under which the numbers in use are stored, one object each. */
  readonly resource: string;
  readonly range: NumberRange;
  /** Further ranges of a logical cluster, looked at when `range` has no number left. */
  readonly moreRanges?: (cluster: ClusterName) => Promise<readonly NumberRange[]>;
  readonly nameOf: (value: number) => string;
  readonly numberOf: (name: string) => number | undefined;
  /** What says that the number is the Service's, and when. */
  readonly claim: (name: string, service: Service, now: string) => KubeObject;
  /** Whether an object says so. */
  readonly isClaimOf: (object: KubeObject, service: Service) => boolean;
};

/** Numbers of a range that at most one Service of a logical cluster has. */
export type Allocator = {
  /** A number that nobody seems to have; undefined when all are taken. A commit may still find it taken. */
  pick(cluster: ClusterName, taken: ReadonlySet<number>): Promise<number | undefined>;
  /** What makes it the Service's; the commit fails when another has it. */
  take(cluster: ClusterName, value: number, service: Service): WriteItem;
  /** What makes it free again; undefined when it is not that Service's. */
  release(cluster: ClusterName, value: number, service: Service): Promise<WriteItem | undefined>;
};

/** Unless a range is nearly full, a few guesses find a free number without looking at all that are taken. */
const maxGuesses = 8;

export function createAllocator(
  store: Pick<ObjectStore, 'get' | 'getAny' | 'list'>,
  { resource, range, moreRanges, nameOf, numberOf, claim, isClaimOf }: AllocatorOptions,
): Allocator {
  const keyOf = (cluster: ClusterName, value: number): ObjectKey => ({
    cluster,
    resource,
    namespace: '',
    name: nameOf(value),
  });
  return {
    async pick(cluster, taken) {
      for (let guesses = 0; guesses < maxGuesses; guesses++) {
        const guess = range.random();
        if (!taken.has(guess) && (await store.getAny(keyOf(cluster, guess))) === undefined) return guess;
      }
      const { items } = await store.list({ cluster, resource, at: { mode: 'fresh' } });
      const used = new Set(taken);
      for (const { key } of items) {
        const value = numberOf(key.name);
        if (value !== undefined) used.add(value);
      }
      const free = range.free(used);
      if (free !== undefined || moreRanges === undefined) return free;
      for (const more of await moreRanges(cluster)) {
        const found = more.free(used);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    take(cluster, value, service) {
      const object = claim(nameOf(value), service, formatTime(new Date()));
      return { op: 'create', key: keyOf(cluster, value), text: storedText(object) };
    },
    async release(cluster, value, service) {
      const key = keyOf(cluster, value);
      const found = await store.get(key);
      if (found === undefined || !isClaimOf(found.object, service)) return undefined;
      return { op: 'delete', key, expected: found.revision, text: found.text };
    },
  };
}

/** The numbers that one write of a Service takes. */
export class Plan {
  /** Numbers that the Service has or is about to have. */
  readonly used: Set<number>;
  readonly #allocator: Allocator;
  readonly #cluster: ClusterName;
  readonly #service: Service;
  readonly #range: NumberRange;
  readonly #dryRun: boolean;
  readonly #items: WriteItem[];

  constructor(
    allocator: Allocator,
    cluster: ClusterName,
    service: Service,
    range: NumberRange,
    dryRun: boolean,
    items: WriteItem[],
    own: ReadonlySet<number>,
  ) {
    this.#allocator = allocator;
    this.#cluster = cluster;
    this.#service = service;
    this.#range = range;
    this.#dryRun = dryRun;
    this.#items = items;
    this.used = new Set(own);
  }

  /** A number that the client wants. Throws what `refuse` makes when it lies outside the range; the commit fails with it when it is taken. */
  ask(value: number, refuse: (why: string) => ApiError): void {
    if (this.used.has(value)) return;
    this.used.add(value);
    if (this.#dryRun) return;
    if (!this.#range.contains(value)) {
      const { first, last } = this.#range;
      throw refuse(`provided port is not in the valid range. The range of valid ports is ${first}-${last}`);
    }
    const item = this.#allocator.take(this.#cluster, value, this.#service);
    this.#items.push(refuseWhenTaken(item, refuse('provided port is already allocated')));
  }

  /** A number that the server chooses. In a dry run, as in stock, one that lies outside the range, since nothing is taken. */
  async next(what: string): Promise<number> {
    if (this.#dryRun) {
      let value = this.#range.last + 2;
      while (this.used.has(value)) value++;
      this.used.add(value);
      return value;
    }
    const value = await this.#allocator.pick(this.#cluster, this.used);
    if (value === undefined) throw internalError(new Error(`failed to allocate ${what}: range is full`));
    this.used.add(value);
    this.#items.push(this.#allocator.take(this.#cluster, value, this.#service));
    return value;
  }
}
