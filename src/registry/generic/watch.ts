import { type ApiError, expired, methodNotSupported } from '../../apimachinery/errors.ts';
import type { VersionDefinition } from '../../api/resource-definition.ts';
import {
  type CachedObject,
  type Change,
  type ListOptions,
  RevisionCompacted,
  type WatchHandle,
} from '../../storage/object-store.ts';
import type { RequestContext, Target, WatchEvent, WatchRequest, WatchSink } from '../registry.ts';
import { ConvertedChanges } from './converted-changes.ts';
import { convertAll, convertCached, restamp } from './derived-object.ts';
import type { Engine } from './engine.ts';
import { validateWatchRequest } from './list-options.ts';
import { factsOf } from './resource-facts.ts';
import { parseResourceVersionParameter } from './resource-version.ts';
import { type CompiledSelection, compileSelection } from './selection.ts';
import { isStorageVersion } from './versions.ts';

/**
 * Follows a collection. Without a revision (or with 0) it begins with an ADDED for everything there is; with sendInitialEvents it also marks their
 * end. Gives the function that stops it.
 * @throws 400 and 422 for the request itself; everything later is told to the sink.
 */
export async function watchObjects(
  engine: Engine,
  ctx: RequestContext,
  target: Target,
  request: WatchRequest,
  sink: WatchSink,
): Promise<() => void> {
  if (target.subresource !== '') throw methodNotSupported(factsOf(target.definition).gr, 'watch');
  validateWatchRequest(request);
  const asked = request.resourceVersion ?? '';
  const requested = asked === '' ? 0 : parseResourceVersionParameter(asked);
  const selection = compileSelection(target.definition, request);
  const shape = new EventShape(target, selection);
  const stream = new WatchStream(engine, ctx, target, shape, sink);
  if (request.sendInitialEvents === true) {
    const revision = await stream.sendState(
      asked === ''
        ? { mode: 'fresh' }
        : requested === 0
          ? { mode: 'any' }
          : { mode: 'notOlderThan', revision: requested },
    );
    if (revision === undefined) return () => undefined;
    sink.initialEventsEnd(revision);
    stream.follow(revision);
  } else if (requested === 0 && request.sendInitialEvents !== false) {
    const revision = await stream.sendState(asked === '' ? { mode: 'fresh' } : { mode: 'any' });
    if (revision === undefined) return () => undefined;
    stream.follow(revision);
  } else {
    stream.follow(requested === 0 ? engine.store.revision(ctx.cluster.shard) : requested);
  }
  stream.endWithDefinition();
  await stream.endIfClusterGone();
  return () => stream.close();
}

const none: readonly WatchEvent[] = [];

/** One watch between its list and its end. */
class WatchStream {
  readonly #engine: Engine;
  readonly #ctx: RequestContext;
  readonly #target: Target;
  readonly #shape: EventShape;
  readonly #sink: WatchSink;
  #handle: WatchHandle | undefined;
  #originHandle: WatchHandle | undefined;
  #closed = false;

  constructor(engine: Engine, ctx: RequestContext, target: Target, shape: EventShape, sink: WatchSink) {
    this.#engine = engine;
    this.#ctx = ctx;
    this.#target = target;
    this.#shape = shape;
    this.#sink = sink;
  }

  /** Sends the state as ADDED events; gives its revision. */
  async sendState(at: ListOptions['at']): Promise<number | undefined> {
    const { namespace } = this.#target;
    const { filter } = this.#shape;
    const result = await this.#engine.store.list({
      cluster: this.#ctx.cluster.name,
      resource: factsOf(this.#target.definition).storage,
      at,
      signal: this.#ctx.signal,
      ...(namespace === '' ? {} : { namespace }),
      ...(filter === undefined || this.#converts() ? {} : { filter }),
    });
    if (this.#ctx.signal.aborted) return undefined;
    const { definition, version } = this.#target;
    const items = this.#converts() ? await convertAll(this.#ctx, definition, version, result.items) : result.items;
    const events = this.#shape.state(items, items === result.items ? result.version : undefined);
    if (events.length > 0) this.#sink.events(events, result.revision);
    return result.revision;
  }

  #converts(): boolean {
    return this.#target.definition.conversion !== undefined;
  }

  follow(from: number): void {
    this.#sink.events(none, from);
    const { namespace } = this.#target;
    const send = (changes: readonly Change[], progress: number): void => {
      if (!this.#closed) this.#sink.events(this.#shape.events(changes), progress);
    };
    const converted = this.#converts()
      ? new ConvertedChanges(this.#ctx, this.#target, {
          changes: send,
          end: (error) => {
            this.#handle?.close();
            if (this.#closed) return;
            this.#closed = true;
            this.#originHandle?.close();
            this.#sink.end(error);
          },
        })
      : undefined;
    try {
      this.#handle = this.#engine.store.watch({
        cluster: this.#ctx.cluster.name,
        resource: factsOf(this.#target.definition).storage,
        from,
        shard: this.#ctx.cluster.shard,
        ...(namespace === '' ? {} : { namespace }),
        onChanges: (changes, progress) => {
          if (converted === undefined) send(changes, progress);
          else converted.push(changes, progress);
        },
        onEnd: (reason) => this.#end(reason, from),
      });
      if (this.#closed) this.#handle.close();
    } catch (error) {
      if (!(error instanceof RevisionCompacted)) throw error;
      this.#closed = true;
      this.#sink.end(tooOld(error.requested, error.oldest));
    }
  }

  /** An overrun or a closing store just ends the stream: the client resumes at the last revision it saw. */
  #end(reason: 'compacted' | 'overrun' | 'clusterDeleted' | 'closed', from: number): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#originHandle?.close();
    const oldest = this.#engine.store.oldestRevision(this.#ctx.cluster.shard);
    this.#sink.end(reason === 'compacted' ? tooOld(from, oldest) : undefined);
  }

