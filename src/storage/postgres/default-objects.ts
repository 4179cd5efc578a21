import { compareText } from '../cache/order.ts';
import { SerializedObject } from '../cache/serialized.ts';
import type { ClusterRecord, DefaultContent } from '../object-store.ts';

export type DefaultText = ReturnType<DefaultContent['objects']>[number];

const none: readonly DefaultText[] = [];

/** Default content by key. */
export class DefaultObjects {
  readonly #content: DefaultContent;

  constructor(content: DefaultContent) {
    this.#content = content;
  }

  has(resource: string): boolean {
    return this.#content.resources.has(resource);
  }

  all(record: ClusterRecord, resource: string): readonly DefaultText[] {
    return this.#content.resources.has(resource) ? this.#content.objects(record, resource) : none;
  }

  /** The text at a key, if default content has one there. */
  text(record: ClusterRecord, resource: string, namespace: string, name: string): string | undefined {
    const all = this.all(record, resource);
    let low = 0;
    let high = all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = all[middle];
      if (at !== undefined && compareKeys(at, { namespace, name }) < 0) low = middle + 1;
      else high = middle;
    }
    const found = all[low];
    return found?.namespace === namespace && found.name === name ? found.text : undefined;
  }

  /** As served: with the revision at which the cluster was created. */
  object(record: ClusterRecord, resource: string, at: DefaultText): SerializedObject {
    const key = { cluster: record.name, resource, namespace: at.namespace, name: at.name };
    return new SerializedObject(key, record.revision, at.text);
  }
}

type NamespacedName = { readonly namespace: string; readonly name: string };

/** By namespace, then name, in byte order. */
export function compareKeys(a: NamespacedName, b: NamespacedName): number {
  return compareText(a.namespace, b.namespace) || compareText(a.name, b.name);
}
