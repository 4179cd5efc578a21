import { type OwnerReference, parseApiVersion } from '../../apimachinery/object.ts';
import type { ObjectKey } from '../../storage/object-store.ts';

/** What is known of an owner from its dependent: no version, so that all dependents ring for it by one key. */
export type NamedOwner = { readonly group: string; readonly kind: string; readonly name: string };

/** A queue key for an owner as `dependent` names it. Parts that users write are encoded: they may contain anything. */
export function formatOwnerKey(dependent: ObjectKey, { apiVersion, kind, name }: OwnerReference): string {
  const parts = [parseApiVersion(apiVersion).group, kind, name].map((part) => Buffer.from(part).toString('base64url'));
  return [dependent.cluster, 'owner', dependent.namespace, ...parts].join('/');
}

/** `namespace` is the dependent's. */
export function parseOwnerKey(text: string): { namespace: string; reference: NamedOwner } {
  const [, , namespace = '', ...parts] = text.split('/');
  const [group = '', kind = '', name = ''] = parts.map((part) => Buffer.from(part, 'base64url').toString());
  return { namespace, reference: { group, kind, name } };
}