  /** A custom resource's watch ends when its definition is another, or gone: the client lists anew, and sees what is served now. */
  endWithDefinition(): void {
    const { origin } = this.#target.definition;
    if (origin === undefined || this.#closed) return;
    const { store } = this.#engine;
    const { name, shard } = this.#ctx.cluster;
    this.#originHandle = store.watch({
      cluster: name,
      resource: origin.resource,
      from: store.revision(shard),
      shard,
      onChanges: (changes) => {
        for (const { type, key, object } of changes) {
          if (key.name !== origin.name || (type !== 'DELETED' && origin.isStill(object.object))) continue;
          this.#handle?.close();
          this.#end('closed', 0);
          return;
        }
      },
      onEnd: () => {
        this.#handle?.close();
        this.#end('closed', 0);
      },
    });
  }

  /** A cluster that was deleted before the watch began tells it nothing. */
  async endIfClusterGone(): Promise<void> {
    const cluster = await this.#engine.store.cluster(this.#ctx.cluster.name);
    if (cluster?.state === 'Active') return;
    this.#handle?.close();
    this.#end('clusterDeleted', 0);
  }

  close(): void {
    this.#closed = true;
    this.#handle?.close();
    this.#originHandle?.close();
  }
}

function tooOld(from: number, oldest: number): ApiError {
  return expired(`too old resource version: ${from} (${oldest})`);
}

/** Batches by the array they were made from, so that watches that want the same get the same array. */
const shapedBatches = new WeakMap<readonly Change[], Map<string, readonly WatchEvent[]>>();
const initialBatches = new WeakMap<object, Map<string, readonly WatchEvent[]>>();

/** Turns storage's changes into the events of one selection in one version. */
class EventShape {
  readonly filter: CompiledSelection['matches'] | undefined;
  readonly #target: Target;
  readonly #convertsTo: VersionDefinition | undefined;
  /** Initial states come as they are, to be selected here. */
  readonly #selectsState: boolean;
  readonly #key: string;

  constructor(target: Target, selection: CompiledSelection | undefined) {
    this.#target = target;
    // Where conversion takes a wait, what comes here is converted.
    const asIs = target.definition.conversion !== undefined || isStorageVersion(target.definition, target.version);
    this.#convertsTo = asIs ? undefined : target.version;
    this.#selectsState = target.definition.conversion !== undefined;
    this.filter = selection?.matches;
    this.#key = `${target.version.version}|${selection?.key ?? ''}`;
  }

  events(changes: readonly Change[]): readonly WatchEvent[] {
    if ((this.filter === undefined && this.#convertsTo === undefined) || changes.length === 0) return changes;
    return memoize(shapedBatches, changes, this.#key, () => this.#shape(changes));
  }

  state(items: readonly CachedObject[], version: object | undefined): readonly WatchEvent[] {
    const { filter } = this;
    const selected = this.#selectsState && filter !== undefined ? items.filter(filter) : items;
    const make = (): readonly WatchEvent[] =>
      selected.map((item) => ({ type: 'ADDED', object: this.#convert(item), revision: item.revision }));
    return version === undefined ? make() : memoize(initialBatches, version, this.#key, make);
  }

  #shape(changes: readonly Change[]): readonly WatchEvent[] {
    const events: WatchEvent[] = [];
    for (const change of changes) {
      const event = this.#select(change);
      if (event === undefined) continue;
      events.push(this.#convertsTo === undefined ? event : { ...event, object: this.#convert(event.object) });
    }
    return events;
  }

  /** What a change is to this selection: an object that stops matching is DELETED with its old state at the new revision. */
  #select(change: Change): WatchEvent | undefined {
    const { filter } = this;
    if (filter === undefined) return change;
    const { type, revision, object, before } = change;
    if (type === 'ADDED') return filter(object) ? change : undefined;
    const matched = before !== undefined && filter(before);
    if (type === 'DELETED') return matched || (before === undefined && filter(object)) ? change : undefined;
    const matches = filter(object);
    if (matches) return matched ? change : { type: 'ADDED', object, revision };
    return matched ? { type: 'DELETED', object: restamp(before, revision), revision } : undefined;
  }

  #convert(object: CachedObject): CachedObject {
    return this.#convertsTo === undefined ? object : convertCached(this.#target.definition, this.#convertsTo, object);
  }
}

function memoize<K extends object>(
  memo: WeakMap<K, Map<string, readonly WatchEvent[]>>,
  source: K,
  key: string,
  make: () => readonly WatchEvent[],
): readonly WatchEvent[] {
  let shapes = memo.get(source);
  if (shapes === undefined) {
    shapes = new Map();
    memo.set(source, shapes);
  }
  let batch = shapes.get(key);
  if (batch === undefined) {
    batch = make();
    shapes.set(key, batch);
  }
  return batch;
}
