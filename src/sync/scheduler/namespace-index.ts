/**
 * Which objects of which namespaces the scheduler has to hear of: namespaces with workloads, and the names their pod templates refer to. Everything else
 * (the ConfigMaps of ten thousand tenants that nobody mounts) costs one look-up a change.
 */
export class NamespaceIndex {
  readonly #references = new Map<string, ReadonlySet<string>>();

  /** Whether something is placed in the namespace (`<cluster>/<namespace>`). */
  has(namespace: string): boolean {
    return this.#references.has(namespace);
  }

  /** Whether a workload of the namespace refers to `<resource>/<name>`. */
  refersTo(namespace: string, reference: string): boolean {
    return this.#references.get(namespace)?.has(reference) ?? false;
  }

  /** Must be called before what is referred to is read: a change that comes after the read then finds its name here. */
  set(namespace: string, references: ReadonlySet<string>): void {
    this.#references.set(namespace, references);
  }

  delete(namespace: string): void {
    this.#references.delete(namespace);
  }

  get size(): number {
    return this.#references.size;
  }
}
