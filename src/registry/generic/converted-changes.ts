import { ApiError } from '../../apimachinery/errors.ts';
import type { CachedObject, Change } from '../../storage/object-store.ts';
import type { RequestContext, Target } from '../registry.ts';
import { convertAll } from './derived-object.ts';

/** So many changes of a watch may wait for their conversion; a watch that falls further behind ends, and its client resumes. */
const maxWaiting = 10_000;

/** Where converted changes go. */
export type ChangesSink = {
  changes(changes: readonly Change[], progress: number): void;
  /** Nothing comes any more; undefined: too many are waiting. */
  end(error: ApiError | undefined): void;
};

/** Gives changes on in order, each batch when its objects are in the target's version. */
export class ConvertedChanges {
  readonly #ctx: RequestContext;
  readonly #target: Target;
  readonly #to: ChangesSink;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #ended = false;

  constructor(ctx: RequestContext, target: Target, to: ChangesSink) {
    this.#ctx = ctx;
    this.#target = target;
    this.#to = to;
  }

  push(changes: readonly Change[], progress: number): void {
    if (this.#ended) return;
    this.#waiting += changes.length;
    if (this.#waiting > maxWaiting) return this.#end(undefined);
    this.#last = this.#last.then(() => this.#pass(changes, progress));
  }

  async #pass(changes: readonly Change[], progress: number): Promise<void> {
    if (this.#ended || this.#ctx.signal.aborted) return;
    try {
      const converted = await this.#convert(changes);
      if (this.#ended) return;
      this.#waiting -= changes.length;
      this.#to.changes(converted, progress);
    } catch (error) {
      if (this.#ctx.signal.aborted) return this.#end(undefined);
      this.#end(error instanceof ApiError ? error : new ApiError(500, 'InternalError', 'Internal error occurred'));
    }
  }

  #end(error: ApiError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#to.end(error);
  }

  /** Old states are converted too: selectors look at them. */
  async #convert(changes: readonly Change[]): Promise<readonly Change[]> {
    const { definition, version } = this.#target;
    const objects = new Set<CachedObject>();
    for (const { object, before } of changes) {
      objects.add(object);
      if (before !== undefined) objects.add(before);
    }
    const list = [...objects];
    const converted = await convertAll(this.#ctx, definition, version, list);
    const byStored = new Map(list.map((stored, i) => [stored, converted[i] ?? stored]));
    const of = (stored: CachedObject): CachedObject => byStored.get(stored) ?? stored;
    return changes.map((change) => ({
      ...change,
      object: of(change.object),
      ...(change.before === undefined ? {} : { before: of(change.before) }),
    }));
  }
}
