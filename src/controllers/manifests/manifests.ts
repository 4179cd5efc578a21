import { type FSWatcher, watch } from 'node:fs';
import type { Logger } from 'pino';
import { ApiError } from '../../apimachinery/errors.ts';
import type { LoopbackClient, ObjectRef } from '../../client/client.ts';
import type { CatalogSource } from '../../registry/registry.ts';
import { resolveCluster } from '../../registry/tenancy/resolve.ts';
import type { ClusterRecord, ObjectStore } from '../../storage/object-store.ts';
import { type ManifestFile, readManifestFiles } from './manifest-files.ts';
import { inOrder, type ManifestObject, manifestObjects } from './manifest-objects.ts';

/** Who owns the fields that manifests set. */
export const manifestFieldManager = 'atoll-manifests';
/** With the value `true` on an object: it is deleted when its manifest is gone. */
export const pruneAnnotation = 'manifests.atoll.dev/prune';

export type ManifestsOptions = {
  readonly directory: string;
  readonly store: Pick<ObjectStore, 'cluster' | 'childCluster'>;
  readonly catalogs: CatalogSource;
  readonly client: Pick<LoopbackClient, 'apply' | 'delete'>;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Milliseconds; tests set them. */
  readonly timing?: Partial<Timing>;
};

type Timing = {
  /** Changes that follow each other within this time are one. */
  readonly settle: number;
  /** How soon what failed is tried again, and how late at most. */
  readonly retryFirst: number;
  readonly retryMost: number;
  /** The directory is read again this often even when nobody says that it changed. */
  readonly reread: number;
};

const defaultTiming: Timing = { settle: 200, retryFirst: 1000, retryMost: 60_000, reread: 60_000 };

/** What stands in the files, by key. */
type Wanted = { readonly file: ManifestFile; readonly cluster: string; readonly object: ManifestObject };

/**
 * Applies the objects of a directory to their logical clusters, at once and whenever a file changes, by server-side apply with a field manager of its own that
 * takes its fields back from others. What fails is told, and tried again. A manifest that goes away leaves its object, unless that asks to be pruned.
 */
export function startManifests(options: ManifestsOptions): { stop(): Promise<void> } {
  const applier = new Applier(options);
  applier.start();
  return applier;
}

class Applier {
  readonly #options: ManifestsOptions;
  readonly #timing: Timing;
  /** Hash of the file that each object was last applied from. */
  readonly #applied = new Map<string, { readonly hash: string; readonly wanted: Wanted }>();
  /** Problems that have been told, so that each is told once. */
  readonly #told = new Map<string, string>();
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #retryMs: number;

  constructor(options: ManifestsOptions) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#retryMs = this.#timing.retryFirst;
  }

  start(): void {
    this.#follow();
    this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watcher?.close();
    clearTimeout(this.#timer);
    await this.#running;
  }

  #follow(): void {
    try {
      this.#watcher = watch(this.#options.directory, { recursive: true, persistent: false }, () => {
        this.#retryMs = this.#timing.retryFirst;
        this.#schedule(this.#timing.settle);
      });
      this.#watcher.on('error', () => {
        this.#watcher?.close();
        this.#watcher = undefined;
      });
    } catch {
      // The directory may come later: it is read again from time to time.
    }
  }

  #schedule(ms: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), ms).unref();
  }

  #run(): void {
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    if (this.#watcher === undefined) this.#follow();
    this.#running = this.#pass().finally(() => {
      this.#running = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.#schedule(0);
    });
  }

  async #pass(): Promise<void> {
    let failures = 0;
    const problem = (where: string, error: Error): void => {
      failures++;
      this.#tell(where, error);
    };
    const wanted = new Map<string, Wanted>();
    let isWhole = true;
    try {
      const files = await readManifestFiles(this.#options.directory, problem);
      isWhole = failures === 0;
      for (const file of files) {
        try {
          for (const object of manifestObjects(file.bytes))
            wanted.set(keyOf(file.cluster, object), { file, cluster: file.cluster, object });
          this.#told.delete(file.path);
        } catch (error) {
          isWhole = false;
          problem(file.path, error as Error);
        }
      }
    } catch (error) {
      isWhole = false;
      problem(this.#options.directory, error as Error);
    }
    const byKind = inOrder([...wanted].map(([key, want]) => ({ key, want, kind: want.object.kind })));
    for (const { key, want } of byKind) {
      if (this.#stopped) return;
      if (this.#applied.get(key)?.hash === want.file.hash) continue;
      const where = `${want.file.path}: ${want.object.kind} ${want.object.name}`;
      try {
        await this.#apply(want);
        this.#applied.set(key, { hash: want.file.hash, wanted: want });
        this.#told.delete(where);
      } catch (error) {
        problem(where, error as Error);
      }
    }
    // A file that cannot be read may still hold what seems to be gone.
    if (isWhole)
      for (const [key, { wanted: last }] of this.#applied) if (!wanted.has(key)) await this.#remove(key, last, problem);
    this.#schedule(failures === 0 ? this.#timing.reread : this.#nextRetry());
  }

  #nextRetry(): number {
    const ms = this.#retryMs;
    this.#retryMs = Math.min(ms * 2, this.#timing.retryMost);
    return ms;
  }

  async #address({ cluster, object }: Wanted): Promise<ObjectRef> {
    const record = await resolveCluster(this.#options.store, cluster);
    if (record === undefined) throw new Error(`there is no workspace ${cluster}`);
    const { resource, isNamespaced } = await this.#resourceOf(record, object);
    return {
      cluster: record.name,
      resource,
      version: object.version,
      name: object.name,
      ...(isNamespaced ? { namespace: object.namespace === '' ? 'default' : object.namespace } : {}),
    };
  }

  async #resourceOf(cluster: ClusterRecord, { group, version, kind }: ManifestObject) {
    const { definitions } = await this.#options.catalogs.catalogFor(cluster);
    const found = definitions.find(
      (each) =>
        each.group === group && each.kind === kind && each.versions.some((v) => v.served && v.version === version),
    );
    if (found === undefined) throw new Error(`no kind ${kind} in ${group === '' ? '' : `${group}/`}${version}`);
    return {
      resource: group === '' ? found.resource : `${found.resource}.${group}`,
      isNamespaced: found.scope === 'Namespaced',
    };
  }

  async #apply(want: Wanted): Promise<void> {
    const ref = await this.#address(want);
    const { metadata, ...rest } = want.object.object;
    const named = { ...metadata, ...(ref.namespace === undefined ? {} : { namespace: ref.namespace }) };
    await this.#options.client.apply(
      ref,
      { ...rest, metadata: named },
      { fieldManager: manifestFieldManager, force: true },
    );
    this.#options.log.info(
      { file: want.file.path, cluster: want.cluster, kind: want.object.kind, name: want.object.name },
      'manifest applied',
    );
  }

  async #remove(key: string, last: Wanted, problem: (where: string, error: Error) => void): Promise<void> {
    const { kind, name, object } = last.object;
    if (object.metadata.annotations?.[pruneAnnotation] === 'true') {
      try {
        await this.#options.client.delete(await this.#address(last));
        this.#options.log.info({ cluster: last.cluster, kind, name }, 'manifest gone, object deleted');
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 404)
          return problem(`${last.file.path}: ${kind} ${name}`, error as Error);
      }
    }
    this.#applied.delete(key);
  }

  #tell(where: string, error: Error): void {
    if (this.#told.get(where) === error.message) return;
    this.#told.set(where, error.message);
    this.#options.log.warn({ manifest: where, err: error }, 'a manifest was not applied and will be tried again');
  }
}

function keyOf(cluster: string, { group, kind, namespace, name }: ManifestObject): string {
  return `${cluster}/${kind}.${group}/${namespace}/${name}`;
}
